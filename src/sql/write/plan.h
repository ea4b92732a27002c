// Physical plans of the statements that write rows. The catalog's Plan* overrides call these.
//
// What they expect of a table entry and its scan:
//   - GetRowIdColumns() answers {file_index, file_row_number, rowid}, see scan/virtual_columns.h;
//   - file_index holds FragmentId::value, which survives pruning, and 0 for the inline fragment;
//   - file_row_number holds the position in the file, or the inline position.
#pragma once

#include "duckdb/common/optional_ptr.hpp"

namespace duckdb {
class ClientContext;
class LogicalCreateTable;
class LogicalDelete;
class LogicalInsert;
class LogicalMergeInto;
class LogicalUpdate;
class PhysicalOperator;
class PhysicalPlanGenerator;
}  // namespace duckdb

namespace icefall {

class IcefallCatalog;

// Every function reports what the user can cause as a BinderException or NotImplementedException.
// INSERT; `child` is null for DEFAULT VALUES.
duckdb::PhysicalOperator& PlanInsert(IcefallCatalog& catalog, duckdb::ClientContext& context,
                                     duckdb::PhysicalPlanGenerator& planner,
                                     duckdb::LogicalInsert& op,
                                     duckdb::optional_ptr<duckdb::PhysicalOperator> child);

// CREATE TABLE AS: the table is created when execution starts, so that a prepared statement that
// never runs makes none.
duckdb::PhysicalOperator& PlanCreateTableAs(IcefallCatalog& catalog, duckdb::ClientContext& context,
                                            duckdb::PhysicalPlanGenerator& planner,
                                            duckdb::LogicalCreateTable& op,
                                            duckdb::PhysicalOperator& child);

// DELETE and TRUNCATE. Without a condition and without RETURNING, `child` is dropped and the rows
// go by metadata alone; with a
// condition, those fragments do of whose rows all are known to meet it.
duckdb::PhysicalOperator& PlanDelete(IcefallCatalog& catalog, duckdb::ClientContext& context,
                                     duckdb::PhysicalPlanGenerator& planner,
                                     duckdb::LogicalDelete& op, duckdb::PhysicalOperator& child);

// UPDATE, always as delete and insert: BindUpdateConstraints must have projected every stored
// column (update_is_del_and_insert).
duckdb::PhysicalOperator& PlanUpdate(IcefallCatalog& catalog, duckdb::ClientContext& context,
                                     duckdb::PhysicalPlanGenerator& planner,
                                     duckdb::LogicalUpdate& op, duckdb::PhysicalOperator& child);

// MERGE INTO, and INSERT … ON CONFLICT, which the binder turns into it.
duckdb::PhysicalOperator& PlanMergeInto(IcefallCatalog& catalog, duckdb::ClientContext& context,
                                        duckdb::PhysicalPlanGenerator& planner,
                                        duckdb::LogicalMergeInto& op,
                                        duckdb::PhysicalOperator& child);

}  // namespace icefall
