#include "database/transaction_impl.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "base/uuid.h"
#include "database/directory_name.h"
#include "log/icefall/file_names.h"
#include "table/plain_change.h"

namespace icefall {
namespace {

constexpr std::string_view kSeveralOperations = "transaction";

// Counts add up over the statements of a transaction; other words are kept where they agree.
void MergeSummary(const std::map<std::string, std::string>& from,
                  std::map<std::string, std::string>& into) {
  const auto number = [](const std::string& text) -> std::optional<uint64_t> {
    uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  };
  for (const auto& [key, value] : from) {
    const auto [known, is_new] = into.emplace(key, value);
    if (is_new) continue;
    const auto a = number(known->second), b = number(value);
    known->second = a && b ? std::to_string(*a + *b) : value;
  }
}

}  // namespace

TransactionImpl::~TransactionImpl() { Rollback(); }

Result<void> TransactionImpl::CheckOpen() const {
  if (is_open_) return {};
  return Fail(ErrorCode::kInvalidArgument, "the transaction has ended");
}

Result<void> TransactionImpl::CheckWritable() const {
  ICEFALL_RETURN_IF_ERROR(CheckOpen());
  if (is_past_) {
    return Fail(ErrorCode::kPermissionDenied,
                fmt::format("database {}: the past is read-only", database_.location()));
  }
  return database_.CheckWritable();
}

void TransactionImpl::SetIsolation(Isolation isolation) {
  const std::lock_guard lock(mutex_);
  isolation_ = isolation;
}

Result<CatalogSnapshotPointer> TransactionImpl::PendingCatalog() {
  ICEFALL_RETURN_IF_ERROR(CheckOpen());
  if (pending_catalog_ == nullptr) {
    ICEFALL_ASSIGN_OR_RETURN(base_catalog_, database_.CatalogAsOf(point_));
    pending_catalog_ = base_catalog_;
  }
  return pending_catalog_;
}

Result<CatalogSnapshotPointer> TransactionImpl::Catalog() {
  const std::lock_guard lock(mutex_);
  return PendingCatalog();
}

Result<void> TransactionImpl::ChangeCatalog(const CatalogChange& change) {
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, PendingCatalog());
  ICEFALL_ASSIGN_OR_RETURN(CatalogSnapshot next, ApplyCatalog(*catalog, change));
  pending_catalog_ = std::make_shared<const CatalogSnapshot>(std::move(next));
  return {};
}

Result<TableWork*> TransactionImpl::Work(std::string_view table_uuid) {
  ICEFALL_RETURN_IF_ERROR(CheckOpen());
  if (const auto found = tables_.find(table_uuid); found != tables_.end()) return &found->second;
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, PendingCatalog());
  const CatalogObjectPointer object = catalog->FindTableByUuid(table_uuid);
  if (object == nullptr) {
    return Fail(ErrorCode::kNotFound, fmt::format("database {}: there is no table with uuid {}",
                                                  database_.location(), table_uuid));
  }
  TableWork work;
  ICEFALL_ASSIGN_OR_RETURN(work.table, database_.TableOf(*object));
  auto base = database_.TableAsOf(*work.table, point_);
  if (base && is_past_) {
    // The transaction's own pin was there before.
    ICEFALL_ASSIGN_OR_RETURN(const bool is_kept, database_.IsKept(*work.table, **base));
    if (!is_kept) base = Fail(ErrorCode::kNotFound, "gc has removed it");
  }
  if (!base) {
    const std::string name = Describe(*object);
    if (base.error().code() != ErrorCode::kNotFound) return Fail(base.error().WithContext(name));
    if (is_past_) {
      return Fail(ErrorCode::kNotFound, fmt::format("{}: what it was then is not kept any more: {}",
                                                    name, base.error().message()));
    }
    return Fail(ErrorCode::kCorruption,
                fmt::format("{}: the catalog names it, but {}", name, base.error().message()));
  }
  work.base = work.pending = *std::move(base);
  work.display_name = fmt::format("\"{}\".\"{}\"", object->name.schema, object->name.name);
  return &tables_.emplace(std::string(table_uuid), std::move(work)).first->second;
}

Result<SnapshotPointer> TransactionImpl::Table(std::string_view table_uuid) {
  const std::lock_guard lock(mutex_);
  ICEFALL_ASSIGN_OR_RETURN(const TableWork* work, Work(table_uuid));
  return work->pending;
}

Result<OpenTablePointer> TransactionImpl::CommittedTable(std::string_view table_uuid) {
  ICEFALL_RETURN_IF_ERROR(CheckOpen());
  if (const auto found = tables_.find(table_uuid);
      found != tables_.end() && !found->second.is_created) {
    return found->second.table;
  }
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, PendingCatalog());
  const CatalogObjectPointer object = catalog->FindTableByUuid(table_uuid);
  ICEFALL_ASSIGN_OR_RETURN(OpenTablePointer table, object == nullptr
                                                       ? database_.FindTable(table_uuid)
                                                       : database_.TableOf(*object));
  ICEFALL_RETURN_IF_ERROR(database_.TableAsOf(*table, point_));
  return table;
}

Result<void> TransactionImpl::Hold(OpenTable& table, const Snapshot& state) {
  database_.running().AddPin(state.database_sequence);
  holds_.push_back(state.database_sequence);
  ICEFALL_ASSIGN_OR_RETURN(const bool is_kept, database_.IsKept(table, state));
  if (is_kept) return {};
  return Fail(ErrorCode::kNotFound, fmt::format("table '{}': version {} was removed by gc",
                                                table.directory, state.sequence.value));
}

Result<SnapshotPointer> TransactionImpl::Bounded(Result<SnapshotPointer> found, OpenTable& table,
                                                 const std::string& asked) {
  if (found && point_.Includes((*found)->database_sequence, (*found)->committed_at)) {
    ICEFALL_RETURN_IF_ERROR(Hold(table, **found));
    return found;
  }
  if (!found && found.error().code() != ErrorCode::kNotFound) return found;
  SnapshotPointer oldest, newest;
  ICEFALL_RETURN_IF_ERROR(
      table.log->ForEachCommit(point_.sequence, [&](const CommitRecord& record) {
        if (record.snapshot->committed_at > point_.time) return;
        if (oldest == nullptr) oldest = record.snapshot;
        newest = record.snapshot;
      }));
  if (oldest == nullptr) return found;
  return Fail(
      ErrorCode::kNotFound,
      fmt::format("table '{}': asked for {}, found versions {} ({}) to {} ({})", table.directory,
                  asked, oldest->sequence.value, FormatTimestamp(oldest->committed_at),
                  newest->sequence.value, FormatTimestamp(newest->committed_at)));
}

Result<SnapshotPointer> TransactionImpl::TableAt(std::string_view table_uuid, Sequence sequence) {
  const std::lock_guard lock(mutex_);
  ICEFALL_ASSIGN_OR_RETURN(const OpenTablePointer table, CommittedTable(table_uuid));
  return Bounded(table->log->At(sequence), *table, fmt::format("version {}", sequence.value));
}

Result<SnapshotPointer> TransactionImpl::TableAsOf(std::string_view table_uuid,
                                                   TimestampMicros time) {
  const std::lock_guard lock(mutex_);
  ICEFALL_ASSIGN_OR_RETURN(const OpenTablePointer table, CommittedTable(table_uuid));
  // The newest of that time may be one that this transaction does not see.
  auto found = database_.TableAsOf(*table, {point_.sequence, std::min(time, point_.time)});
  return Bounded(std::move(found), *table, FormatTimestamp(time));
}

void TransactionImpl::RecordRead(std::string_view table_uuid) {
  const std::lock_guard lock(mutex_);
  // A table that cannot be read fails where it is read.
  if (auto work = Work(table_uuid)) (*work)->is_read = true;
}

Result<void> TransactionImpl::Change(std::string_view table_uuid, ChangeSet change) {
  const std::lock_guard lock(mutex_);
  ICEFALL_RETURN_IF_ERROR(CheckWritable());
  ICEFALL_ASSIGN_OR_RETURN(TableWork * work, Work(table_uuid));
  CommitInfo info;
  info.sequence = work->base->sequence.Next();
  info.database_sequence = work->base->database_sequence;
  info.committed_at = work->base->committed_at;
  auto next = Apply(*work->pending, change, info);
  if (!next) {
    return Fail(next.error().WithContext(fmt::format("table {}", work->display_name)));
  }
  const bool is_first = work->pending == work->base;
  work->moves_rows = change.moves_rows && (is_first || work->moves_rows);
  work->pending = std::make_shared<const Snapshot>(*std::move(next));
  if (change.reads_whole_table) work->is_compared = true;
  if (work->operation.empty()) work->operation = change.operation;
  if (work->operation != change.operation && !work->is_created) {
    work->operation = kSeveralOperations;
  }
  MergeSummary(change.summary, work->summary);
  work->only_change = is_first && !work->is_created && IsPlainRowChange(change)
                          ? std::make_shared<const ChangeSet>(std::move(change))
                          : nullptr;
  return {};
}

Result<void> TransactionImpl::AddCheck(std::string_view table_uuid,
                                       std::shared_ptr<CommitCheck> check) {
  const std::lock_guard lock(mutex_);
  ICEFALL_ASSIGN_OR_RETURN(TableWork * work, Work(table_uuid));
  work->checks.push_back(std::move(check));
  return {};
}

Result<std::string> TransactionImpl::FreeDirectory(const ObjectName& name,
                                                   const std::string& uuid) {
  std::string directory = DirectoryNameFor(name);
  bool is_taken = false;
  for (const auto& [key, work] : tables_) is_taken |= work.table->directory == directory;
  // Also one that a renamed, dropped or unfinished table left.
  ICEFALL_ASSIGN_OR_RETURN(const auto found,
                           database_.store().List({.prefix = directory + "/", .limit = 1}));
  return is_taken || !found.empty() ? DirectoryNameFor(name, uuid) : directory;
}

Result<std::string> TransactionImpl::CreateTable(const ObjectName& name, Snapshot initial) {
  const std::lock_guard lock(mutex_);
  ICEFALL_RETURN_IF_ERROR(CheckWritable());
  ICEFALL_RETURN_IF_ERROR(ValidateSchema(*initial.schema));
  auto object = std::make_shared<CatalogObject>();
  object->kind = ObjectKind::kTable;
  object->name = name;
  object->uuid = NewUuid(database_.clock());
  ICEFALL_ASSIGN_OR_RETURN(object->directory, FreeDirectory(name, object->uuid));
  CatalogChange change;
  change.created.push_back(object);
  TableWork work;
  ICEFALL_ASSIGN_OR_RETURN(work.table, database_.MakeTable(*object));
  ICEFALL_RETURN_IF_ERROR(ChangeCatalog(change));
  initial.table_uuid = object->uuid;
  initial.sequence = Sequence();
  work.base = work.pending = std::make_shared<const Snapshot>(std::move(initial));
  work.is_created = true;
  work.operation = "create";
  work.display_name = fmt::format("\"{}\".\"{}\"", name.schema, name.name);
  tables_.emplace(object->uuid, std::move(work));
  return object->uuid;
}

Result<std::string> TransactionImpl::CreateObject(CatalogObject object) {
  const std::lock_guard lock(mutex_);
  ICEFALL_RETURN_IF_ERROR(CheckWritable());
  if (object.kind == ObjectKind::kTable) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: a table is made by CreateTable", Describe(object)));
  }
  object.uuid = NewUuid(database_.clock());
  CatalogChange change;
  change.created.push_back(std::make_shared<const CatalogObject>(object));
  ICEFALL_RETURN_IF_ERROR(ChangeCatalog(change));
  return object.uuid;
}

Result<void> TransactionImpl::ReplaceObject(std::string_view uuid, CatalogObject object) {
  const std::lock_guard lock(mutex_);
  ICEFALL_RETURN_IF_ERROR(CheckWritable());
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, PendingCatalog());
  const CatalogObjectPointer old = FindByUuid(*catalog, uuid);
  if (old == nullptr || old->kind != object.kind) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("{}: there is none with uuid {}", Describe(object), uuid));
  }
  object.uuid = old->uuid;
  object.directory = old->directory;
  CatalogChange change;
  change.replaced.push_back(std::make_shared<const CatalogObject>(std::move(object)));
  return ChangeCatalog(change);
}

Result<void> TransactionImpl::DropObject(std::string_view uuid) {
  const std::lock_guard lock(mutex_);
  ICEFALL_RETURN_IF_ERROR(CheckWritable());
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, PendingCatalog());
  const CatalogObjectPointer object = FindByUuid(*catalog, uuid);
  if (object == nullptr) {
    return Fail(ErrorCode::kNotFound, fmt::format("database {}: there is no object with uuid {}",
                                                  database_.location(), uuid));
  }
  CatalogChange change;
  change.dropped.push_back(object);
  ICEFALL_RETURN_IF_ERROR(ChangeCatalog(change));
  if (const auto found = tables_.find(uuid); found != tables_.end()) tables_.erase(found);
  return {};
}

Result<NewFile> TransactionImpl::NewDataFile(std::string_view table_uuid, std::string_view folder) {
  const std::lock_guard lock(mutex_);
  ICEFALL_RETURN_IF_ERROR(CheckWritable());
  ICEFALL_ASSIGN_OR_RETURN(const TableWork* work, Work(table_uuid));
  if (!begin_.has_value()) {
    // Before the file has a name, whose time is then not before it.
    begin_ = database_.clock().NowMicros();
    database_.running().AddBegin(*begin_);
  }
  NewFile file;
  const std::string uuid = NewUuid(database_.clock());
  file.path = icefall::DataFilePath(folder.empty() ? uuid : fmt::format("{}/{}", folder, uuid));
  const ObjectKey key = fmt::format("{}/{}", work->table->directory, file.path);
  ICEFALL_ASSIGN_OR_RETURN(file.external_path, database_.ExternalPath(key));
  files_.push_back(key);
  file.key = key;
  return file;
}

Result<std::string> TransactionImpl::DataFilePath(std::string_view table_uuid,
                                                  std::string_view path) {
  const std::lock_guard lock(mutex_);
  ICEFALL_ASSIGN_OR_RETURN(const TableWork* work, Work(table_uuid));
  ICEFALL_ASSIGN_OR_RETURN(const ObjectKey key, KeyInDirectory(work->table->directory, path));
  return database_.ExternalPath(key);
}

bool TransactionImpl::HasChanges() const {
  const std::lock_guard lock(mutex_);
  if (!is_open_) return false;
  return pending_catalog_ != base_catalog_ ||
         std::ranges::any_of(tables_, [](const auto& item) { return item.second.is_changed(); });
}

Result<CommitOutcome> TransactionImpl::CommitWork(TransactionPlan& plan) {
  // What was not written by path is durable already.
  if (database_.store().capabilities().external_path) {
    const std::vector<ObjectKey> added = plan.AddedFiles();
    if (!added.empty()) ICEFALL_RETURN_IF_ERROR(database_.store().Persist(added));
  }
  ICEFALL_RETURN_IF_ERROR(database_.coordinator().Commit(plan));
  return CommitOutcome{plan.database_sequence(), plan.table_commits()};
}

Result<CommitOutcome> TransactionImpl::Commit() {
  const std::lock_guard lock(mutex_);
  ICEFALL_RETURN_IF_ERROR(CheckOpen());
  TransactionWork work{point_.sequence, base_catalog_, pending_catalog_, {}};
  for (const auto& [uuid, table] : tables_) {
    work.tables.push_back(table);
    work.tables.back().is_read =
        table.is_compared || (table.is_read && isolation_ == Isolation::kSerializable);
  }
  TransactionPlan plan(database_, work);
  if (!plan.HasChanges()) {
    DeleteFilesExcept({});
    End();
    return CommitOutcome{point_.sequence, {}};
  }
  auto outcome = CommitWork(plan);
  if (outcome) {
    DeleteFilesExcept(plan.AddedFiles());
  } else if (outcome.error().code() != ErrorCode::kOutcomeUnknown) {
    DeleteFilesExcept({});
  }
  End();
  return outcome;
}

void TransactionImpl::DeleteFilesExcept(const std::vector<ObjectKey>& kept) {
  const std::set<ObjectKey> keep(kept.begin(), kept.end());
  for (const ObjectKey& key : files_) {
    // What stays behind belongs to nothing, and gc removes it.
    if (!keep.contains(key)) static_cast<void>(database_.store().Delete(key));
  }
  files_.clear();
}

void TransactionImpl::End() {
  is_open_ = false;
  database_.running().RemovePin(held_);
  for (const DatabaseSequence pin : holds_) database_.running().RemovePin(pin);
  holds_.clear();
  if (begin_.has_value()) database_.running().RemoveBegin(*begin_);
  tables_.clear();
  base_catalog_ = pending_catalog_ = nullptr;
}

void TransactionImpl::Rollback() {
  const std::lock_guard lock(mutex_);
  if (!is_open_) return;
  DeleteFilesExcept({});
  End();
}

}  // namespace icefall
