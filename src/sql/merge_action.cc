#include "sql/merge_action.h"

#include <utility>

namespace icefall {
namespace {

void ArrangeByColumn(duckdb::LogicalMergeInto& merge, duckdb::BoundMergeIntoAction& action) {
  if (action.column_index_map.empty()) return;
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> expressions;
  for (const auto& column : merge.table.GetColumns().Physical()) {
    const auto index = action.column_index_map[column.Physical()];
    expressions.push_back(index == duckdb::DConstants::INVALID_INDEX
                              ? merge.bound_defaults[column.StorageOid()]->Copy()
                              : std::move(action.expressions[index]));
  }
  action.expressions = std::move(expressions);
}

duckdb::unique_ptr<duckdb::MergeIntoOperator> PlanAction(duckdb::LogicalMergeInto& merge,
                                                         duckdb::BoundMergeIntoAction& action,
                                                         const MergeWriters& writers) {
  auto result = duckdb::make_uniq<duckdb::MergeIntoOperator>();
  result->action_type = action.action_type;
  result->condition = std::move(action.condition);
  switch (action.action_type) {
    case duckdb::MergeActionType::MERGE_UPDATE:
      result->op = writers.update(action);
      break;
    case duckdb::MergeActionType::MERGE_DELETE:
      result->op = writers.remove(action);
      break;
    case duckdb::MergeActionType::MERGE_INSERT:
      ArrangeByColumn(merge, action);
      result->op = writers.insert(action);
      result->expressions = std::move(action.expressions);
      break;
    case duckdb::MergeActionType::MERGE_ERROR:
      result->expressions = std::move(action.expressions);
      break;
    case duckdb::MergeActionType::MERGE_DO_NOTHING:
      break;
  }
  return result;
}

}  // namespace

MergeActions PlanMergeActions(duckdb::LogicalMergeInto& merge, const MergeWriters& writers) {
  MergeActions result;
  for (auto& [condition, actions] : merge.actions) {
    auto& planned = result[condition];
    for (auto& action : actions) planned.push_back(PlanAction(merge, *action, writers));
  }
  return result;
}

}  // namespace icefall
