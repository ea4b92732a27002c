#include "commit/segment_writer.h"

#include <fmt/format.h>

namespace icefall {
namespace {

// File descriptors kept between turns.
constexpr size_t kOpenMax = 16;

}  // namespace

void SegmentWriter::StartTurn(DatabaseSequence published) {
  if (published != last_published_ || open_.size() > kOpenMax) Forget();
}

Result<void> SegmentWriter::Append(const LogAppend& append) {
  auto found = open_.find(append.key);
  if (found == open_.end()) {
    ICEFALL_ASSIGN_OR_RETURN(auto appender, store_.OpenAppender(append.key));
    found = open_.emplace(append.key, Open{std::move(appender)}).first;
  }
  ObjectAppender& appender = *found->second.appender;
  bool wrote = false;
  const auto write = [&]() -> Result<void> {
    ICEFALL_ASSIGN_OR_RETURN(const uint64_t size_bytes, appender.SizeBytes());
    if (size_bytes < append.offset) {
      return Fail(ErrorCode::kCorruption, fmt::format("{}: expected {} bytes, found {}: it shrank",
                                                      append.key, append.offset, size_bytes));
    }
    if (size_bytes > append.offset && append.is_new) {
      return Fail(
          ErrorCode::kConflict,
          fmt::format("{}: expected nothing there yet, found {} bytes", append.key, size_bytes));
    }
    if (size_bytes > append.offset) {
      ICEFALL_RETURN_IF_ERROR(appender.Truncate(append.offset));
    }
    found->second.needs_sync = wrote = true;
    return appender.Append(append.bytes);
  };
  auto written = write();
  if (written) return {};
  open_.erase(found);
  if (!wrote) return written;
  // All of it may be there in spite of the error, and a whole line would count.
  auto again = store_.OpenAppender(append.key);
  auto cut = again ? (*again)->Truncate(append.offset) : Result<void>(Fail(again.error()));
  if (cut) return written;
  return Fail(ErrorCode::kOutcomeUnknown,
              fmt::format("{}; and it could not be taken back: {}", written.error().message(),
                          cut.error().message()));
}

Result<void> SegmentWriter::Sync() {
  for (auto& [key, open] : open_) {
    if (!open.needs_sync) continue;
    open.needs_sync = false;
    auto synced = open.appender->Sync();
    if (synced) continue;
    Forget();
    return synced;
  }
  return {};
}

Result<void> SegmentWriter::Rewrite(const ObjectKey& key, uint64_t offset) {
  ICEFALL_ASSIGN_OR_RETURN(std::string bytes, store_.ReadToEnd(key, offset));
  owed_[key] = {offset, std::move(bytes)};
  return FinishRewrites();
}

Result<void> SegmentWriter::FinishRewrites() {
  while (!owed_.empty()) {
    const auto& [key, rewritten] = *owed_.begin();
    ICEFALL_ASSIGN_OR_RETURN(const std::string found, store_.ReadToEnd(key, rewritten.offset));
    // Anything else is what another process wrote after an earlier attempt failed here: the lines
    // that were cut off have not happened.
    if (rewritten.bytes.starts_with(found)) {
      ICEFALL_ASSIGN_OR_RETURN(const auto appender, store_.OpenAppender(key));
      ICEFALL_RETURN_IF_ERROR(appender->Truncate(rewritten.offset));
      ICEFALL_RETURN_IF_ERROR(appender->Append(rewritten.bytes));
      ICEFALL_RETURN_IF_ERROR(appender->Sync());
    }
    owed_.erase(owed_.begin());
  }
  return {};
}

void SegmentWriter::Forget() { open_.clear(); }

}  // namespace icefall
