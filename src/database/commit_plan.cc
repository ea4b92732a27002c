#include "database/commit_plan.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "base/uuid.h"
#include "log/icefall/file_names.h"
#include "log/icefall/next_line.h"

namespace icefall {
namespace {

// The catalog line's own words: what happened to which names.
void DescribeCatalogChange(const CatalogChange& change, CommitLine& line) {
  const std::pair<std::string_view, const std::vector<CatalogObjectPointer>*> parts[] = {
      {"create", &change.created}, {"replace", &change.replaced}, {"drop", &change.dropped}};
  for (const auto& [verb, objects] : parts) {
    for (const CatalogObjectPointer& object : *objects) {
      const std::string operation = fmt::format("{} {}", verb, ObjectKindName(object->kind));
      if (line.operation.empty()) line.operation = operation;
      if (line.operation != operation) line.operation = "transaction";
      std::string& names = line.summary[operation];
      if (!names.empty()) names += ", ";
      names += object->name.schema.empty()
                   ? object->name.name
                   : fmt::format("{}.{}", object->name.schema, object->name.name);
    }
  }
}

// What the newest of them did, and when: "commit 7 is update of 2026-01-02T03:04:05.678901Z".
std::string DescribeCommits(TableLog& log,
                            const std::vector<std::pair<Sequence, const ChangeSet*>>& commits) {
  constexpr size_t kShownMax = 3;
  std::vector<std::string> shown;
  for (const auto& [sequence, change] : commits | std::views::reverse) {
    if (shown.size() == kShownMax) break;
    const auto state = log.At(sequence);
    shown.push_back(
        fmt::format("commit {} is {} of {}", sequence.value, change->operation,
                    state ? FormatTimestamp((*state)->committed_at) : "an unknown time"));
  }
  std::ranges::reverse(shown);
  return fmt::format("{}", fmt::join(shown, ", "));
}

LogAppend ToAppend(const LogEntry& entry, bool is_new) {
  return {entry.key, entry.offset, entry.bytes, is_new};
}

}  // namespace

TransactionPlan::TransactionPlan(DatabaseImpl& database, const TransactionWork& work)
    : database_(database), work_(work) {
  if (work.base_catalog != work.pending_catalog) {
    catalog_change_ = DiffCatalog(*work.base_catalog, *work.pending_catalog);
  }
  for (const TableWork& table : work.tables) {
    if (!table.is_created && !table.is_changed()) continue;
    TableChange change{
        &table, table.only_change ? *table.only_change : Diff(*table.base, *table.pending), {}};
    if (!table.is_created && change.mine.empty()) continue;
    change.mine.operation = table.operation;
    change.mine.summary = table.summary;
    change.mine.reads_whole_table = change.mine.reads_whole_table || table.is_read;
    change.mine.moves_rows = table.moves_rows;
    changes_.push_back(std::move(change));
  }
}

std::vector<ObjectKey> TransactionPlan::AddedFiles() const {
  std::vector<ObjectKey> keys;
  for (const TableChange& change : changes_) {
    for (const FragmentPointer& fragment : change.mine.added_fragments) {
      keys.push_back(fmt::format("{}/{}", change.work->table->directory, fragment->path));
    }
  }
  return keys;
}

Result<void> TransactionPlan::CheckCatalog(const CatalogSnapshot& latest, const CommitTurn& turn) {
  if (!catalog_change_.empty()) {
    ICEFALL_RETURN_IF_ERROR(CheckCatalogConflicts(*work_.base_catalog, catalog_change_, latest));
  }
  for (const TableChange& change : changes_) {
    if (change.work->is_created || latest.sequence == work_.base_catalog->sequence) continue;
    if (latest.FindTableByUuid(change.work->table->uuid) != nullptr) continue;
    return Fail(ErrorCode::kConflict,
                fmt::format("table {}: another transaction has dropped this table",
                            change.work->display_name));
  }
  for (const CatalogObjectPointer& object : catalog_change_.dropped) {
    if (object->kind != ObjectKind::kTable) continue;
    ICEFALL_ASSIGN_OR_RETURN(const OpenTablePointer table, database_.TableOf(*object));
    ICEFALL_ASSIGN_OR_RETURN(const SnapshotPointer head,
                             database_.TableToCommit(*table, turn.head));
    if (head->database_sequence <= work_.pin) continue;
    return Fail(ErrorCode::kConflict,
                fmt::format("{}: cannot be dropped, commit {} changed it in the meantime",
                            Describe(*object), head->sequence.value));
  }
  return {};
}

Result<void> TransactionPlan::CheckReads(const CommitTurn& turn) {
  for (const TableWork& work : work_.tables) {
    if (!work.is_read || work.is_created) continue;
    const bool is_written = std::ranges::any_of(
        changes_, [&](const TableChange& change) { return change.work == &work; });
    if (is_written) continue;
    ChangeSet read;
    read.reads_whole_table = true;
    ICEFALL_RETURN_IF_ERROR(RebaseToHead(work, read, turn));
  }
  return {};
}

Result<ChangeSet> TransactionPlan::RebaseToHead(const TableWork& work, const ChangeSet& mine,
                                                const CommitTurn& turn) {
  ICEFALL_ASSIGN_OR_RETURN(const SnapshotPointer head,
                           database_.TableToCommit(*work.table, turn.head));
  if (head->sequence == work.base->sequence) return mine;
  ICEFALL_ASSIGN_OR_RETURN(const auto theirs, work.table->log->ChangesAfter(work.base->sequence));
  std::vector<std::pair<Sequence, const ChangeSet*>> lent;
  for (const auto& [sequence, change] : theirs) lent.emplace_back(sequence, change.get());
  auto rebased = Rebase(*work.base, mine, lent, *head, RowIdsOf(*work.table));
  if (!rebased) {
    return Fail(rebased.error().code(),
                fmt::format("table {}: {}; {}", work.display_name, rebased.error().message(),
                            DescribeCommits(*work.table->log, lent)));
  }
  for (const auto& check : work.checks) {
    ICEFALL_RETURN_IF_ERROR(check->Check(*work.base, *head, *rebased));
  }
  return rebased;
}

RowIdReader TransactionPlan::RowIdsOf(const OpenTable& table) const {
  const StoredRowIdReader& read = database_.options().read_row_ids;
  if (!read) return nullptr;
  return [this, &table, &read](const Fragment& fragment,
                               const RowIdVisitor& visit) -> Result<void> {
    ICEFALL_ASSIGN_OR_RETURN(const ObjectKey key, KeyInDirectory(table.directory, fragment.path));
    ICEFALL_ASSIGN_OR_RETURN(const std::string path, database_.ExternalPath(key));
    return read(path, [&](uint64_t position, std::optional<RowId> stored) {
      visit(position, stored.value_or(RowId(fragment.first_row_id.value + position)));
    });
  };
}

bool TransactionPlan::IsLate(const CatalogSnapshot& latest) const {
  if (latest.database_sequence >= place_.database_sequence) return true;
  return std::ranges::any_of(changes_, [&](const TableChange& change) {
    return !change.work->is_created &&
           change.work->table->log->Head()->database_sequence >= place_.database_sequence;
  });
}

// Logs that exist already have readers; those of new tables are not reachable before the catalog
// says so, and need no outcome of their own. Nor does a batch that appears all at once.
std::optional<TransactionMark> TransactionPlan::MakeMark() const {
  if (place_.own_object) return std::nullopt;
  TransactionMark mark;
  for (const TableChange& change : changes_) {
    if (change.work->is_created) continue;
    const OpenTable& table = *change.work->table;
    mark.participants.push_back({table.directory, table.log->Head()->sequence.Next()});
  }
  if (!catalog_change_.empty()) {
    mark.participants.push_back(
        {std::string(kCatalogDirectory), database_.catalog().Head().cursor.sequence.Next()});
  }
  if (mark.participants.size() < 2) return std::nullopt;
  mark.id = NewUuid(database_.clock());
  return mark;
}

Result<LogAppend> TransactionPlan::EncodeCatalog(const CatalogSnapshot& latest,
                                                 const std::optional<TransactionMark>& mark) {
  const CatalogChange change = RebaseCatalog(*work_.base_catalog, catalog_change_, latest);
  CommitLine line;
  DescribeCatalogChange(change, line);
  line.transaction = mark;
  line.changes = CatalogCodec::EncodeChanges("", change);
  ICEFALL_ASSIGN_OR_RETURN(
      const NextLine next,
      EncodeNextLine(kCatalogDirectory, database_.catalog().Head().cursor, place_,
                     database_.options().segment_size_bytes_max, line));
  ICEFALL_ASSIGN_OR_RETURN(CatalogSnapshot after, ApplyCatalog(latest, change));
  after.sequence = next.after.sequence;
  after.database_sequence = next.after.database_sequence;
  after.hash = next.after.hash;
  after.committed_at = next.after.committed_at;
  catalog_after_ =
      CatalogLog::Entry{.state = std::make_shared<const CatalogSnapshot>(std::move(after)),
                        .change = std::make_shared<const CatalogChange>(change),
                        .cursor = next.after,
                        .summary = line.summary,
                        .size_bytes = next.entry.bytes.size(),
                        .has_outcome = mark.has_value()};
  return ToAppend(next.entry, false);
}

Result<CommitBatch> TransactionPlan::Prepare(const CommitTurn& turn) {
  place_ = {turn.database_sequence, turn.committed_at, turn.own_object};
  catalog_after_.reset();
  ICEFALL_ASSIGN_OR_RETURN(const CatalogSnapshotPointer latest,
                           database_.CatalogToCommit(turn.head));
  ICEFALL_RETURN_IF_ERROR(CheckCatalog(*latest, turn));
  ICEFALL_RETURN_IF_ERROR(CheckReads(turn));
  std::vector<ChangeSet> rebased(changes_.size());
  for (size_t i = 0; i < changes_.size(); ++i) {
    const TableWork& work = *changes_[i].work;
    if (work.is_created) continue;
    ICEFALL_ASSIGN_OR_RETURN(rebased[i], RebaseToHead(work, changes_[i].mine, turn));
  }
  if (IsLate(*latest)) return CommitBatch{.is_late = true};
  mark_ = MakeMark();
  std::vector<LogAppend> new_tables;
  std::vector<LogAppend> existing;
  for (size_t i = 0; i < changes_.size(); ++i) {
    TableChange& change = changes_[i];
    TableLog& log = *change.work->table->log;
    if (change.work->is_created) {
      ICEFALL_ASSIGN_OR_RETURN(change.encoded,
                               log.EncodeFirst(*change.work->base, change.mine, place_));
      new_tables.push_back(ToAppend(change.encoded.entry, true));
    } else {
      const TableWork& work = *change.work;
      const bool is_rebased = log.Head()->sequence != work.base->sequence;
      const auto* applied = work.only_change && !is_rebased ? work.pending.get() : nullptr;
      ICEFALL_ASSIGN_OR_RETURN(change.encoded, log.Encode(rebased[i], place_, mark_, applied));
      existing.push_back(ToAppend(change.encoded.entry, false));
    }
  }
  if (!catalog_change_.empty()) {
    ICEFALL_ASSIGN_OR_RETURN(LogAppend append, EncodeCatalog(*latest, mark_));
    existing.push_back(std::move(append));
  }
  CommitBatch batch;
  if (!new_tables.empty()) batch.steps.push_back(std::move(new_tables));
  batch.steps.push_back(std::move(existing));
  if (mark_) {
    batch.outcome = {TransactionKey(mark_->id), EncodeOutcome(TransactionOutcome::kCommitted)};
  }
  return batch;
}

void TransactionPlan::Staged() {
  is_staged_ = true;
  if (mark_) database_.outcomes().Remember(mark_->id, TransactionOutcome::kCommitted);
  for (const TableChange& change : changes_) change.work->table->log->Stage(change.encoded);
  if (catalog_after_) database_.catalog().Stage(*catalog_after_);
}

void TransactionPlan::Published() {
  for (const TableChange& change : changes_) {
    const OpenTablePointer& table = change.work->table;
    table->log->Publish();
    if (!change.work->is_created) continue;
    table->mark.Raise(place_.database_sequence);
    database_.Adopt(table);
  }
  if (catalog_after_) database_.catalog().Publish();
  database_.CommitPublished(place_.database_sequence);
  for (const TableChange& change : changes_) database_.MaybeWriteManifest(change.work->table);
  if (catalog_after_) database_.MaybeWriteCatalogManifest();
  database_.MaybeWriteHead();
}

void TransactionPlan::Withdrawn() {
  if (!is_staged_) return;
  is_staged_ = false;
  for (const TableChange& change : changes_) {
    change.work->table->log->Discard();
    change.work->table->mark.Forget();
  }
  if (!catalog_after_) return;
  database_.catalog().Discard();
  database_.ForgetCatalog();
}

std::vector<TableCommit> TransactionPlan::table_commits() const {
  std::vector<TableCommit> commits;
  for (const TableChange& change : changes_) {
    commits.push_back({change.work->table->uuid, change.encoded.after->sequence});
  }
  return commits;
}

}  // namespace icefall
