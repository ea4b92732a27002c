// INSERT, CREATE TABLE AS, DELETE and UPDATE on an attached icedb table. Rows are gathered, and
// data files written when the statement has all of them: of a DELETE or UPDATE each file that it
// touches anew without its rows.
#pragma once

#include "duckdb/execution/physical_plan_generator.hpp"

namespace icefall {

class IcedbCatalog;

duckdb::PhysicalOperator& PlanIcedbInsert(IcedbCatalog& catalog,
                                          duckdb::PhysicalPlanGenerator& planner,
                                          duckdb::LogicalInsert& op,
                                          duckdb::optional_ptr<duckdb::PhysicalOperator> child);
duckdb::PhysicalOperator& PlanIcedbCreateTableAs(IcedbCatalog& catalog,
                                                 duckdb::PhysicalPlanGenerator& planner,
                                                 duckdb::LogicalCreateTable& op,
                                                 duckdb::PhysicalOperator& child);
duckdb::PhysicalOperator& PlanIcedbDelete(IcedbCatalog& catalog,
                                          duckdb::PhysicalPlanGenerator& planner,
                                          duckdb::LogicalDelete& op,
                                          duckdb::PhysicalOperator& child);
duckdb::PhysicalOperator& PlanIcedbUpdate(IcedbCatalog& catalog,
                                          duckdb::PhysicalPlanGenerator& planner,
                                          duckdb::LogicalUpdate& op,
                                          duckdb::PhysicalOperator& child);

}  // namespace icefall
