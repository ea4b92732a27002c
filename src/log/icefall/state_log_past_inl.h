// How StateLog finds states that are not the newest; included by state_log.h only.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace icefall {

template <typename Codec>
auto StateLog<Codec>::Load(const Fits& fits) -> Result<Entry> {
  ICEFALL_ASSIGN_OR_RETURN(Start start, NewestStart(fits));
  Entry found = start.entry;
  std::optional<LogCursor> next;
  const Fits fits_or_ends = [&](const LogCursor& cursor) {
    if (fits(cursor)) return true;
    next = cursor;
    return false;
  };
  ICEFALL_RETURN_IF_ERROR(
      Replay(start.entry, fits_or_ends, ReadMode{}, [&](const Entry& entry) -> Result<void> {
        found = entry;
        return {};
      }));
  if (!found.state) {
    return Fail(ErrorCode::kNotFound, fmt::format("log '{}': no commit that old", directory_));
  }
  if (next) {
    const std::lock_guard lock(mutex_);
    past_.push_back({found, *next});
    if (past_.size() > kPastMax) past_.pop_front();
  }
  return found;
}

template <typename Codec>
auto StateLog<Codec>::Find(const Fits& fits) -> Result<Entry> {
  {
    const std::lock_guard lock(mutex_);
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
      if (fits(entry->cursor)) return *entry;
    }
    for (const Past& past : past_) {
      if (fits(past.entry.cursor) && !fits(past.next)) return past.entry;
    }
  }
  return Load(fits);
}

template <typename Codec>
Result<void> StateLog<Codec>::ForEach(const Fits& fits, const EntryVisitor& visit) {
  ICEFALL_ASSIGN_OR_RETURN(Start start, OldestStart());
  if (start.entry.state) {
    if (!fits(start.entry.cursor)) return {};
    ICEFALL_RETURN_IF_ERROR(visit(start.entry));
  }
  return Replay(start.entry, fits, ReadMode{}, visit);
}

template <typename Codec>
auto StateLog<Codec>::EntriesAfter(Sequence after) -> Result<std::vector<Entry>> {
  std::vector<Entry> found;
  std::vector<Entry> staged;
  LogCursor newest;
  {
    const std::lock_guard lock(mutex_);
    for (const auto* kept : {&changes_, &entries_}) {
      for (const Entry& entry : *kept) {
        if (entry.cursor.sequence > after && entry.change) found.push_back(entry);
      }
    }
    staged.assign(staged_.begin(), staged_.end());
    newest = entries_.back().cursor;
  }
  const Sequence first = found.empty() ? newest.sequence.Next() : found.front().cursor.sequence;
  if (first > after.Next()) {
    found.clear();
    ICEFALL_ASSIGN_OR_RETURN(const Entry base, Load([after](const LogCursor& cursor) {
                               return cursor.sequence <= after;
                             }));
    ICEFALL_RETURN_IF_ERROR(Replay(
        base, [&](const LogCursor& cursor) { return cursor.sequence <= newest.sequence; },
        ReadMode{},
        [&](const Entry& entry) -> Result<void> {
          found.push_back(entry);
          return {};
        }));
  }
  for (Entry& entry : staged) {
    if (entry.cursor.sequence > after && entry.cursor.sequence > newest.sequence) {
      found.push_back(std::move(entry));
    }
  }
  return found;
}

}  // namespace icefall
