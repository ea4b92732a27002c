#include "sql/accel/register.h"

#include <utility>

#include "duckdb/main/config.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/planner_extension.hpp"

#include "sql/accel/distinct_scan.h"
#include "sql/accel/explain_note.h"
#include "sql/accel/metadata_aggregate.h"
#include "sql/accel/one_row_distinct.h"
#include "sql/accel/partial_aggregate.h"
#include "sql/accel/partition_groups.h"
#include "sql/accel/statement_facts.h"
#include "sql/accel/top_files.h"
#include "sql/settings.h"
#include "sql/write/delete_columns.h"
#include "sql/write/key_join.h"
#include "sql/write/small_plan.h"

namespace icefall {
namespace {

void BeforeOptimizing(duckdb::OptimizerExtensionInput& input,
                      duckdb::unique_ptr<duckdb::LogicalOperator>& plan) {
  if (auto* watch = StatementWatch::Current()) watch->See(input.context, plan);
  PrepareExplainNote(input.context, *plan);
  if (IsSettingOn(input.context, "icefall_metadata_aggregates"))
    AnswerFromWholeColumns(input, plan);
  RemoveOneRowDistinct(plan);
  KeepPartitionGroups(input.context, *plan);
  DropUnusedRowIds(*plan);
  OptimizeSmallPlan(input, plan);
}

void AfterOptimizing(duckdb::OptimizerExtensionInput& input,
                     duckdb::unique_ptr<duckdb::LogicalOperator>& plan) {
  if (IsSettingOn(input.context, "icefall_metadata_aggregates")) UseMetadata(input, plan);
  KeepTopFiles(input, *plan);
  UsePartialStates(input, plan);
  UseDistinctScans(input.context, plan);
  UseKeyJoin(*plan);
  AddExplainNote(*plan);
}

void BehindBinder(duckdb::PlannerExtensionInput& input, duckdb::BoundStatement& statement) {
  PlanSmallStatement(input, statement);
  AnswerBehindBinder(input, statement);
}

}  // namespace

void RegisterAccelerators(duckdb::DatabaseInstance& db) {
  auto& config = duckdb::DBConfig::GetConfig(db);
  config.AddExtensionOption("icefall_result_cache",
                            "whether answers of queries on icefall databases are kept",
                            duckdb::LogicalType::BOOLEAN, duckdb::Value::BOOLEAN(true));
  config.AddExtensionOption("icefall_result_file_ms_min",
                            "answers that took at least so many milliseconds are kept as files",
                            duckdb::LogicalType::DOUBLE, duckdb::Value::DOUBLE(2));
  config.AddExtensionOption("icefall_metadata_aggregates",
                            "whether COUNT, MIN and MAX are taken from statistics of data files",
                            duckdb::LogicalType::BOOLEAN, duckdb::Value::BOOLEAN(true));
  config.AddExtensionOption("icefall_partial_aggregates",
                            "whether states of aggregates are kept for parts of data files",
                            duckdb::LogicalType::BOOLEAN, duckdb::Value::BOOLEAN(true));
  config.AddExtensionOption("icefall_partial_aggregates_mib",
                            "memory for states of aggregates, for each database",
                            duckdb::LogicalType::UBIGINT, duckdb::Value::UBIGINT(128));
  config.AddExtensionOption("icefall_partial_files_mib",
                            "disk for states of aggregates, for each database",
                            duckdb::LogicalType::UBIGINT, duckdb::Value::UBIGINT(256));
  config.AddExtensionOption("icefall_partial_file_rows_min",
                            "states are written when so many rows were scanned for them",
                            duckdb::LogicalType::UBIGINT, duckdb::Value::UBIGINT(100'000));
  config.AddExtensionOption("icefall_partial_rows_min",
                            "states are kept of scans of at least so many rows",
                            duckdb::LogicalType::UBIGINT, duckdb::Value::UBIGINT(250'000));
  config.AddExtensionOption("icefall_partial_groups_max",
                            "states are kept by keys that make so many groups of 122,880 rows",
                            duckdb::LogicalType::UBIGINT, duckdb::Value::UBIGINT(4'096));
  config.AddExtensionOption("icefall_partial_queries_min",
                            "states are kept from the query on that is so many-th of its kind",
                            duckdb::LogicalType::UBIGINT, duckdb::Value::UBIGINT(2));
  duckdb::OptimizerExtension rules;
  rules.pre_optimize_function = BeforeOptimizing;
  rules.optimize_function = AfterOptimizing;
  duckdb::OptimizerExtension::Register(config, std::move(rules));
  duckdb::PlannerExtension planning;
  planning.post_bind_function = BehindBinder;
  duckdb::PlannerExtension::Register(config, std::move(planning));
}

}  // namespace icefall
