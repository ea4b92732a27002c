#include "sql/scan/number_choice.h"

#include <algorithm>
#include <utility>

#include "duckdb/planner/filter/list.hpp"

namespace icefall {
namespace {

using duckdb::ExpressionType;
using duckdb::TableFilterType;

// Absent for NULL, negative numbers and other types.
std::optional<uint64_t> NumberOf(const duckdb::Value& value) {
  if (value.IsNull()) return std::nullopt;
  if (value.type().id() == duckdb::LogicalTypeId::UBIGINT) {
    return value.GetValueUnsafe<uint64_t>();
  }
  if (value.type().id() != duckdb::LogicalTypeId::BIGINT) return std::nullopt;
  const auto number = value.GetValueUnsafe<int64_t>();
  return number < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(number));
}

}  // namespace

NumberChoice NumberChoice::Of(const duckdb::TableFilter* filter) {
  NumberChoice choice;
  if (filter == nullptr) return choice;
  switch (filter->filter_type) {
    case TableFilterType::CONSTANT_COMPARISON: {
      const auto& comparison = filter->Cast<duckdb::ConstantFilter>();
      const auto number = NumberOf(comparison.constant);
      if (!number) break;
      const auto type = comparison.comparison_type;
      if (type == ExpressionType::COMPARE_EQUAL) choice.values_ = {*number};
      // The number itself may stay in.
      if (type == ExpressionType::COMPARE_GREATERTHAN ||
          type == ExpressionType::COMPARE_GREATERTHANOREQUALTO) {
        choice.lower_ = *number;
      }
      if (type == ExpressionType::COMPARE_LESSTHAN ||
          type == ExpressionType::COMPARE_LESSTHANOREQUALTO) {
        choice.upper_ = *number;
      }
      break;
    }
    case TableFilterType::IN_FILTER: {
      std::vector<uint64_t> values;
      for (const auto& value : filter->Cast<duckdb::InFilter>().values) {
        const auto number = NumberOf(value);
        if (!number) return choice;
        values.push_back(*number);
      }
      std::ranges::sort(values);
      const auto repeated = std::ranges::unique(values);
      values.erase(repeated.begin(), repeated.end());
      choice.values_ = std::move(values);
      break;
    }
    case TableFilterType::OPTIONAL_FILTER:
      return Of(filter->Cast<duckdb::OptionalFilter>().child_filter.get());
    case TableFilterType::CONJUNCTION_AND:
      for (const auto& child : filter->Cast<duckdb::ConjunctionAndFilter>().child_filters) {
        choice.Narrow(Of(child.get()));
      }
      break;
    default:
      break;
  }
  return choice;
}

void NumberChoice::Narrow(const NumberChoice& other) {
  lower_ = std::max(lower_, other.lower_);
  upper_ = std::min(upper_, other.upper_);
  const bool has_fewer = other.values_ && (!values_ || other.values_->size() < values_->size());
  if (has_fewer) values_ = other.values_;
}

bool NumberChoice::Contains(uint64_t number) const {
  if (number < lower_ || number > upper_) return false;
  return !values_ || std::ranges::binary_search(*values_, number);
}

}  // namespace icefall
