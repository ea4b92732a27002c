#include "sql/accel/state_columns.h"

#include <utility>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/planner/expression/bound_case_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "sql/accel/integer_sum.h"
#include "sql/accel/sketch_functions.h"
#include "sql/accel/state_functions.h"

namespace icefall {
namespace {

using duckdb::BoundAggregateExpression;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;

using Arguments = duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>;

duckdb::AggregateFunctionCatalogEntry& BuiltIn(duckdb::ClientContext& context,
                                               const std::string& name) {
  return duckdb::Catalog::GetSystemCatalog(context).GetEntry<duckdb::AggregateFunctionCatalogEntry>(
      context, DEFAULT_SCHEMA, name);
}

duckdb::unique_ptr<BoundAggregateExpression> Bind(duckdb::ClientContext& context,
                                                  const std::string& name, Arguments arguments) {
  duckdb::FunctionBinder binder(context);
  duckdb::ErrorData error;
  auto& functions = BuiltIn(context, name).functions;
  const auto chosen = binder.BindFunction(name, functions, arguments, error);
  if (!chosen.IsValid()) error.Throw();
  return binder.BindAggregateFunction(functions.GetFunctionByOffset(chosen.GetIndex()),
                                      std::move(arguments));
}

Arguments CopyOf(const Arguments& arguments) {
  Arguments copy;
  for (const auto& argument : arguments) copy.push_back(argument->Copy());
  return copy;
}

duckdb::unique_ptr<BoundAggregateExpression> Over(duckdb::AggregateFunction function,
                                                  const Arguments& arguments) {
  return duckdb::make_uniq<BoundAggregateExpression>(std::move(function), CopyOf(arguments),
                                                     nullptr, nullptr,
                                                     duckdb::AggregateType::NON_DISTINCT);
}

// Merges states by the function that made them.
std::optional<StateAnswer> BySelf(duckdb::ClientContext& context, std::string kind,
                                  duckdb::unique_ptr<BoundAggregateExpression> compute,
                                  const std::string& name, const LogicalType& result) {
  Arguments states;
  states.push_back(duckdb::make_uniq<duckdb::BoundReferenceExpression>(compute->return_type, 0));
  auto merge = Bind(context, name, std::move(states));
  if (merge->return_type != result) return std::nullopt;
  StateAnswer answer{{}, merge->function, std::move(merge->bind_info)};
  answer.states.push_back({std::move(kind), std::move(compute)});
  return answer;
}

bool IsExactNumber(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::DECIMAL:
      return true;
    default:
      return false;
  }
}

// Not the aggregate itself: statistics may have chosen a function that overflows with more rows.
duckdb::unique_ptr<BoundAggregateExpression> BindSum(duckdb::ClientContext& context,
                                                     const Arguments& arguments) {
  auto sum = Bind(context, "sum", CopyOf(arguments));
  if (auto faster = FasterIntegerSum(sum->function)) {
    sum->function = *std::move(faster);
    sum->bind_info = nullptr;
  }
  return sum;
}

std::optional<StateAnswer> SumStates(duckdb::ClientContext& context,
                                     const BoundAggregateExpression& aggregate) {
  const auto& type = aggregate.children[0]->return_type;
  if (type.id() == LogicalTypeId::DOUBLE) {
    StateAnswer answer{{}, MergeDoubleSums("sum"), nullptr};
    answer.states.push_back({"double sum", Over(DoubleSumState(), aggregate.children), true});
    return answer;
  }
  if (!IsExactNumber(type)) return std::nullopt;
  return BySelf(context, "sum", BindSum(context, aggregate.children), "sum", aggregate.return_type);
}

std::optional<StateAnswer> AverageStates(duckdb::ClientContext& context,
                                         const BoundAggregateExpression& aggregate) {
  const auto& type = aggregate.children[0]->return_type;
  if (aggregate.return_type.id() != LogicalTypeId::DOUBLE) return std::nullopt;
  if (type.id() == LogicalTypeId::DOUBLE) {
    StateAnswer answer{{}, MergeDoubleSums("avg"), nullptr};
    answer.states.push_back({"double sum", Over(DoubleSumState(), aggregate.children), true});
    return answer;
  }
  if (!IsExactNumber(type)) return std::nullopt;
  auto sum = BindSum(context, aggregate.children);
  const auto sum_type = sum->return_type;
  if (sum_type.InternalType() != duckdb::PhysicalType::INT128) return std::nullopt;
  const bool is_short = type.InternalType() == duckdb::PhysicalType::INT16;
  StateAnswer answer{{}, MergeAverages(sum_type, is_short), AverageScale(sum_type)};
  answer.states.push_back({"sum", std::move(sum)});
  answer.states.push_back({"count", Bind(context, "count", CopyOf(aggregate.children))});
  return answer;
}

std::optional<StateAnswer> QuantileStates(const BoundAggregateExpression& aggregate) {
  auto quantiles = QuantilesOf(aggregate);
  if (quantiles == nullptr) return std::nullopt;
  StateAnswer answer{{}, MergeQuantileSketches(aggregate.return_type), std::move(quantiles)};
  auto state = QuantileSketchState(aggregate.children[0]->return_type);
  answer.states.push_back({"quantiles", Over(std::move(state), aggregate.children), true});
  return answer;
}

bool IsCollated(const LogicalType& type) {
  return type.id() == LogicalTypeId::VARCHAR && !duckdb::StringType::GetCollation(type).empty();
}

}  // namespace

duckdb::unique_ptr<BoundAggregateExpression> FilterInArgument(
    duckdb::ClientContext& context, const BoundAggregateExpression& aggregate) {
  auto copy =
      duckdb::unique_ptr_cast<duckdb::Expression, BoundAggregateExpression>(aggregate.Copy());
  const bool counts_rows = aggregate.function.name == "count_star";
  if (!aggregate.filter || (!counts_rows && aggregate.children.size() != 1)) return copy;
  duckdb::unique_ptr<duckdb::Expression> value =
      counts_rows ? duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::BOOLEAN(true))
                  : std::move(copy->children[0]);
  auto null = duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(value->return_type));
  value = duckdb::make_uniq<duckdb::BoundCaseExpression>(std::move(copy->filter), std::move(value),
                                                         std::move(null));
  if (!counts_rows) {
    copy->children[0] = std::move(value);
    return copy;
  }
  Arguments arguments;
  arguments.push_back(std::move(value));
  auto count = Bind(context, "count", std::move(arguments));
  count->SetAlias(aggregate.GetAlias());
  return count;
}

std::optional<StateAnswer> FindStates(duckdb::ClientContext& context,
                                      const BoundAggregateExpression& aggregate) {
  if (aggregate.IsDistinct() || aggregate.filter || aggregate.order_bys) return std::nullopt;
  const auto& name = aggregate.function.name;
  if (name == "count_star" || (name == "count" && aggregate.children.size() == 1)) {
    StateAnswer answer{{}, MergeCounts(), nullptr};
    answer.states.push_back({name, Bind(context, name, CopyOf(aggregate.children))});
    return answer;
  }
  if (aggregate.children.size() != 1) return std::nullopt;
  const auto& type = aggregate.children[0]->return_type;
  if (name == "sum" || name == "sum_no_overflow") return SumStates(context, aggregate);
  if (name == "avg") return AverageStates(context, aggregate);
  if (IsVariance(name) && type.id() == LogicalTypeId::DOUBLE) {
    StateAnswer answer{{}, MergeDoubleMoments(name), nullptr};
    answer.states.push_back(
        {"double moments", Over(DoubleMomentsState(), aggregate.children), true});
    return answer;
  }
  if (name == "approx_count_distinct") {
    StateAnswer answer{{}, MergeDistinctSketches(), nullptr};
    answer.states.push_back(
        {"distinct sketch", Over(DistinctSketchState(type), aggregate.children)});
    return answer;
  }
  if (name == "approx_quantile") return QuantileStates(aggregate);
  if ((name != "min" && name != "max") || type != aggregate.return_type || IsCollated(type)) {
    return std::nullopt;
  }
  return BySelf(context, name, Bind(context, name, CopyOf(aggregate.children)), name, type);
}

duckdb::unique_ptr<BoundAggregateExpression> JoinOfStates(duckdb::ClientContext& context,
                                                          const std::string& kind,
                                                          const LogicalType& type) {
  Arguments states;
  states.push_back(duckdb::make_uniq<duckdb::BoundReferenceExpression>(type, 0));
  if (kind == "count_star" || kind == "count") return Over(MergeCounts(), states);
  if (kind == "double sum") return Over(JoinDoubleSums(), states);
  if (kind == "double moments") return Over(JoinDoubleMoments(), states);
  if (kind == "distinct sketch") return Over(JoinDistinctSketches(), states);
  if (kind == "quantiles") return Over(JoinQuantileSketches(), states);
  if (kind != "sum" && kind != "min" && kind != "max") return nullptr;
  auto bound = Bind(context, kind, std::move(states));
  return bound->return_type == type ? std::move(bound) : nullptr;
}

bool IsDistinctAdditive(const BoundAggregateExpression& aggregate) {
  if (!aggregate.IsDistinct() || aggregate.filter || aggregate.order_bys ||
      aggregate.children.size() != 1) {
    return false;
  }
  const auto& name = aggregate.function.name;
  if (name == "count") return true;
  const auto& type = aggregate.children[0]->return_type;
  return (name == "sum" || name == "sum_no_overflow" || name == "avg") && IsExactNumber(type);
}

}  // namespace icefall
