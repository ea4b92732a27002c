#include "sql/accel/distinct_scan.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/execution/column_binding_resolver.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_distinct.hpp"
#include "duckdb/planner/operator/logical_extension_operator.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"

#include "sql/accel/physical_new_numbers.h"
#include "sql/accel/scan_path.h"
#include "sql/scan/stored_integer.h"

namespace icefall {
namespace {

using duckdb::BoundAggregateExpression;
using duckdb::BoundColumnRefExpression;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

// 16 MiB of bits.
constexpr uint64_t kLastOffsetMax = (uint64_t{1} << 27) - 1;
// So many bits are no work beside a statement; of more, as many for each row.
constexpr uint64_t kFreeBits = uint64_t{1} << 16;
constexpr uint64_t kBitsPerRow = 64;

class LogicalNewNumbers : public duckdb::LogicalExtensionOperator {
 public:
  LogicalNewNumbers(duckdb::unique_ptr<LogicalOperator> child, size_t column, NumberRange range)
      : column_(column), range_(range) {
    if (child->has_estimated_cardinality) SetEstimatedCardinality(child->estimated_cardinality);
    children.push_back(std::move(child));
  }

  duckdb::vector<duckdb::ColumnBinding> GetColumnBindings() override {
    return children[0]->GetColumnBindings();
  }
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext&,
                                       duckdb::PhysicalPlanGenerator& planner) override {
    auto& child = planner.CreatePlan(*children[0]);
    return planner.Make<PhysicalNewNumbers>(child, column_, range_);
  }
  duckdb::string GetExtensionName() const override { return GetName(); }
  duckdb::string GetName() const override { return "ICEFALL_NEW_NUMBERS"; }
  // Plans of this are not copied by way of bytes, as PRAGMA verify_serializer has it.
  bool SupportSerialization() const override { return false; }

 protected:
  void ResolveTypes() override { types = children[0]->types; }

 private:
  const size_t column_;
  const NumberRange range_;
};

bool IgnoresRepetitions(const BoundAggregateExpression& aggregate) {
  const auto& name = aggregate.function.name;
  const bool ignores = aggregate.IsDistinct() || name == "min" || name == "max";
  return ignores && !aggregate.filter && !aggregate.order_bys && aggregate.children.size() == 1;
}

// What the operator asks of its child, when equal values of it are as good as one; else none.
std::vector<const duckdb::Expression*> DistinctValues(const LogicalOperator& op) {
  if (op.type == LogicalOperatorType::LOGICAL_DISTINCT) {
    const auto& distinct = op.Cast<duckdb::LogicalDistinct>();
    const bool is_plain = distinct.distinct_type == duckdb::DistinctType::DISTINCT &&
                          !distinct.order_by && distinct.distinct_targets.size() == 1 &&
                          distinct.children[0]->GetColumnBindings().size() == 1;
    if (is_plain) return {distinct.distinct_targets[0].get()};
  }
  if (op.type != LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) return {};
  const auto& aggregate = op.Cast<duckdb::LogicalAggregate>();
  if (!aggregate.groups.empty()) {
    const bool is_plain = aggregate.groups.size() == 1 && aggregate.expressions.empty() &&
                          aggregate.grouping_sets.size() <= 1 &&
                          aggregate.grouping_functions.empty();
    if (is_plain) return {aggregate.groups[0].get()};
    return {};
  }
  std::vector<const duckdb::Expression*> values;
  for (const auto& expression : aggregate.expressions) {
    const auto& each = expression->Cast<BoundAggregateExpression>();
    if (!IgnoresRepetitions(each)) return {};
    values.push_back(each.children[0].get());
  }
  return values;
}

// Whether it answers the same without NULL among the values.
bool IgnoresNull(const LogicalOperator& op) {
  if (op.type != LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) return false;
  const auto& aggregate = op.Cast<duckdb::LogicalAggregate>();
  return aggregate.groups.empty() &&
         std::ranges::all_of(aggregate.expressions, [](const auto& expression) {
           const auto& name = expression->template Cast<BoundAggregateExpression>().function.name;
           return name == "count" || name == "sum" || name == "sum_no_overflow" || name == "avg" ||
                  name == "min" || name == "max";
         });
}

// The table's column that the expression is; absent for a computed value.
std::optional<size_t> ColumnOf(const ScanPath& path, const BoundColumnRefExpression& expression) {
  const auto over_scan = path.OverScan(expression);
  if (over_scan->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) return {};
  const auto& column = over_scan->Cast<BoundColumnRefExpression>();
  return path.FieldOf(column) == nullptr ? std::nullopt : path.PositionOf(column);
}

// DuckDB stores keys of a narrow range in fewer bytes: other values, but as many different ones.
const duckdb::Expression& Uncompressed(const duckdb::Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_FUNCTION) return expression;
  const auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
  const bool is_compressed = call.function.name.starts_with("__internal_compress_");
  return is_compressed ? *call.children[0] : expression;
}

// A column, and the operator that answers it.
struct Source {
  duckdb::unique_ptr<LogicalOperator>* op;
  const BoundColumnRefExpression* column;
};

// What projections at the top take `value` from; absent where they compute it.
std::optional<Source> SourceOf(duckdb::unique_ptr<LogicalOperator>& top,
                               const duckdb::Expression& value) {
  auto* op = &top;
  const auto* expression = &Uncompressed(value);
  while (expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF) {
    const auto& column = expression->Cast<BoundColumnRefExpression>();
    if ((*op)->type != LogicalOperatorType::LOGICAL_PROJECTION) return Source{op, &column};
    auto& projection = (*op)->Cast<duckdb::LogicalProjection>();
    if (column.binding.table_index != projection.table_index) return std::nullopt;
    expression = &Uncompressed(*projection.expressions[column.binding.column_index]);
    op = &projection.children[0];
  }
  return std::nullopt;
}

// Of all that the scan can answer; absent where that is not known, or too wide.
std::optional<NumberRange> RangeOf(duckdb::ClientContext& context, const duckdb::LogicalGet& get,
                                   size_t column) {
  duckdb::TableFunctionGetStatisticsInput input(get.bind_data.get(), duckdb::ColumnIndex(column));
  const auto known = get.function.statistics_extended(context, input);
  if (known == nullptr || known->GetType().id() == duckdb::LogicalTypeId::TIME_TZ) return {};
  const bool has_bounds = known->GetStatsType() == duckdb::StatisticsType::NUMERIC_STATS &&
                          duckdb::NumericStats::HasMinMax(*known);
  if (!has_bounds) return std::nullopt;
  const auto first = StoredInteger(duckdb::NumericStats::Min(*known));
  const auto last = StoredInteger(duckdb::NumericStats::Max(*known));
  if (!first || !last || *first > *last) return std::nullopt;
  const auto last_offset = static_cast<uint64_t>(*last) - static_cast<uint64_t>(*first);
  const auto row_count = get.has_estimated_cardinality ? get.estimated_cardinality : 0;
  if (last_offset > kLastOffsetMax ||
      last_offset / kBitsPerRow > kFreeBits / kBitsPerRow + row_count) {
    return std::nullopt;
  }
  return NumberRange{*first, last_offset, known->CanHaveNull()};
}

// Below `plan` equal values come once.
void ForgetDistinct(duckdb::unique_ptr<LogicalOperator>& plan) {
  if (plan->type == LogicalOperatorType::LOGICAL_DISTINCT) {
    plan = std::move(plan->children[0]);
    return;
  }
  auto& aggregate = plan->Cast<duckdb::LogicalAggregate>();
  for (auto& expression : aggregate.expressions) {
    expression->Cast<BoundAggregateExpression>().aggr_type = duckdb::AggregateType::NON_DISTINCT;
  }
  if (aggregate.groups.empty()) return;
  auto projection = duckdb::make_uniq<duckdb::LogicalProjection>(aggregate.group_index,
                                                                 std::move(aggregate.groups));
  if (plan->has_estimated_cardinality) {
    projection->SetEstimatedCardinality(plan->estimated_cardinality);
  }
  projection->children = std::move(plan->children);
  plan = std::move(projection);
}

void Use(duckdb::ClientContext& context, duckdb::unique_ptr<LogicalOperator>& plan) {
  const auto values = DistinctValues(*plan);
  if (values.empty()) return;
  const auto path = ScanPath::Find(*plan->children[0]);
  const auto source = path ? SourceOf(plan->children[0], *values[0]) : std::nullopt;
  const auto column = source ? ColumnOf(*path, *source->column) : std::nullopt;
  if (!column) return;
  for (const auto* value : values) {
    const auto each = SourceOf(plan->children[0], *value);
    if (!each || ColumnOf(*path, *each->column) != column) return;
  }
  if (path->Conditions().empty() && path->get().GetColumnIds().size() == 1) {
    auto& bind_data = path->get().bind_data->Cast<duckdb::MultiFileBindData>();
    bind_data.file_list = path->list().Distinct();
  }
  auto range = RangeOf(context, path->get(), *column);
  if (!range) return;
  if (IgnoresNull(*plan)) range->is_null_wanted = false;
  auto& input = *source->op;
  const auto bindings = input->GetColumnBindings();
  const auto found = std::ranges::find(bindings, source->column->binding);
  if (found == bindings.end()) return;
  const auto position = static_cast<size_t>(found - bindings.begin());
  input = duckdb::make_uniq<LogicalNewNumbers>(std::move(input), position, *range);
  ForgetDistinct(plan);
}

}  // namespace

void UseDistinctScans(duckdb::ClientContext& context, duckdb::unique_ptr<LogicalOperator>& plan) {
  Use(context, plan);
  for (auto& child : plan->children) UseDistinctScans(context, child);
}

}  // namespace icefall
