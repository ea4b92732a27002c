#include "database/database_impl.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/uuid.h"
#include "commit/conditional_put_coordinator.h"
#include "commit/local_coordinator.h"
#include "database/newest_number.h"
#include "database/transaction_impl.h"
#include "log/icefall/next_line.h"
#include "log/registry.h"

namespace icefall {
namespace {

constexpr std::string_view kRunningName = "running";
constexpr std::string_view kDefaultLog = "icefall";
// The table property that names another log.
constexpr std::string_view kLogProperty = "log";
// Entries of a directory that is no database are counted up to here.
constexpr uint64_t kOtherEntriesMax = 1000;
// By this share more log than makes a manifest due, and whoever was to write it has not.
constexpr uint64_t kOverdueShare = 4;

}  // namespace

DatabaseImpl::DatabaseImpl(std::shared_ptr<ObjectStore> store, std::string location,
                           const DatabaseOptions& options)
    : location_(std::move(location)),
      options_(options),
      clock_(options.clock != nullptr ? options.clock : &SystemClock()),
      commits_(store->capabilities().append ? nullptr
                                            : std::make_shared<CommitObjectStore>(store, *clock_)),
      store_(commits_ ? commits_ : std::move(store)),
      outcomes_(*store_),
      catalog_(*store_, std::string(kCatalogDirectory), outcomes_, CatalogCodec(), commits_.get()) {
}

DatabaseImpl::~DatabaseImpl() = default;

Result<bool> DatabaseImpl::Exists() {
  if (commits_) {
    ICEFALL_ASSIGN_OR_RETURN(const auto newest, commits_->Refresh());
    return newest.sequence.value > 0;
  }
  auto first = store_->Stat(SegmentKey(kCatalogDirectory, Sequence(1)));
  if (first) return true;
  if (first.error().code() != ErrorCode::kNotFound) return Fail(std::move(first).error());
  // The first segment may have been removed behind a manifest.
  ICEFALL_ASSIGN_OR_RETURN(const auto found,
                           store_->List({.prefix = ManifestPrefix(kCatalogDirectory), .limit = 1}));
  return !found.empty();
}

Result<void> DatabaseImpl::Create() {
  ICEFALL_ASSIGN_OR_RETURN(const auto listed, store_->List({.limit = kOtherEntriesMax}));
  std::set<std::string> others;
  for (const ObjectInfo& info : listed) others.insert(info.key.substr(0, info.key.find('/')));
  others.erase(std::string(kCatalogDirectory));  // of a creation that another process began
  const bool has_table = std::ranges::any_of(listed, [](const ObjectInfo& info) {
    return !info.key.starts_with(kCatalogDirectory) &&
           info.key.substr(info.key.find('/') + 1).starts_with("_log/") &&
           ParseSegmentKey(info.key).has_value();
  });
  if (has_table && store_->capabilities().append) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("{}: {} is lost, and tables are there: `icefalldb doctor` says what is "
                            "left and what can be mended",
                            location_, SegmentKey(kCatalogDirectory, Sequence(1))));
  }
  if (!options_.create_if_missing || options_.read_only || !others.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is not an IcefallDB database: it has {}{} other entries and no {}",
                            location_, others.size(),
                            listed.size() < kOtherEntriesMax ? "" : " or more", kCatalogDirectory));
  }
  auto main = std::make_shared<CatalogObject>();
  main->kind = ObjectKind::kSchema;
  main->name = {"", "main"};
  main->uuid = NewUuid(*clock_);
  CatalogChange change;
  change.created.push_back(std::move(main));
  CommitLine line;
  line.operation = "create database";
  line.changes = CatalogCodec::EncodeChanges(NewUuid(*clock_), change);
  ICEFALL_ASSIGN_OR_RETURN(
      const NextLine first,
      EncodeNextLine(kCatalogDirectory, LogCursor(), {DatabaseSequence(1), clock_->NowMicros()},
                     options_.segment_size_bytes_max, line));
  return PutFirstLine(first.entry);
}

// Another process that makes it at the same time has made it for both.
Result<void> DatabaseImpl::PutFirstLine(const LogEntry& entry) {
  if (commits_) {
    ICEFALL_ASSIGN_OR_RETURN(
        const bool is_mine,
        commits_->Append({DatabaseSequence(1), clock_->NowMicros()},
                         {{.key = entry.key, .bytes = entry.bytes, .is_new = true}}));
    if (!is_mine) ICEFALL_RETURN_IF_ERROR(commits_->Refresh());
    return {};
  }
  auto put = store_->Put(entry.key, entry.bytes, PutCondition::IfAbsent());
  if (!put && put.error().code() != ErrorCode::kAlreadyExists) return Fail(std::move(put).error());
  return {};
}

Result<std::unique_ptr<CommitCoordinator>> DatabaseImpl::MakeCoordinator() {
  if (commits_) {
    return MakeConditionalPutCoordinator(*commits_, *clock_, {.read_only = options_.read_only});
  }
  RecoverHead recover = [this](DatabaseSequence durable) { return Recover(durable); };
  return MakeLocalCoordinator(*store_, *clock_, std::move(recover),
                              {.lock_key = std::string(kLockKey), .read_only = options_.read_only});
}

Result<std::unique_ptr<RunningTransactions>> DatabaseImpl::MakeRunning() {
  if (!store_->capabilities().external_path) return std::make_unique<RunningTransactions>("");
  ICEFALL_ASSIGN_OR_RETURN(std::string path, store_->ExternalPath(fmt::format(
                                                 "{}/{}", kCatalogDirectory, kRunningName)));
  return std::make_unique<RunningTransactions>(std::move(path));
}

Result<void> DatabaseImpl::Start() {
  ICEFALL_ASSIGN_OR_RETURN(const bool exists, Exists());
  if (!exists) ICEFALL_RETURN_IF_ERROR(Create());
  ICEFALL_ASSIGN_OR_RETURN(coordinator_, MakeCoordinator());
  ICEFALL_ASSIGN_OR_RETURN(running_, MakeRunning());
  ICEFALL_RETURN_IF_ERROR(coordinator_->Recover());
  ICEFALL_RETURN_IF_ERROR(CatalogAsOf({.sequence = Pin()}));
  return {};
}

Result<void> DatabaseImpl::CheckWritable() const {
  if (!options_.read_only) return {};
  return Fail(ErrorCode::kPermissionDenied,
              fmt::format("database {}: opened read-only", location_));
}

Result<RecoveredHead> DatabaseImpl::Recover(DatabaseSequence durable) {
  RecoveredHead head;
  const auto take = [&](const LogRemains& log) {
    head.database_sequence = std::max(head.database_sequence, log.database_sequence);
    head.committed_at = std::max(head.committed_at, log.committed_at);
    if (log.tail && durable.value > 0) head.unsynced.push_back({log.tail->key, log.tail->offset});
  };
  const SettledUntil settled = [this, durable] { return FindSettled(*store_, durable); };
  ICEFALL_ASSIGN_OR_RETURN(const auto entry,
                           catalog_.Refresh({.may_commit = true, .settled = settled}));
  take({entry.state->database_sequence, entry.state->committed_at, catalog_.TailAfter(durable)});
  for (const CatalogObjectPointer& object : entry.state->Tables()) {
    ICEFALL_ASSIGN_OR_RETURN(const LogRemains log, RecoverTable(*object, durable, settled));
    take(log);
  }
  return head;
}

Result<LogRemains> DatabaseImpl::RecoverTable(const CatalogObject& object, DatabaseSequence durable,
                                              const SettledUntil& settled) {
  const auto table = TableOf(object);
  if (!table) {
    if (!IsDamage(table.error().code())) return Fail(table.error());
    return LogRemains();  // a log of a kind that is not known here
  }
  TableLog& log = *(*table)->log;
  const auto newest = log.RefreshToCommit(settled);
  if (newest) {
    return LogRemains{(*newest)->database_sequence, (*newest)->committed_at,
                      log.TailAfter(durable)};
  }
  if (!IsDamage(newest.error().code())) return Fail(newest.error());
  return log.Remains(durable);
}

Result<std::string> DatabaseImpl::ExternalPath(const ObjectKey& key) {
  if (store_->capabilities().external_path || options_.external_prefix.empty()) {
    return store_->ExternalPath(key);
  }
  return options_.external_prefix + key;
}

Result<DatabaseSequence> DatabaseImpl::LookUp() {
  ICEFALL_ASSIGN_OR_RETURN(const auto newest, coordinator_->LookUp());
  return newest.value_or(kNoLimit);
}

DatabaseSequence DatabaseImpl::Pin() { return coordinator_->Published().value_or(kNoLimit); }

std::optional<DatabaseSequence> DatabaseImpl::Published() {
  return commits_ ? std::nullopt : coordinator_->Published();
}

Result<std::unique_ptr<Transaction>> DatabaseImpl::Begin() {
  // A commit between the two looks may have made someone forget what the first one saw.
  ICEFALL_ASSIGN_OR_RETURN(DatabaseSequence pin, LookUp());
  DatabaseSequence held;
  for (;;) {
    held = pin == kNoLimit ? DatabaseSequence() : pin;
    running_->AddPin(held);
    const DatabaseSequence now = Pin();
    if (now == pin) break;
    running_->RemovePin(held);
    pin = now;
  }
  return std::make_unique<TransactionImpl>(*this, PointInTime{.sequence = pin}, false, held);
}

Result<DatabaseSequence> DatabaseImpl::Newest() {
  ICEFALL_ASSIGN_OR_RETURN(const DatabaseSequence published, LookUp());
  if (published != kNoLimit) return published;
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, CatalogAsOf({}));
  DatabaseSequence newest = catalog->database_sequence;
  for (const CatalogObjectPointer& object : catalog->Tables()) {
    ICEFALL_ASSIGN_OR_RETURN(const OpenTablePointer table, TableOf(*object));
    const auto snapshot = TableAsOf(*table, {});
    if (!snapshot && !IsDamage(snapshot.error().code())) return Fail(snapshot.error());
    if (snapshot) newest = std::max(newest, (*snapshot)->database_sequence);
  }
  return newest;
}

Result<std::unique_ptr<Transaction>> DatabaseImpl::BeginAt(const PointInTime& point) {
  const std::string asked = point.sequence == kNoLimit ? FormatTimestamp(point.time)
                                                       : std::to_string(point.sequence.value);
  if (point.sequence != kNoLimit) {
    ICEFALL_ASSIGN_OR_RETURN(const DatabaseSequence newest, Newest());
    if (point.sequence > newest) {
      return Fail(ErrorCode::kNotFound,
                  fmt::format("snapshot {} not found, the newest of the database is {}", asked,
                              newest.value));
    }
  }
  ICEFALL_ASSIGN_OR_RETURN(const DatabaseSequence pin, LookUp());
  const PointInTime bounded{std::min(point.sequence, pin), point.time};
  // A time is no pin: all of the past is held. Before anything is looked at, so that gc either
  // knows of it or has said before what it takes away.
  const DatabaseSequence held = point.sequence == kNoLimit ? DatabaseSequence() : bounded.sequence;
  running_->AddPin(held);
  auto transaction = std::make_unique<TransactionImpl>(*this, bounded, true, held);
  if (auto names = CatalogAsOf(bounded); !names) {
    if (names.error().code() != ErrorCode::kNotFound) return Fail(std::move(names).error());
    return Fail(ErrorCode::kNotFound,
                fmt::format("snapshot {} not found: {}", asked, names.error().message()));
  }
  return transaction;
}

SettledUntil DatabaseImpl::SettledBefore(DatabaseSequence published) {
  if (published != kNoLimit) return AllSettledUntil(published);
  return [this] { return FindSettled(*store_, DatabaseSequence()); };
}

Result<CatalogSnapshotPointer> DatabaseImpl::CatalogAsOf(const PointInTime& point) {
  const DatabaseSequence pin = point.sequence;
  if (pin == kNoLimit || !catalog_.loaded() || !own_commits_.Covers(catalog_mark_, pin)) {
    // What is published now is at least the pin, and read with it.
    const DatabaseSequence published = Pin();
    ICEFALL_RETURN_IF_ERROR(
        catalog_.Refresh({.limit = published, .settled = SettledBefore(published)}));
    if (published != kNoLimit) catalog_mark_.Raise(published);
  }
  ICEFALL_ASSIGN_OR_RETURN(auto entry, catalog_.Find([&point](const LogCursor& cursor) {
    return point.Includes(cursor.database_sequence, cursor.committed_at);
  }));
  return std::move(entry.state);
}

Result<OpenTablePointer> DatabaseImpl::MakeTable(const CatalogObject& object) {
  const auto log_name = object.properties.find(std::string(kLogProperty));
  auto table = std::make_shared<OpenTable>();
  table->uuid = object.uuid;
  table->directory = object.directory;
  ICEFALL_ASSIGN_OR_RETURN(
      table->log, MakeTableLog(log_name == object.properties.end() ? kDefaultLog : log_name->second,
                               {.store = *store_,
                                .clock = *clock_,
                                .outcomes = outcomes_,
                                .directory = object.directory,
                                .table_uuid = object.uuid,
                                .segment_size_bytes_max = options_.segment_size_bytes_max,
                                .hints = commits_.get()}));
  return table;
}

Result<OpenTablePointer> DatabaseImpl::TableOf(const CatalogObject& object) {
  {
    const std::lock_guard lock(tables_mutex_);
    if (const auto found = tables_.find(object.uuid); found != tables_.end()) return found->second;
  }
  ICEFALL_ASSIGN_OR_RETURN(OpenTablePointer table, MakeTable(object));
  const std::lock_guard lock(tables_mutex_);
  return tables_.emplace(object.uuid, std::move(table)).first->second;
}

void DatabaseImpl::Adopt(OpenTablePointer table) {
  const std::lock_guard lock(tables_mutex_);
  tables_.emplace(table->uuid, table);
}

Result<SnapshotPointer> DatabaseImpl::TableAsOf(OpenTable& table, const PointInTime& point) {
  const DatabaseSequence pin = point.sequence;
  if (pin == kNoLimit || table.log->Head() == nullptr || !own_commits_.Covers(table.mark, pin)) {
    const DatabaseSequence published = Pin();
    ICEFALL_RETURN_IF_ERROR(table.log->Refresh(published, SettledBefore(published)));
    if (published != kNoLimit) table.mark.Raise(published);
  }
  auto found = table.log->AsOf(pin);
  if (!found || (*found)->committed_at <= point.time) return found;
  return table.log->AsOfTime(point.time);
}

Result<bool> DatabaseImpl::IsKept(OpenTable& table, const Snapshot& state) {
  if (!store_->capabilities().append) return true;
  return table.log->IsKept(state.sequence);
}

Result<CatalogObjectPointer> DatabaseImpl::FindTableEver(
    const std::function<bool(const CatalogObject&)>& matches) {
  ICEFALL_ASSIGN_OR_RETURN(const DatabaseSequence newest, LookUp());
  const PointInTime now{.sequence = newest};
  const auto find_in = [&](const CatalogSnapshot& names) -> CatalogObjectPointer {
    for (const auto& [name, object] : names.relations) {
      if (object->kind == ObjectKind::kTable && matches(*object)) return object;
    }
    return nullptr;
  };
  ICEFALL_ASSIGN_OR_RETURN(const auto names, CatalogAsOf(now));
  if (auto found = find_in(*names)) return found;
  CatalogObjectPointer last;
  ICEFALL_RETURN_IF_ERROR(catalog_.ForEach(
      [&](const LogCursor& cursor) { return cursor.database_sequence <= now.sequence; },
      [&](const CatalogLog::Entry& entry) -> Result<void> {
        if (auto found = find_in(*entry.state)) last = std::move(found);
        return {};
      }));
  return last;
}

Result<OpenTablePointer> DatabaseImpl::FindTable(std::string_view uuid) {
  {
    const std::lock_guard lock(tables_mutex_);
    if (const auto found = tables_.find(std::string(uuid)); found != tables_.end()) {
      return found->second;
    }
  }
  ICEFALL_ASSIGN_OR_RETURN(
      const CatalogObjectPointer object,
      FindTableEver([uuid](const CatalogObject& table) { return table.uuid == uuid; }));
  if (object == nullptr) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("database {}: no table has or had the uuid {}", location_, uuid));
  }
  return TableOf(*object);
}

Result<std::vector<CommitSummary>> DatabaseImpl::History(std::string_view table_uuid,
                                                         const PointInTime& last) {
  ICEFALL_ASSIGN_OR_RETURN(const OpenTablePointer table, FindTable(table_uuid));
  std::vector<CommitSummary> history;
  ICEFALL_ASSIGN_OR_RETURN(const DatabaseSequence newest, LookUp());
  const DatabaseSequence pin = std::min(newest, last.sequence);
  ICEFALL_RETURN_IF_ERROR(table->log->ForEachCommit(pin, [&](const CommitRecord& record) {
    const Snapshot& snapshot = *record.snapshot;
    if (snapshot.committed_at > last.time) return;
    CommitSummary summary;
    summary.sequence = snapshot.sequence;
    summary.database_sequence = snapshot.database_sequence;
    summary.committed_at = snapshot.committed_at;
    summary.operation = snapshot.operation;
    summary.summary = record.summary;
    summary.parent_hash = snapshot.parent_hash;
    summary.live_rows = snapshot.live_row_count;
    summary.fragments =
        snapshot.fragments.size() + (snapshot.inline_rows.physical_count() > 0 ? 1 : 0);
    summary.schema = snapshot.schema->id;
    history.push_back(std::move(summary));
  }));
  return history;
}

Result<SnapshotPointer> DatabaseImpl::TableAt(std::string_view table_uuid, Sequence sequence) {
  ICEFALL_ASSIGN_OR_RETURN(const OpenTablePointer table, FindTable(table_uuid));
  // Of one that is known, such as this process's own, nobody need be asked whether there are more.
  const DatabaseSequence known = Pin();
  auto found = TableAt(*table, sequence, known);
  if (found.has_value() || found.error().code() != ErrorCode::kNotFound) return found;
  ICEFALL_ASSIGN_OR_RETURN(const DatabaseSequence newest, LookUp());
  return newest == known ? found : TableAt(*table, sequence, newest);
}

Result<SnapshotPointer> DatabaseImpl::TableAt(OpenTable& table, Sequence sequence,
                                              DatabaseSequence newest) {
  ICEFALL_RETURN_IF_ERROR(TableAsOf(table, {.sequence = newest}));
  ICEFALL_ASSIGN_OR_RETURN(SnapshotPointer found, table.log->At(sequence));
  if (found->database_sequence <= newest) return found;
  return Fail(ErrorCode::kNotFound,
              fmt::format("table directory '{}': commit {} is not durable yet", table.directory,
                          sequence.value));
}

Result<void> DatabaseImpl::KeepFrom(std::string_view table_uuid, Sequence oldest) {
  ICEFALL_RETURN_IF_ERROR(CheckWritable());
  ICEFALL_ASSIGN_OR_RETURN(const OpenTablePointer table, FindTable(table_uuid));
  ICEFALL_ASSIGN_OR_RETURN(const DatabaseSequence newest, LookUp());
  ICEFALL_RETURN_IF_ERROR(TableAsOf(*table, {.sequence = newest}));
  return table->log->KeepFrom(oldest);
}

Result<CatalogSnapshotPointer> DatabaseImpl::CatalogToCommit(DatabaseSequence head) {
  if (!own_commits_.Covers(catalog_mark_, head)) {
    ICEFALL_RETURN_IF_ERROR(
        catalog_.Refresh({.may_commit = true, .settled = AllSettledUntil(head)}));
    catalog_mark_.Raise(head);
  }
  return catalog_.Head().state;
}

Result<SnapshotPointer> DatabaseImpl::TableToCommit(OpenTable& table, DatabaseSequence head) {
  if (!own_commits_.Covers(table.mark, head)) {
    ICEFALL_RETURN_IF_ERROR(table.log->RefreshToCommit(AllSettledUntil(head)));
    table.mark.Raise(head);
  }
  return table.log->Head();
}

uint64_t DatabaseImpl::ManifestDueBytes(const ManifestDebt& debt) const {
  return std::max(options_.manifest_interval_bytes, debt.manifest_bytes / 2);
}

template <typename LogPointer>
void DatabaseImpl::MaybeWriteManifest(const std::string& directory, const LogPointer& log) {
  const ManifestDebt debt = log->manifest_debt();
  const uint64_t due_bytes = ManifestDueBytes(debt);
  if (debt.log_bytes <= due_bytes) return;
  const bool is_ours = debt.log_bytes - debt.commit_bytes <= due_bytes;
  if (!is_ours && debt.log_bytes <= due_bytes + due_bytes / kOverdueShare) return;
  manifest_writer_.Enqueue(directory, [this, log, is_ours] {
    // Harmless when it fails: a later commit tries again.
    if (!is_ours) static_cast<void>(log->FindManifest());
    const ManifestDebt now = log->manifest_debt();
    if (!is_ours && now.log_bytes <= ManifestDueBytes(now)) return;
    static_cast<void>(log->WriteManifest(Pin()));
  });
}

void DatabaseImpl::MaybeWriteManifest(const OpenTablePointer& table) {
  MaybeWriteManifest(table->directory, std::shared_ptr<TableLog>(table, table->log.get()));
}

void DatabaseImpl::MaybeWriteCatalogManifest() {
  MaybeWriteManifest(std::string(kCatalogDirectory), &catalog_);
}

void DatabaseImpl::MaybeWriteHead() {
  if (!commits_ || !commits_->OwesHead()) return;
  manifest_writer_.Enqueue(std::string(kHeadObjectKey), [this] {
    static_cast<void>(commits_->WriteHead());  // as above
  });
}

}  // namespace icefall
