// Plans of INSERT, CREATE TABLE AS, DELETE, UPDATE and MERGE on an attached icedb table.
#pragma once

#include <optional>
#include <vector>

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
duckdb::PhysicalOperator& PlanIcedbMerge(IcedbCatalog& catalog, duckdb::ClientContext& context,
                                         duckdb::PhysicalPlanGenerator& planner,
                                         duckdb::LogicalMergeInto& op,
                                         duckdb::PhysicalOperator& child);

// Of a SET: by column of the table where its new value is in the rows that arrive; absent for
// DEFAULT.
std::vector<std::optional<size_t>> UpdatedValues(
    const duckdb::TableCatalogEntry& table, const duckdb::vector<duckdb::PhysicalIndex>& columns,
    const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& expressions);

}  // namespace icefall
