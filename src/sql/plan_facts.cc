#include "sql/plan_facts.h"

#include <algorithm>

#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_column_data_get.hpp"
#include "duckdb/planner/operator/logical_expression_get.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_limit.hpp"

namespace icefall {

using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

std::optional<uint64_t> RowCountMax(const LogicalOperator& op) {
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_EMPTY_RESULT:
      return 0;
    case LogicalOperatorType::LOGICAL_DUMMY_SCAN:
      return 1;
    case LogicalOperatorType::LOGICAL_CHUNK_GET:
      return op.Cast<duckdb::LogicalColumnDataGet>().collection->Count();
    case LogicalOperatorType::LOGICAL_EXPRESSION_GET: {
      const auto below = RowCountMax(*op.children[0]);
      if (!below || *below > 1) return std::nullopt;
      return op.Cast<duckdb::LogicalExpressionGet>().expressions.size();
    }
    case LogicalOperatorType::LOGICAL_LIMIT: {
      const auto below = RowCountMax(*op.children[0]);
      const auto& limit = op.Cast<duckdb::LogicalLimit>().limit_val;
      if (limit.Type() != duckdb::LimitNodeType::CONSTANT_VALUE) return below;
      return std::min<uint64_t>(below.value_or(UINT64_MAX), limit.GetConstantValue());
    }
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
      if (op.Cast<duckdb::LogicalAggregate>().grouping_sets.size() > 1) return std::nullopt;
      if (op.Cast<duckdb::LogicalAggregate>().groups.empty()) return 1;
      return RowCountMax(*op.children[0]);
    case LogicalOperatorType::LOGICAL_PROJECTION:
    case LogicalOperatorType::LOGICAL_FILTER:
    case LogicalOperatorType::LOGICAL_DISTINCT:
    case LogicalOperatorType::LOGICAL_ORDER_BY:
      return RowCountMax(*op.children[0]);
    default:
      return std::nullopt;
  }
}

bool IsScanOf(const LogicalOperator& op, const duckdb::TableCatalogEntry& table) {
  if (op.type != LogicalOperatorType::LOGICAL_GET) return false;
  const auto& get = op.Cast<duckdb::LogicalGet>();
  const auto scanned = get.GetTable();
  return scanned && &*scanned == &table && get.table_filters.filters.empty() &&
         !get.extra_info.sample_options && op.children.empty();
}

}  // namespace icefall
