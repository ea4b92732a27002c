#include "sql/accel/row_conditions.h"

#include <utility>

#include "duckdb/planner/filter/list.hpp"
#include <fmt/format.h>

#include "base/hash.h"
#include "sql/accel/signature.h"
#include "sql/icefall_catalog.h"

namespace icefall {
namespace {

// Of what states are; another one where kept ones must not be used any more.
constexpr auto kStateForm = "states 1";

}  // namespace

RowConditions::RowConditions(duckdb::ClientContext& context, const ScanPath& path)
    : context_(context),
      path_(path),
      target_(*path.list().target()),
      prover_(context, *target_.entry) {}

std::optional<std::string> RowConditions::Add(const duckdb::TableFilter& filter, size_t column) {
  if (filter.filter_type == duckdb::TableFilterType::OPTIONAL_FILTER) return std::nullopt;
  if (filter.filter_type == duckdb::TableFilterType::CONJUNCTION_AND) {
    for (const auto& child : filter.Cast<duckdb::ConjunctionAndFilter>().child_filters) {
      if (auto refusal = Add(*child, column)) return refusal;
    }
    return std::nullopt;
  }
  const auto& field = target_.entry->table_schema().fields[column];
  const auto& type = target_.entry->GetColumn(duckdb::LogicalIndex(column)).Type();
  auto signature = SignatureOf(context_, filter, field, type);
  if (!signature) return fmt::format("no states for the filter {}", filter.ToString(field.name));
  conditions_.push_back({*std::move(signature), nullptr, &filter, column,
                         FilterBounds(context_, target_, column, filter)});
  return std::nullopt;
}

std::optional<std::string> RowConditions::Read() {
  const auto& fields = target_.entry->table_schema().fields;
  for (const auto& [column, filter] : path_.get().table_filters.filters) {
    if (column >= fields.size() || fields[column].generated_as) {
      return "a filter on a column that is not stored";
    }
    if (auto refusal = Add(*filter, column)) return refusal;
  }
  for (const auto* condition : path_.Conditions()) {
    auto signature = path_.SignatureOver(context_, *condition);
    if (!signature) return fmt::format("no states for the filter {}", condition->ToString());
    conditions_.push_back({*std::move(signature), condition, nullptr, 0, std::nullopt});
  }
  std::ranges::sort(conditions_, {}, &Condition::signature);
  return std::nullopt;
}

FilterProof RowConditions::Prove(const ScanFile& file, const Condition& condition) const {
  if (condition.filter == nullptr) return FilterProof::kUnknown;
  if (const auto proof = condition.bounds->Prove(file)) return *proof;
  return prover_.Prove(*file.fragment, condition.column, *condition.filter);
}

std::optional<RowConditions::OfFile> RowConditions::Of(const ScanFile& file) {
  OfFile result;
  auto& remaining = result.remaining;
  for (const auto& condition : conditions_) {
    const auto proof = Prove(file, condition);
    if (proof == FilterProof::kNoRow) return std::nullopt;
    remaining.push_back(proof == FilterProof::kUnknown);
  }
  auto& text = texts_[remaining];
  if (text.empty()) {
    std::string all = fmt::format("{}\n{}", kStateForm, SignatureOfSession(context_));
    for (size_t i = 0; i < conditions_.size(); ++i) {
      if (remaining[i]) all += conditions_[i].signature;
    }
    text = Sha256Hex(all);
  }
  result.text = text;
  return result;
}

}  // namespace icefall
