#include "icedb/table.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/parallel.h"
#include "base/uuid.h"
#include "icedb/operations.h"
#include "icedb/table_options.h"

namespace icefall::icedb {
namespace {

constexpr size_t kRequestsAtOnce = 16;
// A file that was stored so long ago may have been taken for an orphan.
constexpr int64_t kUploadTrustedMs = 10 * 60 * 1000;
constexpr int kWaitCountMax = 3;
constexpr int kAttemptCountMax = 100;
constexpr int kSameNameCountMax = 10'000;

// An empty log, which readers pass over; its bytes are like no other's.
Result<std::string> ReservationBytes(int64_t ms, const std::string& id) {
  LogFile log;
  log.ms = ms;
  log.id = "reserved-" + id;
  return EncodeLogFile(log);
}

// A log file that says that a data file is dead goes after all those that say that it is alive,
// or readers would find it alive again: inserts' first, which name alive files only, then
// maintenance's by time.
Result<void> DeleteLogs(ObjectStore& store, const std::vector<std::string>& keys) {
  std::vector<std::string> inserts;
  std::vector<std::pair<int64_t, std::string>> merged;
  for (const auto& key : keys) {
    const auto name = ParseLogName(key);
    if (name && name->merged) {
      merged.emplace_back(name->ms, key);
    } else {
      inserts.push_back(key);
    }
  }
  ICEFALL_RETURN_IF_ERROR(store.DeleteMany(inserts));
  std::ranges::sort(merged);
  for (const auto& [ms, key] : merged) ICEFALL_RETURN_IF_ERROR(store.Delete(key));
  return {};
}

}  // namespace

Table::Table(TablePlace place, Clock& clock)
    : place_(std::move(place)), clock_(clock), reader_(*place_.log, place_.log_prefix) {}

std::string Table::HeadKey() const { return MaintenanceFolder(place_.log_prefix) + "head.json"; }

Result<StatePointer> Table::Read(std::optional<int64_t> before_ms) {
  if (!before_ms || *before_ms > NowMs()) return ReadNow();
  int64_t before = *before_ms;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [acknowledged_ms, log_ms] : ahead_) {
      if (acknowledged_ms <= *before_ms) before = std::max(before, log_ms + 1);
    }
  }
  return reader_.Read(before);
}

Result<StatePointer> Table::ReadNow() {
  auto state = reader_.Read();
  if (state.has_value()) log_merges_.NoteState((*state)->live_log_count());
  return state;
}

void Table::Acknowledge(int64_t ms) {
  for (int i = 0; i < kWaitCountMax && ms >= NowMs() && ms < NowMs() + kWaitCountMax; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const int64_t now = NowMs();
  const std::lock_guard lock(mutex_);
  std::erase_if(ahead_, [now](const auto& one) { return one.second < now; });
  if (ms >= now) ahead_.emplace_back(now, ms);
}

Result<void> Table::CheckStillThere(const std::vector<FileMarker>& files, int64_t started_at_ms) {
  if (NowMs() - started_at_ms < kUploadTrustedMs) return {};
  return ForEachInParallel(files.size(), kRequestsAtOnce, [&](size_t i) -> Result<void> {
    const auto found = place_.data->Stat(files[i].path);
    if (found.has_value()) return {};
    if (found.error().code() != ErrorCode::kNotFound) return Fail(found.error());
    return Fail(ErrorCode::kConflict,
                fmt::format("data file {} is gone: it was not in the log for so long that it was "
                            "taken for an orphan",
                            files[i].path));
  });
}

Result<Table::Reserved> Table::CreateLog(
    std::string_view host, bool merged, int64_t ms,
    const std::function<Result<std::string>(int64_t ms)>& make_bytes) {
  ICEFALL_RETURN_IF_ERROR(ValidateHost(host));
  for (int i = 0; i < kSameNameCountMax; ++i, ++ms) {
    const std::string key = LogFolder(place_.log_prefix) +
                            FormatLogName({.ms = ms, .merged = merged, .host = std::string(host)});
    ICEFALL_ASSIGN_OR_RETURN(const std::string bytes, make_bytes(ms));
    auto put = place_.log->Put(key, bytes, PutCondition::IfAbsent());
    if (put.has_value()) return Reserved{key, ms, *std::move(put)};
    const ErrorCode code = put.error().code();
    if (code != ErrorCode::kOutcomeUnknown && code != ErrorCode::kAlreadyExists) {
      return Fail(std::move(put).error());
    }
    if (code == ErrorCode::kAlreadyExists) continue;
    // The bytes hold an id of their own, so it is plain whose object is there.
    const auto found = place_.log->ReadToEnd(key, 0);
    if (!found.has_value()) return Fail(std::move(put).error());
    if (*found != bytes) continue;
    ICEFALL_ASSIGN_OR_RETURN(const ObjectInfo info, place_.log->Stat(key));
    return Reserved{key, ms, info.version};
  }
  return Fail(ErrorCode::kUnavailable,
              fmt::format("no free log file name of host '{}' in {} ms", host, kSameNameCountMax));
}

Result<CommittedLog> Table::Append(std::string_view host, Columns schema,
                                   std::vector<FileMarker> files, int64_t started_at_ms) {
  ICEFALL_RETURN_IF_ERROR(CheckStillThere(files, started_at_ms));
  LogFile log;
  log.schema = std::move(schema);
  log.files = std::move(files);
  log.id = NewUuid(clock_);
  int64_t ms = NowMs();
  {
    // A clock that was set back must not bring a name back that cleanup may have let go.
    const std::lock_guard lock(mutex_);
    ms = std::max(ms, last_ms_ + 1);
    last_ms_ = ms;
  }
  ICEFALL_ASSIGN_OR_RETURN(const Reserved created, CreateLog(host, false, ms, [&log](int64_t at) {
                             log.ms = at;
                             return EncodeLogFile(log);
                           }));
  Acknowledge(created.ms);
  log_merges_.NoteAppend();
  return CommittedLog{created.key, std::move(log)};
}

void Table::MergeLogsIfMany(std::string_view host) {
  if (!log_merges_.IsDue()) return;
  const auto options = ReadTableOptions(*place_.log, place_.log_prefix);
  if (!options.has_value() || !log_merges_.Start(options->merge_logs_after)) return;
  const auto planner =
      [&options](const TableState& state) -> Result<std::optional<MaintenanceDraft>> {
    return DraftAutomaticLogMerge(state, options->merge_logs_after);
  };
  const auto merged = Maintain(host, planner, NowMs());
  if (merged.has_value() && *merged) log_merges_.NoteState(1);
}

Result<Table::ReadHead> Table::LoadHead() {
  const std::string key = HeadKey();
  // The version first: bytes that are newer than it make the next replacement fail, older ones
  // cannot be.
  const auto info = place_.log->Stat(key);
  if (!info.has_value()) {
    if (info.error().code() == ErrorCode::kNotFound) return ReadHead{};
    return Fail(info.error());
  }
  ICEFALL_ASSIGN_OR_RETURN(const std::string bytes, place_.log->ReadToEnd(key, 0));
  ICEFALL_ASSIGN_OR_RETURN(MaintenanceHead head, DecodeHead(bytes, key));
  return ReadHead{std::move(head), info->version};
}

Result<std::optional<ObjectVersion>> Table::ReplaceHead(const ReadHead& before,
                                                        const MaintenanceHead& head) {
  const auto condition =
      before.head ? PutCondition::IfMatches(before.version) : PutCondition::IfAbsent();
  auto put = place_.log->Put(HeadKey(), EncodeHead(head), condition);
  if (put.has_value()) return *std::move(put);
  switch (put.error().code()) {
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kConflict:
      return std::nullopt;
    case ErrorCode::kOutcomeUnknown: {
      const auto found = LoadHead();
      if (found.has_value() && found->head && found->head->id == head.id) return found->version;
      // It could still come through, or have been finished by others who went on.
      return Fail(std::move(put).error());
    }
    default:
      return Fail(std::move(put).error());
  }
}

Result<void> Table::Publish(const MaintenanceHead& head) {
  if (head.log_key.empty()) return {};
  const auto put =
      place_.log->Put(head.log_key, head.log_bytes, PutCondition::IfMatches(head.reserved_version));
  if (put.has_value()) return {};
  const ErrorCode code = put.error().code();
  if (code != ErrorCode::kConflict && code != ErrorCode::kOutcomeUnknown &&
      code != ErrorCode::kNotFound) {
    return Fail(put.error());
  }
  const auto found = place_.log->ReadToEnd(head.log_key, 0);
  if (!found.has_value() && found.error().code() != ErrorCode::kNotFound) {
    return Fail(found.error());
  }
  if (found.has_value() && *found == head.log_bytes) return {};
  // Others finished it and went on, which the head shows.
  ICEFALL_ASSIGN_OR_RETURN(const ReadHead now, LoadHead());
  if (!now.head || now.head->id != head.id || now.head->finished) return {};
  if (code == ErrorCode::kOutcomeUnknown) return Fail(put.error());
  return Fail(ErrorCode::kCorruption,
              fmt::format("log file {} of {} number {} is not what it was reserved as: something "
                          "else writes or deletes log files here",
                          head.log_key, head.operation, head.number));
}

Result<void> Table::Finish(const MaintenanceHead& head, const ObjectVersion& version) {
  ICEFALL_RETURN_IF_ERROR(Publish(head));
  ICEFALL_RETURN_IF_ERROR(DeleteLogs(*place_.log, head.deleted_logs));
  ICEFALL_RETURN_IF_ERROR(place_.data->DeleteMany(head.deleted_data));
  MaintenanceHead finished = head;
  finished.finished = true;
  const auto put =
      place_.log->Put(HeadKey(), EncodeHead(finished), PutCondition::IfMatches(version));
  if (put.has_value()) return {};
  switch (put.error().code()) {
    case ErrorCode::kConflict:
    case ErrorCode::kOutcomeUnknown:
    case ErrorCode::kNotFound:
      // It is done, and whoever looks next sees that or does it once more.
      return {};
    default:
      return Fail(put.error());
  }
}

Result<void> Table::FinishMaintenance() {
  ICEFALL_ASSIGN_OR_RETURN(const ReadHead found, LoadHead());
  if (!found.head || found.head->finished) return {};
  return Finish(*found.head, found.version);
}

Result<CommittedLog> Table::PrepareLog(const TableState& state, const MaintenanceDraft& draft,
                                       MaintenanceHead& head) {
  ICEFALL_ASSIGN_OR_RETURN(
      Reserved reserved, CreateLog(head.host, true, std::max(NowMs(), state.newest_ms() + 1),
                                   [&head](int64_t ms) { return ReservationBytes(ms, head.id); }));
  LogFile log = BuildLog(state, draft, reserved.ms);
  log.id = head.id;
  ICEFALL_ASSIGN_OR_RETURN(head.log_bytes, EncodeLogFile(log));
  head.ms = reserved.ms;
  head.log_key = reserved.key;
  head.reserved_version = std::move(reserved.version);
  return CommittedLog{std::move(reserved.key), std::move(log)};
}

Result<CommittedLog> Table::Commit(const ReadHead& before, const TableState& state,
                                   const MaintenanceDraft& draft, std::string_view host) {
  MaintenanceHead head;
  head.number = before.head ? before.head->number + 1 : 1;
  head.id = NewUuid(clock_);
  head.host = host;
  head.operation = draft.operation;
  CommittedLog committed;
  if (draft.writes_log) {
    ICEFALL_ASSIGN_OR_RETURN(committed, PrepareLog(state, draft, head));
  }
  head.deleted_logs.assign(draft.deleted_logs.begin(), draft.deleted_logs.end());
  head.deleted_data.assign(draft.deleted_data.begin(), draft.deleted_data.end());
  ICEFALL_ASSIGN_OR_RETURN(const auto version, ReplaceHead(before, head));
  if (!version) {
    // The reservation is nobody's; left there it would do no harm.
    if (draft.writes_log) (void)place_.log->Delete(head.log_key);
    return Fail(ErrorCode::kConflict, "another operation came first");
  }
  if (auto finished = Finish(head, *version); !finished.has_value()) {
    return Fail(ErrorCode::kOutcomeUnknown,
                fmt::format("{} number {} is committed and will be finished by the next operation: "
                            "{}",
                            head.operation, head.number, finished.error().message()));
  }
  if (draft.writes_log) Acknowledge(head.ms);
  return committed;
}

Result<std::optional<CommittedLog>> Table::Maintain(std::string_view host,
                                                    const MaintenancePlanner& planner,
                                                    int64_t started_at_ms) {
  for (int attempt = 0; attempt < kAttemptCountMax; ++attempt) {
    ICEFALL_ASSIGN_OR_RETURN(const ReadHead before, LoadHead());
    if (before.head && !before.head->finished) {
      ICEFALL_RETURN_IF_ERROR(Finish(*before.head, before.version));
      continue;
    }
    ICEFALL_ASSIGN_OR_RETURN(const StatePointer state, ReadNow());
    auto draft = planner(*state);
    if (!draft.has_value()) {
      if (draft.error().code() != ErrorCode::kConflict || !before.head) {
        return Fail(std::move(draft).error());
      }
      return Fail(ErrorCode::kConflict,
                  fmt::format("{}; the last operation was {} number {} by host '{}', {}",
                              draft.error().message(), before.head->operation, before.head->number,
                              before.head->host, before.head->log_key));
    }
    if (!draft->has_value()) return std::nullopt;
    if (!state->conflicts().empty() && !(*draft)->schema) {
      const TypeConflict& conflict = state->conflicts().front();
      return Fail(ErrorCode::kConstraint,
                  fmt::format("column '{}' is {} in the table and {} in log file {}: repair the "
                              "table first",
                              conflict.column, conflict.type, conflict.new_type, conflict.source));
    }
    ICEFALL_RETURN_IF_ERROR(CheckStillThere((*draft)->added, started_at_ms));
    auto committed = Commit(before, *state, **draft, host);
    if (committed.has_value()) return *std::move(committed);
    if (committed.error().code() != ErrorCode::kConflict) {
      return Fail(std::move(committed).error());
    }
  }
  return Fail(
      ErrorCode::kUnavailable,
      fmt::format("{} times in a row another maintenance operation came first", kAttemptCountMax));
}

}  // namespace icefall::icedb
