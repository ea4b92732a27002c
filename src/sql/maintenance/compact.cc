#include "sql/maintenance/compact.h"

#include <utility>

#include "duckdb/parser/parser.hpp"
#include <fmt/format.h>

#include "maintenance/compaction_plan.h"
#include "sql/ddl/partition_keys.h"
#include "sql/errors.h"
#include "sql/icefall_transaction.h"
#include "sql/index/fragment_index.h"
#include "sql/maintenance/z_order.h"
#include "sql/table_options.h"
#include "sql/write/partial_table.h"
#include "sql/write/statement_change.h"

namespace icefall {
namespace {

// The group's rows and no others.
TableEntryPointer OnlyGroup(const IcefallTableEntry& table, const CompactionGroup& group) {
  Snapshot part = *table.snapshot();
  std::vector<FragmentSet::Edit> edits;
  for (const auto& fragment : group.fragments) edits.push_back({fragment->id, fragment});
  part.fragments = FragmentSet();
  part.fragments.Update(edits);
  if (!group.inline_rows) {
    part.inline_rows.batches.clear();
    part.inline_rows.floor = part.inline_rows.next_position;
    part.inline_rows.deletes = nullptr;
  }
  return TableWith(table, std::move(part));
}

class Compaction {
 public:
  Compaction(duckdb::Connection& connection, IcefallCatalog& catalog, const CompactRequest& request,
             RewriteProgress& progress)
      : connection_(connection), catalog_(catalog), request_(request), progress_(progress) {}

  CompactReport Run() {
    FindTable();
    const SnapshotPointer before = Table()->snapshot();
    Count(*before, report_.files_before, report_.rows_before, report_.bytes_before);
    CompactionOptions options;
    options.target_size_bytes = TargetFileSizeBytes(*before);
    order_ = Order(*Table());
    options.all = request_.optimize && !order_.fields.empty();
    CompactionPlan plan = PlanCompaction(*before, options);
    Expect(plan);
    if (plan.is_first_pass) {
      for (const CompactionGroup& group : plan.groups) Rewrite(group);
      plan = PlanCompaction(*Table()->snapshot(), options);
      Expect(plan);
    }
    for (const CompactionGroup& group : plan.groups) Rewrite(group);
    const SnapshotPointer after = Table()->snapshot();
    Count(*after, report_.files_after, report_.rows_after, report_.bytes_after);
    report_.changed = after != before;
    return report_;
  }

 private:
  static void Count(const Snapshot& snapshot, uint64_t& files, uint64_t& rows, uint64_t& bytes) {
    snapshot.fragments.ForEach([&](const FragmentPointer& fragment) {
      rows += fragment->row_count;
      bytes += fragment->size_bytes;
    });
    files = snapshot.fragments.size() + (snapshot.inline_rows.batches.empty() ? 0 : 1);
    rows += snapshot.inline_rows.physical_count();
    bytes += snapshot.inline_rows.size_bytes();
  }

  void Expect(const CompactionPlan& plan) {
    for (const CompactionGroup& group : plan.groups) {
      for (const auto& fragment : group.fragments) progress_.rows_total += fragment->live_count();
    }
  }

  template <typename Function>
  void InTransaction(Function&& function) {
    connection_.context->RunFunctionInTransaction(
        [&] { function(IcefallTransaction::Get(*connection_.context, catalog_)); });
  }

  void FindTable() {
    InTransaction([&](IcefallTransaction& transaction) {
      object_ = transaction.Names()->Find(ObjectKind::kTable, request_.table);
    });
    if (object_ != nullptr) return;
    ThrowError(
        Error(ErrorCode::kNotFound, fmt::format("table '{}' not found", request_.table.name)));
  }

  TableEntryPointer Table() {
    TableEntryPointer entry;
    InTransaction([&](IcefallTransaction& transaction) {
      entry = transaction.TableEntry(object_, transaction.Table(object_->uuid)).shared_from_this();
    });
    return entry;
  }

  SortOrder Order(const IcefallTableEntry& table) {
    if (!request_.z_order.empty()) return ZOrder(connection_, table, request_.z_order);
    if (request_.sort.empty()) return table.snapshot()->sort_order;
    return ParseSortKeys(duckdb::Parser::ParseOrderList(request_.sort), table.table_schema());
  }

  void Rewrite(const CompactionGroup& group) {
    const TableEntryPointer table = Table();
    const Snapshot& snapshot = *table->snapshot();
    RewriteRequest rewrite;
    rewrite.table = table;
    rewrite.rows = OnlyGroup(*table, group);
    rewrite.order = order_;
    rewrite.partition = group.partition;
    rewrite.dense = request_.optimize;
    auto written = RewriteRows(connection_, rewrite, progress_);
    ChangeSet change;
    change.operation = request_.optimize ? "optimize" : "compact";
    change.moves_rows = true;
    for (const auto& fragment : group.fragments) change.removed_fragments.push_back(fragment->id);
    if (group.inline_rows) change.inline_floor = snapshot.inline_rows.next_position;
    for (Fragment& fragment : written) {
      report_.rewritten_rows += fragment.row_count;
      AddNewFragment(snapshot, change, std::move(fragment));
    }
    InTransaction(
        [&](IcefallTransaction& transaction) { transaction.Change(object_->uuid, change); });
    // Before the commit: whoever inserts meanwhile looks for keys there and must not wait.
    const TableEntryPointer after = Table();
    InTransaction([&](IcefallTransaction&) {
      BuildIndexes(*connection_.context, *after, change.added_fragments);
    });
  }

  duckdb::Connection& connection_;
  IcefallCatalog& catalog_;
  const CompactRequest& request_;
  RewriteProgress& progress_;
  CatalogObjectPointer object_;
  SortOrder order_;
  CompactReport report_;
};

}  // namespace

CompactReport Compact(duckdb::DatabaseInstance& instance, IcefallCatalog& catalog,
                      const CompactRequest& request, RewriteProgress& progress) {
  duckdb::Connection connection(instance);
  connection.BeginTransaction();
  Compaction compaction(connection, catalog, request, progress);
  const CompactReport report = compaction.Run();
  connection.Commit();
  return report;
}

}  // namespace icefall
