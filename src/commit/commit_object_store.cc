#include "commit/commit_object_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/parallel.h"
#include "base/uuid.h"
#include "log/icefall/file_names.h"

namespace icefall {
namespace {

constexpr std::string_view kSegmentFolder = "/_log/";
constexpr std::string_view kManifestFolder = "/_manifests/";
// A commit repeats no more than this of those before it.
constexpr uint64_t kTailBytesMax = 256 << 10;
// So much makes a new head object worth its request.
constexpr uint64_t kHeadAfterBytes = 64 << 10;
constexpr uint64_t kHeadAfterCommits = 64;
constexpr uint64_t kHeadTextBytesMax = 512 << 10;
constexpr uint64_t kManifestTextBytesMax = 64 << 10;
// Texts of younger commits are kept for readers that were not there.
constexpr uint64_t kCommitsKept = 1024;
constexpr size_t kParallelReadsMax = 8;

// A numbered object in a folder of a log's directory.
struct Numbered {
  std::string log;
  Sequence sequence;
};

template <typename Parse>
std::optional<Numbered> ParseKey(const ObjectKey& key, std::string_view folder, Parse parse) {
  const size_t slash = key.rfind('/');
  if (slash == std::string::npos || slash + 1 < folder.size()) return std::nullopt;
  const size_t begin = slash + 1 - folder.size();
  if (std::string_view(key).substr(begin, folder.size()) != folder) return std::nullopt;
  const auto sequence = parse(key);
  if (!sequence) return std::nullopt;
  return Numbered{key.substr(0, begin), *sequence};
}

std::optional<Numbered> ParseSegment(const ObjectKey& key) {
  return ParseKey(key, kSegmentFolder, ParseSegmentKey);
}

std::optional<Numbered> ParseManifest(const ObjectKey& key) {
  return ParseKey(key, kManifestFolder, ParseManifestKey);
}

Result<std::string> Slice(const ObjectKey& key, const std::string& text, uint64_t offset,
                          uint64_t size_bytes) {
  if (offset > text.size() || size_bytes > text.size() - offset) {
    return Fail(ErrorCode::kOutOfRange,
                fmt::format("{}: expected {} bytes from {}, found {} in all", key, size_bytes,
                            offset, text.size()));
  }
  return text.substr(offset, size_bytes);
}

Error NoSuch(const ObjectKey& key) {
  return Error(ErrorCode::kNotFound, fmt::format("{}: no such object", key));
}

}  // namespace

CommitObjectStore::Place CommitObjectStore::Known() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

Result<CommitObject> CommitObjectStore::ReadCommit(DatabaseSequence commit) {
  const ObjectKey key = CommitObjectKey(commit);
  ICEFALL_ASSIGN_OR_RETURN(const std::string text, base_->ReadToEnd(key, 0));
  auto object = DecodeCommitObject(text);
  if (!object) return Fail(object.error().WithContext(key));
  if (object->last == commit) return object;
  return Fail(ErrorCode::kCorruption, fmt::format("{}: expected commit {}, found {}", key,
                                                  commit.value, object->last.value));
}

Result<std::vector<CommitObject>> CommitObjectStore::ReadBack(DatabaseSequence last,
                                                              DatabaseSequence known) {
  std::vector<CommitObject> objects;
  while (last > known) {
    auto object = ReadCommit(last);
    if (!object && object.error().code() == ErrorCode::kNotFound) {
      return Fail(ErrorCode::kCorruption,
                  fmt::format("{} is missing, later commits are there", CommitObjectKey(last)));
    }
    if (!object) return Fail(std::move(object).error());
    last = DatabaseSequence(object->first.value - 1);
    objects.push_back(*std::move(object));
  }
  std::ranges::reverse(objects);
  return objects;
}

Result<void> CommitObjectStore::TakeIn(const CommitObject& object) {
  const std::lock_guard lock(mutex_);
  for (const CommittedLine& line : object.lines) {
    if (line.commit <= known_.sequence) continue;
    auto added = logs_.Add(line);
    if (!added) return Fail(added.error().WithContext(CommitObjectKey(object.last)));
    tail_.push_back(line);
    tail_bytes_ += line.text->size();
    bytes_since_head_ += line.text->size();
  }
  if (object.last > known_.sequence) {
    known_ = {object.last, object.committed_at, object.waited};
  }
  if (object.head > head_) {
    head_ = object.head;
    tail_first_ = std::max(tail_first_, head_.Next());
  }
  if (tail_bytes_ > kTailBytesMax) tail_first_ = known_.sequence.Next();
  while (!tail_.empty() && tail_.front().commit < tail_first_) {
    tail_bytes_ -= tail_.front().text->size();
    tail_.pop_front();
  }
  if (head_.Next() == tail_first_) bytes_since_head_ = tail_bytes_;
  return {};
}

Result<void> CommitObjectStore::LoadHead() {
  const auto text = base_->ReadToEnd(ObjectKey(kHeadObjectKey), 0);
  if (!text && text.error().code() != ErrorCode::kNotFound) return Fail(text.error());
  // It is derived: a damaged one is as good as none.
  auto head = text ? DecodeHeadObject(*text) : Result<HeadObject>(HeadObject());
  if (!head) return {};
  const std::lock_guard lock(mutex_);
  for (const LogHead& log : head->logs) logs_.AddHead(log);
  known_ = {.sequence = head->last, .committed_at = head->committed_at};
  head_ = head->last;
  tail_first_ = head_.Next();
  return {};
}

Result<void> CommitObjectStore::RefreshLocked() {
  bool is_cold;
  {
    const std::lock_guard lock(mutex_);
    is_cold = !is_loaded_;
  }
  if (is_cold) {
    ICEFALL_RETURN_IF_ERROR(LoadHead());
  } else {
    ICEFALL_ASSIGN_OR_RETURN(const bool is_there, ReadNextLocked());
    if (!is_there) return {};
  }
  return ReadListed();
}

// False: there is none.
Result<bool> CommitObjectStore::ReadNextLocked() {
  const auto next = ReadCommit(Known().sequence.Next());
  if (!next && next.error().code() == ErrorCode::kNotFound) return false;
  if (!next) return Fail(next.error());
  ICEFALL_RETURN_IF_ERROR(TakeIn(*next));
  return true;
}

Result<void> CommitObjectStore::ReadListed() {
  const DatabaseSequence known = Known().sequence;
  ICEFALL_ASSIGN_OR_RETURN(const auto listed,
                           base_->List({.prefix = std::string(kCommitObjectPrefix),
                                        .start_after = CommitObjectKey(known),
                                        .shallow = true}));
  DatabaseSequence last = known;
  for (const ObjectInfo& info : listed) last = ParseCommitObjectKey(info.key).value_or(last);
  ICEFALL_ASSIGN_OR_RETURN(const auto objects, ReadBack(last, known));
  for (const CommitObject& object : objects) ICEFALL_RETURN_IF_ERROR(TakeIn(object));
  const std::lock_guard lock(mutex_);
  is_loaded_ = true;
  return {};
}

Result<CommitObjectStore::Place> CommitObjectStore::Refresh() {
  const std::lock_guard refresh_lock(refresh_mutex_);
  ICEFALL_RETURN_IF_ERROR(RefreshLocked());
  return Known();
}

Result<CommitObjectStore::Place> CommitObjectStore::ReadNext() {
  ICEFALL_RETURN_IF_ERROR(EnsureLoaded());
  const std::lock_guard refresh_lock(refresh_mutex_);
  ICEFALL_RETURN_IF_ERROR(ReadNextLocked());
  return Known();
}

Result<CommitObjectStore::Place> CommitObjectStore::ReadAhead() {
  ICEFALL_RETURN_IF_ERROR(EnsureLoaded());
  const std::lock_guard refresh_lock(refresh_mutex_);
  ICEFALL_RETURN_IF_ERROR(ReadListed());
  return Known();
}

Result<void> CommitObjectStore::EnsureLoaded() {
  {
    const std::lock_guard lock(mutex_);
    if (is_loaded_) return {};
  }
  const std::lock_guard refresh_lock(refresh_mutex_);
  {
    const std::lock_guard lock(mutex_);
    if (is_loaded_) return {};
  }
  return RefreshLocked();
}

Result<bool> CommitObjectStore::IsOurs(const CommitObject& object, const Error& error) {
  if (error.code() == ErrorCode::kAlreadyExists) return false;
  if (error.code() != ErrorCode::kOutcomeUnknown) return Fail(error);
  const auto found = ReadCommit(object.last);
  // Absent, it may still arrive.
  if (!found) return Fail(error);
  return found->id == object.id;
}

Result<bool> CommitObjectStore::Append(const Place& place, const std::vector<LogAppend>& lines) {
  ICEFALL_RETURN_IF_ERROR(EnsureLoaded());
  CommitObject object;
  object.id = NewUuid(clock_);
  object.last = place.sequence;
  object.committed_at = place.committed_at;
  object.waited = place.waited;
  uint64_t missing_heads;
  {
    const std::lock_guard lock(mutex_);
    if (place.sequence != known_.sequence.Next()) return false;
    object.first = tail_first_;
    object.head = head_;
    object.lines.assign(tail_.begin(), tail_.end());
    missing_heads = MissingHeads();
  }
  for (const LogAppend& line : lines) {
    const auto segment = ParseSegment(line.key);
    if (!segment || line.offset != 0) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} at {}: expected a segment of one line", line.key, line.offset));
    }
    object.lines.push_back({place.sequence, segment->log, segment->sequence,
                            std::make_shared<const std::string>(line.bytes)});
  }
  ICEFALL_ASSIGN_OR_RETURN(const std::string text, EncodeCommitObject(object));
  auto put = base_->Put(CommitObjectKey(place.sequence), text, PutCondition::IfAbsent());
  if (!put) {
    ICEFALL_ASSIGN_OR_RETURN(const bool is_ours, IsOurs(object, put.error()));
    if (!is_ours) return false;
  }
  ICEFALL_RETURN_IF_ERROR(TakeIn(object));
  const std::lock_guard lock(mutex_);
  owes_head_ = MissingHeads() > missing_heads;
  return true;
}

uint64_t CommitObjectStore::MissingHeads() const {
  return (known_.sequence.value - head_.value) / kHeadAfterCommits +
         bytes_since_head_ / kHeadAfterBytes;
}

bool CommitObjectStore::OwesHead() const {
  const std::lock_guard lock(mutex_);
  return owes_head_;
}

Result<void> CommitObjectStore::WriteHead() {
  HeadObject head;
  {
    const std::lock_guard lock(mutex_);
    head = {known_.sequence, known_.committed_at, logs_.Heads(kHeadTextBytesMax)};
  }
  ICEFALL_ASSIGN_OR_RETURN(const std::string text, EncodeHeadObject(head));
  // A writer that was slower may put an older one here: readers read more then.
  auto put = base_->Put(ObjectKey(kHeadObjectKey), text, PutCondition::Always());
  if (!put) return Fail(std::move(put).error());
  const std::lock_guard lock(mutex_);
  owes_head_ = false;
  if (head.last <= head_) return {};
  head_ = head.last;
  tail_first_ = std::max(tail_first_, head_.Next());
  while (!tail_.empty() && tail_.front().commit < tail_first_) {
    tail_bytes_ -= tail_.front().text->size();
    tail_.pop_front();
  }
  bytes_since_head_ = tail_bytes_;
  if (known_.sequence.value > kCommitsKept) {
    logs_.ForgetTexts(DatabaseSequence(known_.sequence.value - kCommitsKept));
  }
  return {};
}

std::optional<Sequence> CommitObjectStore::NewestManifest(std::string_view directory) const {
  const std::lock_guard lock(mutex_);
  return is_loaded_ ? logs_.NewestManifest(directory) : std::nullopt;
}

Result<void> CommitObjectStore::LoadHistory() {
  ICEFALL_ASSIGN_OR_RETURN(const auto objects, ReadBack(Known().sequence, DatabaseSequence()));
  std::map<std::string, std::vector<CommittedLine>> lines;
  DatabaseSequence before;
  for (const CommitObject& object : objects) {
    for (const CommittedLine& line : object.lines) {
      if (line.commit > before) lines[line.log].push_back(line);
    }
    before = object.last;
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [log, all] : lines) logs_.Prepend(log, all);
  return {};
}

Result<void> CommitObjectStore::LoadTexts(const std::string& log, Sequence from, Sequence last) {
  bool reaches;
  {
    const std::lock_guard lock(mutex_);
    reaches = logs_.First(log) <= from;
  }
  if (!reaches) ICEFALL_RETURN_IF_ERROR(LoadHistory());
  std::set<DatabaseSequence> commits;
  {
    const std::lock_guard lock(mutex_);
    for (Sequence at = from; at <= last; at = at.Next()) {
      const CommittedLine& line = logs_.Line(log, at);
      if (!line.text) commits.insert(line.commit);
    }
  }
  const std::vector<DatabaseSequence> needed(commits.begin(), commits.end());
  return ForEachInParallel(needed.size(), kParallelReadsMax, [&](size_t i) -> Result<void> {
    ICEFALL_ASSIGN_OR_RETURN(const CommitObject object, ReadCommit(needed[i]));
    const std::lock_guard lock(mutex_);
    for (const CommittedLine& line : object.lines) logs_.Fill(line);
    return {};
  });
}

Result<std::shared_ptr<const std::string>> CommitObjectStore::TextOf(const std::string& log,
                                                                     Sequence sequence) {
  ICEFALL_RETURN_IF_ERROR(EnsureLoaded());
  {
    const std::lock_guard lock(mutex_);
    if (sequence > logs_.Newest(log)) return Fail(NoSuch(SegmentKey(log, sequence)));
    if (logs_.First(log) <= sequence && logs_.Line(log, sequence).text) {
      return logs_.Line(log, sequence).text;
    }
  }
  ICEFALL_RETURN_IF_ERROR(LoadTexts(log, sequence, sequence));
  const std::lock_guard lock(mutex_);
  auto text = logs_.Line(log, sequence).text;
  if (text) return text;
  return Fail(ErrorCode::kCorruption,
              fmt::format("{}: its commit's object is without it", SegmentKey(log, sequence)));
}

Result<void> CommitObjectStore::AddLines(const std::string& log, const ListRequest& request,
                                         std::vector<ObjectInfo>& into) {
  Sequence newest;
  {
    const std::lock_guard lock(mutex_);
    newest = logs_.Newest(log);
  }
  Sequence from(1);
  if (const auto after = ParseSegment(request.start_after); after && after->log == log) {
    from = after->sequence.Next();
  }
  const bool is_past = request.start_after >= SegmentKey(log, newest);
  if (from > newest || is_past) return {};
  ICEFALL_RETURN_IF_ERROR(LoadTexts(log, from, newest));
  const std::lock_guard lock(mutex_);
  for (Sequence at = from; at <= newest; at = at.Next()) {
    const CommittedLine& line = logs_.Line(log, at);
    ObjectKey key = SegmentKey(log, at);
    if (!line.text || !key.starts_with(request.prefix) || key <= request.start_after) continue;
    into.push_back({std::move(key), line.text->size(), std::to_string(line.commit.value), 0});
  }
  return {};
}

Result<std::vector<ObjectInfo>> CommitObjectStore::List(const ListRequest& request) {
  const std::string_view prefix = request.prefix;
  const size_t folder = prefix.find(kSegmentFolder);
  const bool is_one_log =
      prefix.ends_with(kSegmentFolder) && folder == prefix.size() - kSegmentFolder.size();
  std::vector<ObjectInfo> found;
  if (!is_one_log) {
    ICEFALL_ASSIGN_OR_RETURN(found, base_->List(request));
    if (request.shallow && folder == std::string_view::npos) return found;
  }
  ICEFALL_RETURN_IF_ERROR(EnsureLoaded());
  std::vector<std::string> logs;
  {
    const std::lock_guard lock(mutex_);
    logs_.ForEachLog([&](const std::string& log) {
      const std::string segments = SegmentPrefix(log);
      if (segments.starts_with(prefix) || prefix.starts_with(segments)) logs.push_back(log);
    });
  }
  for (const std::string& log : logs) ICEFALL_RETURN_IF_ERROR(AddLines(log, request, found));
  std::ranges::sort(found, {}, &ObjectInfo::key);
  if (found.size() > request.limit) found.resize(request.limit);
  return found;
}

Result<ObjectVersion> CommitObjectStore::Put(const ObjectKey& key, std::string_view bytes,
                                             const PutCondition& condition) {
  if (ParseSegment(key)) {
    return Fail(ErrorCode::kUnsupported, fmt::format("{}: lines are written by commits", key));
  }
  auto put = base_->Put(key, bytes, condition);
  const auto manifest = put ? ParseManifest(key) : std::nullopt;
  if (!manifest) return put;
  const std::lock_guard lock(mutex_);
  logs_.NoteManifest(
      manifest->log, manifest->sequence,
      bytes.size() <= kManifestTextBytesMax ? std::make_shared<const std::string>(bytes) : nullptr);
  return put;
}

Result<std::string> CommitObjectStore::Read(const ObjectKey& key, uint64_t offset,
                                            uint64_t size_bytes) {
  const auto segment = ParseSegment(key);
  if (!segment) return base_->Read(key, offset, size_bytes);
  ICEFALL_ASSIGN_OR_RETURN(const auto text, TextOf(segment->log, segment->sequence));
  return Slice(key, *text, offset, size_bytes);
}

Result<std::string> CommitObjectStore::ReadToEnd(const ObjectKey& key, uint64_t offset) {
  std::shared_ptr<const std::string> text;
  if (const auto segment = ParseSegment(key)) {
    ICEFALL_ASSIGN_OR_RETURN(text, TextOf(segment->log, segment->sequence));
  } else if (const auto manifest = ParseManifest(key)) {
    const std::lock_guard lock(mutex_);
    text = logs_.ManifestText(manifest->log, manifest->sequence);
  }
  if (!text) return base_->ReadToEnd(key, offset);
  return Slice(key, *text, offset, text->size() - std::min<uint64_t>(offset, text->size()));
}

Result<ObjectInfo> CommitObjectStore::Stat(const ObjectKey& key) {
  const auto segment = ParseSegment(key);
  if (!segment) return base_->Stat(key);
  ICEFALL_ASSIGN_OR_RETURN(const auto text, TextOf(segment->log, segment->sequence));
  return ObjectInfo{key, text->size(), std::to_string(segment->sequence.value), 0};
}

Result<void> CommitObjectStore::Forget(const ObjectKey& key) {
  if (ParseSegment(key)) {
    return Fail(ErrorCode::kUnsupported, fmt::format("{}: commits are never deleted", key));
  }
  if (const auto manifest = ParseManifest(key)) {
    const std::lock_guard lock(mutex_);
    logs_.ForgetManifest(manifest->log, manifest->sequence);
  }
  return {};
}

Result<void> CommitObjectStore::Delete(const ObjectKey& key) {
  ICEFALL_RETURN_IF_ERROR(Forget(key));
  return base_->Delete(key);
}

Result<void> CommitObjectStore::DeleteMany(const std::vector<ObjectKey>& keys) {
  for (const ObjectKey& key : keys) ICEFALL_RETURN_IF_ERROR(Forget(key));
  return base_->DeleteMany(keys);
}

ObjectStore::Capabilities CommitObjectStore::capabilities() const {
  Capabilities capabilities = base_->capabilities();
  capabilities.append = false;
  return capabilities;
}

}  // namespace icefall
