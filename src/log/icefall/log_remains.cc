#include "log/icefall/log_remains.h"

#include <algorithm>
#include <string_view>

#include "log/icefall/commit_line.h"
#include "log/icefall/file_names.h"
#include "log/icefall/manifest.h"

namespace icefall {
namespace {

void Take(LogRemains& remains, DatabaseSequence sequence, TimestampMicros committed_at) {
  remains.database_sequence = std::max(remains.database_sequence, sequence);
  remains.committed_at = std::max(remains.committed_at, committed_at);
}

// Where the first line that came after `durable` begins; absent when there is none.
std::optional<uint64_t> TakeLines(std::string_view text, DatabaseSequence durable,
                                  LogRemains& remains) {
  std::optional<uint64_t> first_after;
  uint64_t offset = 0;
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', offset)) {
    const auto line = DecodeLine(text.substr(offset, end - offset));
    if (line) {
      Take(remains, line->database_sequence, line->committed_at);
      if (line->database_sequence > durable && !first_after) first_after = offset;
    }
    offset = end + 1;
  }
  return first_after;
}

Result<void> TakeNewestManifest(ObjectStore& store, const std::string& directory,
                                LogRemains& remains) {
  ICEFALL_ASSIGN_OR_RETURN(auto manifests, ListManifests(store, directory));
  for (; !manifests.empty(); manifests.pop_back()) {
    const auto loaded = ReadManifest(store, directory, manifests.back(), "table");
    if (!loaded && !IsDamage(loaded.error().code())) return Fail(loaded.error());
    if (!loaded) continue;
    const LogCursor& cursor = loaded->manifest.cursor;
    Take(remains, cursor.database_sequence, cursor.committed_at);
    return {};
  }
  return {};
}

}  // namespace

Result<LogRemains> ReadRemains(ObjectStore& store, const std::string& directory,
                               DatabaseSequence durable) {
  LogRemains remains;
  ICEFALL_RETURN_IF_ERROR(TakeNewestManifest(store, directory, remains));
  ICEFALL_ASSIGN_OR_RETURN(const auto listed, store.List({.prefix = SegmentPrefix(directory)}));
  for (const ObjectInfo& segment : listed) {
    if (!ParseSegmentKey(segment.key)) continue;
    const auto text = store.ReadToEnd(segment.key, 0);
    if (!text && !IsDamage(text.error().code())) return Fail(text.error());
    if (!text) continue;
    // A segment is closed when it is durable, so that the last one has all that may not be.
    remains.tail.reset();
    if (const auto offset = TakeLines(*text, durable, remains)) {
      remains.tail = LogTail{segment.key, *offset};
    }
  }
  return remains;
}

}  // namespace icefall
