// How StateLog takes in commits and writes manifests; included by state_log.h only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace icefall {

template <typename Codec>
void StateLog<Codec>::Stage(Entry entry) {
  const std::lock_guard lock(mutex_);
  staged_.push_back(std::move(entry));
}

template <typename Codec>
void StateLog<Codec>::Publish() {
  const std::lock_guard lock(mutex_);
  debt_.commit_bytes = 0;
  for (Entry& entry : staged_) {
    // A reader of this process may have read the line from the store already.
    if (!entries_.empty() && entry.cursor.sequence <= entries_.back().cursor.sequence) continue;
    cursor_ = entry.cursor;
    debt_.commit_bytes += entry.size_bytes;
    Add(std::move(entry));
  }
  staged_.clear();
}

template <typename Codec>
void StateLog<Codec>::Discard() {
  const std::lock_guard lock(mutex_);
  staged_.clear();
}

template <typename Codec>
std::optional<LogTail> StateLog<Codec>::TailAfter(DatabaseSequence durable) const {
  const std::lock_guard lock(mutex_);
  std::optional<LogTail> tail;
  // From the newest back. An outcome file is made after its lines are durable, and so is what
  // stands before them.
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->cursor.database_sequence <= durable || entry->has_outcome || !entry->change) break;
    if (tail && entry->cursor.segment != cursor_.segment) break;
    tail = LogTail{SegmentKey(directory_, entry->cursor.segment),
                   entry->cursor.offset - entry->size_bytes};
    // More of them than are kept in memory.
    if (std::next(entry) == entries_.rend()) tail->offset = 0;
  }
  return tail;
}

template <typename Codec>
ManifestDebt StateLog<Codec>::manifest_debt() const {
  const std::lock_guard lock(mutex_);
  return debt_;
}

template <typename Codec>
Result<void> StateLog<Codec>::WriteManifest(DatabaseSequence durable) {
  Entry newest;
  uint64_t bytes_after = 0;
  {
    const std::lock_guard lock(mutex_);
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
      if (entry->cursor.database_sequence <= durable) {
        newest = *entry;
        break;
      }
      bytes_after += entry->size_bytes;
    }
  }
  if (!newest.state) return {};
  ICEFALL_ASSIGN_OR_RETURN(Manifest manifest, codec_.Encode(*newest.state));
  manifest.cursor = newest.cursor;
  ICEFALL_ASSIGN_OR_RETURN(const std::string text, EncodeManifest(manifest));
  auto put =
      store_.Put(ManifestKey(directory_, newest.cursor.sequence), text, PutCondition::IfAbsent());
  if (!put && put.error().code() != ErrorCode::kAlreadyExists) return Fail(std::move(put).error());
  const std::lock_guard lock(mutex_);
  debt_ = {.log_bytes = bytes_after, .manifest_bytes = text.size()};
  manifest_ = newest.cursor.sequence;
  return {};
}

template <typename Codec>
Result<void> StateLog<Codec>::FindManifest() {
  ListRequest listing{.prefix = ManifestPrefix(directory_), .shallow = true};
  {
    const std::lock_guard lock(mutex_);
    listing.start_after = ManifestKey(directory_, manifest_);
  }
  ICEFALL_ASSIGN_OR_RETURN(const auto listed, store_.List(listing));
  std::optional<Sequence> newest;
  uint64_t size_bytes = 0;
  for (const ObjectInfo& info : listed) {
    const auto sequence = ParseManifestKey(info.key);
    if (!sequence) continue;
    newest = sequence;
    size_bytes = info.size_bytes;
  }
  const std::lock_guard lock(mutex_);
  if (!newest || *newest <= manifest_) return {};
  const uint64_t line_count = cursor_.sequence.value - manifest_.value;
  const uint64_t lines_after =
      cursor_.sequence.value - std::min(newest->value, cursor_.sequence.value);
  debt_ = {.log_bytes = debt_.log_bytes / std::max<uint64_t>(line_count, 1) * lines_after,
           .manifest_bytes = size_bytes};
  manifest_ = *newest;
  return {};
}

template <typename Codec>
Result<void> StateLog<Codec>::KeepFrom(Sequence oldest) {
  ICEFALL_ASSIGN_OR_RETURN(const auto mark, OldestKept(store_, directory_));
  if (mark && *mark >= oldest) return {};
  ICEFALL_ASSIGN_OR_RETURN(const Entry entry, Find([oldest](const LogCursor& cursor) {
                             return cursor.sequence <= oldest;
                           }));
  if (entry.cursor.sequence != oldest) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("log '{}': no commit {}", directory_, oldest.value));
  }
  ICEFALL_ASSIGN_OR_RETURN(Manifest manifest, codec_.Encode(*entry.state));
  manifest.cursor = entry.cursor;
  ICEFALL_ASSIGN_OR_RETURN(const std::string text, EncodeManifest(manifest));
  auto put = store_.Put(ManifestKey(directory_, oldest), text, PutCondition::IfAbsent());
  if (!put && put.error().code() != ErrorCode::kAlreadyExists) return Fail(std::move(put).error());
  put = store_.Put(OldestKey(directory_, oldest), "", PutCondition::IfAbsent());
  if (!put && put.error().code() != ErrorCode::kAlreadyExists) return Fail(std::move(put).error());
  const std::lock_guard lock(mutex_);
  past_.clear();
  while (entries_.size() > 1 && entries_.front().cursor.sequence < oldest) entries_.pop_front();
  return {};
}

}  // namespace icefall
