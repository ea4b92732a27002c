#include "commit/committed_logs.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace icefall {

Result<void> CommittedLogs::Add(const CommittedLine& line) {
  const auto found = logs_.find(line.log);
  const Sequence expected = found == logs_.end() ? Sequence(1) : found->second.newest().Next();
  if (line.sequence != expected) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("commit {}: expected line {} of log '{}', found {}", line.commit.value,
                            expected.value, line.log, line.sequence.value));
  }
  Log& log = logs_[line.log];
  if (log.lines.empty()) log.first = line.sequence;
  log.lines.push_back(line);
  return {};
}

void CommittedLogs::AddHead(const LogHead& head) {
  if (head.lines.empty() || logs_.contains(head.log)) return;
  logs_[head.log] = {head.lines.front().sequence, head.lines, head.manifest, head.manifest_text};
}

const CommittedLogs::Log* CommittedLogs::Find(std::string_view log) const {
  const auto found = logs_.find(log);
  return found == logs_.end() ? nullptr : &found->second;
}

Sequence CommittedLogs::Newest(std::string_view log) const {
  const Log* found = Find(log);
  return found == nullptr ? Sequence() : found->newest();
}

Sequence CommittedLogs::First(std::string_view log) const { return Find(log)->first; }

const CommittedLine& CommittedLogs::Line(std::string_view log, Sequence sequence) const {
  const Log& found = *Find(log);
  return found.lines[sequence.value - found.first.value];
}

void CommittedLogs::ForEachLog(const std::function<void(const std::string& log)>& visit) const {
  for (const auto& [name, log] : logs_) visit(name);
}

void CommittedLogs::Fill(const CommittedLine& line) {
  const auto found = logs_.find(line.log);
  if (found == logs_.end() || !found->second.Reaches(line.sequence)) return;
  auto& text = found->second.lines[line.sequence.value - found->second.first.value].text;
  if (!text) text = line.text;
}

void CommittedLogs::Prepend(const std::string& log, const std::vector<CommittedLine>& lines) {
  Log& into = logs_[log];
  const auto end = std::ranges::find_if(lines, [&](const CommittedLine& line) {
    return !into.lines.empty() && line.sequence >= into.first;
  });
  if (lines.begin() == end) return;
  into.lines.insert(into.lines.begin(), lines.begin(), end);
  into.first = lines.front().sequence;
}

void CommittedLogs::ForgetTexts(DatabaseSequence oldest) {
  for (auto& [name, log] : logs_) {
    if (!log.manifest || !log.Reaches(*log.manifest)) continue;
    for (CommittedLine& line : log.lines) {
      if (line.sequence >= *log.manifest || line.commit >= oldest) break;
      line.text.reset();
    }
  }
}

void CommittedLogs::NoteManifest(std::string_view log, Sequence sequence,
                                 std::shared_ptr<const std::string> text) {
  const auto found = logs_.find(log);
  if (found == logs_.end() || found->second.manifest > sequence) return;
  found->second.manifest = sequence;
  found->second.manifest_text = std::move(text);
}

void CommittedLogs::ForgetManifest(std::string_view log, Sequence sequence) {
  const auto found = logs_.find(log);
  if (found == logs_.end() || found->second.manifest != sequence) return;
  found->second.manifest.reset();
  found->second.manifest_text.reset();
}

std::shared_ptr<const std::string> CommittedLogs::ManifestText(std::string_view log,
                                                               Sequence sequence) const {
  const Log* found = Find(log);
  return found != nullptr && found->manifest == sequence ? found->manifest_text : nullptr;
}

std::optional<Sequence> CommittedLogs::NewestManifest(std::string_view log) const {
  const Log* found = Find(log);
  if (found == nullptr) return Sequence();
  if (found->manifest && found->Reaches(*found->manifest)) return found->manifest;
  return found->first == Sequence(1) ? std::optional(Sequence()) : std::nullopt;
}

std::vector<LogHead> CommittedLogs::Heads(uint64_t text_bytes_max) const {
  std::vector<LogHead> heads;
  for (const auto& [name, log] : logs_) {
    const Sequence from = log.manifest && log.Reaches(*log.manifest) ? *log.manifest : log.first;
    LogHead head{name, log.newest(), log.manifest, log.manifest_text, {}};
    head.lines.assign(log.lines.begin() + static_cast<ptrdiff_t>(from.value - log.first.value),
                      log.lines.end());
    heads.push_back(std::move(head));
  }
  std::ranges::stable_sort(heads, [](const LogHead& a, const LogHead& b) {
    return a.lines.back().commit > b.lines.back().commit;
  });
  for (LogHead& head : heads) {
    uint64_t size_bytes = head.manifest_text ? head.manifest_text->size() : 0;
    for (const CommittedLine& line : head.lines) size_bytes += line.text ? line.text->size() : 0;
    if (size_bytes <= text_bytes_max) {
      text_bytes_max -= size_bytes;
      continue;
    }
    head.manifest_text.reset();
    for (CommittedLine& line : head.lines) line.text.reset();
  }
  return heads;
}

}  // namespace icefall
