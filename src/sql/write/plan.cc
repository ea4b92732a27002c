#include "sql/write/plan.h"

#include <utility>

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/execution/operator/scan/physical_table_scan.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/operator/logical_create_table.hpp"
#include "duckdb/planner/operator/logical_delete.hpp"
#include "duckdb/planner/operator/logical_insert.hpp"
#include "duckdb/planner/operator/logical_update.hpp"

#include "sql/ddl/partition_keys.h"
#include "sql/icefall_catalog.h"
#include "sql/icefall_table_entry.h"
#include "sql/scan/fragment_list.h"
#include "sql/write/changed_columns.h"
#include "sql/write/physical_delete.h"
#include "sql/write/physical_insert.h"
#include "sql/write/physical_update.h"
#include "sql/write/sort_rows.h"
#include "sql/write/whole_fragments.h"

namespace icefall {
namespace {

using duckdb::PhysicalOperator;

TableEntryPointer EntryOf(duckdb::TableCatalogEntry& table) {
  return table.Cast<IcefallTableEntry>().shared_from_this();
}

// How rows reach the sink: in the order of `child` where that means something.
void ChooseOrder(duckdb::ClientContext& context, PhysicalOperator& child, bool is_partitioned,
                 PhysicalInsertRows::Settings& settings) {
  using duckdb::PhysicalPlanGenerator;
  if (!PhysicalPlanGenerator::PreserveInsertionOrder(context, child)) {
    settings.parallel = true;
  } else if (!is_partitioned && !settings.returns_rows &&
             PhysicalPlanGenerator::UseBatchIndex(context, child)) {
    settings.parallel = true;
    settings.order = RowOrder::kBatches;
  }
}

// `child` answers every row of the table: nothing was pushed into the scan.
bool ReadsWholeTable(const PhysicalOperator& child) {
  if (child.type != duckdb::PhysicalOperatorType::TABLE_SCAN) return false;
  const auto& scan = child.Cast<duckdb::PhysicalTableScan>();
  if (scan.table_filters != nullptr && !scan.table_filters->filters.empty()) return false;
  if (scan.dynamic_filters != nullptr || scan.extra_info.sample_options != nullptr) return false;
  const auto* files = FragmentList::Of(scan.bind_data.get());
  return files != nullptr && files->fragment_count() == files->total_count();
}

}  // namespace

PhysicalOperator& PlanInsert(IcefallCatalog&, duckdb::ClientContext& context,
                             duckdb::PhysicalPlanGenerator& planner, duckdb::LogicalInsert& op,
                             duckdb::optional_ptr<PhysicalOperator> child) {
  if (op.on_conflict_info.action_type != duckdb::OnConflictAction::THROW) {
    throw duckdb::NotImplementedException(
        "INSERT into \"%s\": expected ON CONFLICT to be planned as a MERGE", op.table.name);
  }
  if (!child) {
    throw duckdb::NotImplementedException("INSERT into \"%s\": expected rows, found none",
                                          op.table.name);
  }
  if (!op.column_index_map.empty()) child = planner.ResolveDefaultsProjection(op, *child);
  PhysicalInsertRows::Settings settings;
  settings.table = EntryOf(op.table);
  settings.constraints = std::move(op.bound_constraints);
  settings.returns_rows = op.return_chunk;
  const auto& snapshot = *settings.table->snapshot();
  duckdb::vector<duckdb::string> names;
  for (size_t i = 0; i < settings.table->stored_count(); ++i) {
    names.push_back(settings.table->StoredField(duckdb::PhysicalIndex(i)).name);
  }
  auto& rows = SortRows(context, planner, *child, snapshot.sort_order, names);
  const bool is_small = SmallInput::Is(rows);
  if (!is_small) {
    ChooseOrder(context, rows, !snapshot.current_partition_spec().fields.empty(), settings);
  }
  auto& insert =
      planner.Make<PhysicalInsertRows>(op.types, op.estimated_cardinality, std::move(settings));
  insert.children.push_back(rows);
  if (is_small) insert.Cast<PhysicalInsertRows>().ReadInputItself();
  return insert;
}

PhysicalOperator& PlanCreateTableAs(IcefallCatalog&, duckdb::ClientContext& context,
                                    duckdb::PhysicalPlanGenerator& planner,
                                    duckdb::LogicalCreateTable& op, PhysicalOperator& child) {
  const auto& info = op.info->Base().Cast<duckdb::CreateTableInfo>();
  duckdb::vector<duckdb::string> names;
  Schema schema;
  for (const auto& column : info.columns.Physical()) {
    names.push_back(column.Name());
    Field field;
    field.name = column.Name();
    schema.fields.push_back(std::move(field));
  }
  const auto order = ParseSortKeys(info.sort_keys, schema);
  const bool is_partitioned = !info.partition_keys.empty();
  auto& rows = SortRows(context, planner, child, order, names);
  PhysicalInsertRows::Settings settings;
  settings.schema = &op.schema;
  settings.create = std::move(op.info);
  ChooseOrder(context, rows, is_partitioned, settings);
  auto& insert =
      planner.Make<PhysicalInsertRows>(op.types, op.estimated_cardinality, std::move(settings));
  insert.children.push_back(rows);
  return insert;
}

PhysicalOperator& PlanDelete(IcefallCatalog&, duckdb::ClientContext& context,
                             duckdb::PhysicalPlanGenerator& planner, duckdb::LogicalDelete& op,
                             PhysicalOperator& child) {
  auto table = EntryOf(op.table);
  if (!op.return_chunk && ReadsWholeTable(child)) {
    return planner.Make<PhysicalDeleteAll>(op.types, std::move(table));
  }
  // In the order of GetRowIdColumns.
  const auto column = [&](size_t i) {
    return op.expressions[i]->Cast<duckdb::BoundReferenceExpression>().index;
  };
  std::vector<FragmentId> removed;
  if (!op.return_chunk) removed = TakeWholeFragments(context, child, *table);
  auto& result =
      planner.Make<PhysicalDeleteRows>(op.types, op.estimated_cardinality, std::move(table),
                                       column(0), column(1), op.return_chunk, nullptr);
  result.Cast<PhysicalDeleteRows>().RemoveFragments(std::move(removed));
  result.children.push_back(child);
  if (SmallInput::Is(child)) result.Cast<PhysicalDeleteRows>().ReadInputItself();
  return result;
}

PhysicalOperator& PlanUpdate(IcefallCatalog&, duckdb::ClientContext&,
                             duckdb::PhysicalPlanGenerator& planner, duckdb::LogicalUpdate& op,
                             PhysicalOperator& child) {
  PhysicalUpdateRows::Settings settings;
  settings.table = EntryOf(op.table);
  settings.columns = op.columns;
  settings.expressions = std::move(op.expressions);
  settings.defaults = std::move(op.bound_defaults);
  settings.constraints = std::move(op.bound_constraints);
  settings.row_id_start = child.types.size() - settings.table->GetRowIdColumns().size();
  settings.returns_rows = op.return_chunk;
  settings.changed = ChangedColumns(settings, child);
  auto& update =
      planner.Make<PhysicalUpdateRows>(op.types, op.estimated_cardinality, std::move(settings));
  update.children.push_back(child);
  if (SmallInput::Is(child)) update.Cast<PhysicalUpdateRows>().ReadInputItself();
  return update;
}

}  // namespace icefall
