#include "commit/segment_writer.h"

#include <fmt/format.h>

namespace icefall {
namespace {

// File descriptors kept between turns.
constexpr size_t kOpenMax = 16;

}  // namespace

void SegmentWriter::StartTurn(DatabaseSequence appended) {
  if (appended != last_appended_ || open_.size() > kOpenMax) Forget();
}

Result<SegmentWriter::Open*> SegmentWriter::OpenObject(const ObjectKey& key) {
  auto found = open_.find(key);
  if (found == open_.end()) {
    ICEFALL_ASSIGN_OR_RETURN(auto appender, store_.OpenAppender(key));
    found = open_.emplace(key, Open{std::move(appender)}).first;
  }
  return &found->second;
}

Result<void> SegmentWriter::Append(const LogAppend& append) {
  ICEFALL_ASSIGN_OR_RETURN(Open * open, OpenObject(append.key));
  ObjectAppender& appender = *open->appender;
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
    open->needs_sync = wrote = true;
    return appender.Append(append.bytes);
  };
  auto written = write();
  if (written) return {};
  open_.erase(append.key);
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

Result<void> SegmentWriter::SyncObject(const ObjectKey& key) {
  auto synced = [&]() -> Result<void> {
    ICEFALL_ASSIGN_OR_RETURN(Open * open, OpenObject(key));
    open->needs_sync = false;
    return open->appender->Sync();
  }();
  if (synced) return synced;
  Forget();
  return Fail(ErrorCode::kOutcomeUnknown, synced.error().message());
}

Result<void> SegmentWriter::Rewrite(const ObjectKey& key, uint64_t offset) {
  ICEFALL_ASSIGN_OR_RETURN(const auto appender, store_.OpenAppender(key));
  return appender->Rewrite(offset);
}

void SegmentWriter::Forget() { open_.clear(); }

}  // namespace icefall
