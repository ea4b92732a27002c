#include "sql/scan/filter_proof.h"

#include <algorithm>
#include <utility>

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/expression/bound_conjunction_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/filter/expression_filter.hpp"
#include "duckdb/planner/filter/list.hpp"

#include "sql/scan/fragment_statistics.h"

namespace icefall {
namespace {

using duckdb::LogicalTypeId;
using duckdb::TableFilterType;
using duckdb::Value;

// Equal values are one value, and its text is always the same.
bool HasOneTextPerValue(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::UBIGINT:
    case LogicalTypeId::DECIMAL:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::VARCHAR:
      return !type.HasAlias();
    default:
      return false;
  }
}

// A plan may run again, with other parameters or on another day.
bool IsAlwaysTheSame(const duckdb::Expression& condition) {
  return condition.IsConsistent() && !condition.IsVolatile() && !condition.HasParameter();
}

// Whether it has an expression of its own kind, which can be evaluated for a value.
bool IsPlain(const duckdb::TableFilter& filter) {
  switch (filter.filter_type) {
    case TableFilterType::CONSTANT_COMPARISON:
    case TableFilterType::IS_NULL:
    case TableFilterType::IS_NOT_NULL:
    case TableFilterType::IN_FILTER:
      return true;
    case TableFilterType::EXPRESSION_FILTER:
      return IsAlwaysTheSame(*filter.Cast<duckdb::ExpressionFilter>().expr);
    default:
      return false;
  }
}

FilterProof ProofOfEither(FilterProof a, FilterProof b) {
  if (a == FilterProof::kEveryRow || b == FilterProof::kEveryRow) return FilterProof::kEveryRow;
  return a == b ? a : FilterProof::kUnknown;
}

}  // namespace

FilterProof ProofOfBoth(FilterProof a, FilterProof b) {
  if (a == FilterProof::kNoRow || b == FilterProof::kNoRow) return FilterProof::kNoRow;
  return a == b ? a : FilterProof::kUnknown;
}

std::optional<Value> FilterProver::PartitionValue(const Fragment& fragment, const Field& field,
                                                  const duckdb::LogicalType& type) const {
  const auto& specs = table_.snapshot()->partition_specs;
  const auto spec = std::ranges::find(specs, fragment.partition_spec, &PartitionSpec::id);
  if (spec == specs.end()) return std::nullopt;
  for (size_t i = 0; i < spec->fields.size() && i < fragment.partition_values.size(); ++i) {
    const auto& partition = spec->fields[i];
    if (partition.source != field.id || partition.transform != "identity") continue;
    const auto& text = fragment.partition_values[i];
    if (!text) return Value(type);
    Value value;
    if (Value(*text).DefaultTryCastAs(type, value, nullptr)) return value;
  }
  return std::nullopt;
}

std::optional<Value> FilterProver::OnlyValue(const Fragment& fragment, size_t column) const {
  const auto& field = table_.table_schema().fields[column];
  const auto& type = table_.GetColumn(duckdb::LogicalIndex(column)).Type();
  if (field.generated_as || !HasOneTextPerValue(type)) return std::nullopt;
  const auto& schemas = table_.snapshot()->schemas;
  const auto schema = schemas.find(fragment.schema);
  const auto* written = schema == schemas.end() ? nullptr : schema->second->Find(field.id);
  // Of another type, the text of a value could be another one, too.
  if (written == nullptr || written->type != field.type) return std::nullopt;
  if (auto value = PartitionValue(fragment, field, type)) return value;
  const auto* known = StatisticsOfField(fragment, field.id);
  if (known == nullptr) return std::nullopt;
  if (known->null_count == fragment.row_count) return Value(type);
  const bool is_one = known->null_count == 0 && known->lower_is_exact && known->upper_is_exact &&
                      known->lower_bound && known->lower_bound == known->upper_bound;
  return is_one ? ParseBound(known->lower_bound, type) : std::nullopt;
}

FilterProof FilterProver::Evaluate(const duckdb::Expression& condition) const {
  Value answer;
  if (!duckdb::ExpressionExecutor::TryEvaluateScalar(context_, condition, answer) ||
      answer.type().id() != LogicalTypeId::BOOLEAN) {
    return FilterProof::kUnknown;
  }
  const bool passes = !answer.IsNull() && answer.GetValue<bool>();
  return passes ? FilterProof::kEveryRow : FilterProof::kNoRow;
}

FilterProof FilterProver::ByStatistics(const Fragment& fragment, size_t column,
                                       const duckdb::TableFilter& filter) const {
  const auto& type = table_.GetColumn(duckdb::LogicalIndex(column)).Type();
  const auto stats = FragmentStatistics(context_, *table_.snapshot(), fragment,
                                        table_.table_schema().fields[column], type);
  if (!stats) return FilterProof::kUnknown;
  switch (filter.CheckStatistics(*stats)) {
    case duckdb::FilterPropagateResult::FILTER_ALWAYS_FALSE:
    case duckdb::FilterPropagateResult::FILTER_FALSE_OR_NULL:
      return FilterProof::kNoRow;
    case duckdb::FilterPropagateResult::FILTER_ALWAYS_TRUE:
      return stats->CanHaveNull() ? FilterProof::kUnknown : FilterProof::kEveryRow;
    default:
      return FilterProof::kUnknown;
  }
}

FilterProof FilterProver::Prove(const Fragment& fragment, size_t column,
                                const duckdb::TableFilter& filter) const {
  if (column >= table_.table_schema().fields.size()) return FilterProof::kUnknown;
  switch (filter.filter_type) {
    case TableFilterType::OPTIONAL_FILTER: {
      const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
      return child ? Prove(fragment, column, *child) : FilterProof::kUnknown;
    }
    case TableFilterType::CONJUNCTION_AND: {
      auto proof = FilterProof::kEveryRow;
      for (const auto& child : filter.Cast<duckdb::ConjunctionAndFilter>().child_filters) {
        proof = ProofOfBoth(proof, Prove(fragment, column, *child));
      }
      return proof;
    }
    case TableFilterType::CONJUNCTION_OR: {
      auto proof = FilterProof::kNoRow;
      for (const auto& child : filter.Cast<duckdb::ConjunctionOrFilter>().child_filters) {
        proof = ProofOfEither(proof, Prove(fragment, column, *child));
      }
      return proof;
    }
    default:
      break;
  }
  if (!IsPlain(filter)) return FilterProof::kUnknown;
  const auto value = OnlyValue(fragment, column);
  if (!value) return ByStatistics(fragment, column, filter);
  return Evaluate(*filter.ToExpression(duckdb::BoundConstantExpression(*value)));
}

FilterProof FilterProver::Prove(const Fragment& fragment, const duckdb::Expression& condition,
                                const std::vector<std::optional<size_t>>& columns) const {
  if (condition.GetExpressionType() == duckdb::ExpressionType::CONJUNCTION_AND) {
    auto proof = FilterProof::kEveryRow;
    for (const auto& child : condition.Cast<duckdb::BoundConjunctionExpression>().children) {
      proof = ProofOfBoth(proof, Prove(fragment, *child, columns));
    }
    return proof;
  }
  if (!IsAlwaysTheSame(condition)) return FilterProof::kUnknown;
  bool is_known = true;
  auto copy = condition.Copy();
  duckdb::ExpressionIterator::VisitExpressionMutable<duckdb::BoundReferenceExpression>(
      copy, [&](duckdb::BoundReferenceExpression& reference,
                duckdb::unique_ptr<duckdb::Expression>& place) {
        const auto column = columns[reference.index];
        auto value = column ? OnlyValue(fragment, *column) : std::nullopt;
        is_known = is_known && value.has_value();
        if (is_known) place = duckdb::make_uniq<duckdb::BoundConstantExpression>(*std::move(value));
      });
  return is_known ? Evaluate(*copy) : FilterProof::kUnknown;
}

}  // namespace icefall
