#include "sql/write/key_join.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/operator/logical_comparison_join.hpp"
#include "duckdb/planner/operator/logical_extension_operator.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_merge_into.hpp"

#include "sql/icefall_table_entry.h"
#include "sql/plan_facts.h"
#include "sql/write/physical_key_join.h"

namespace icefall {
namespace {

using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;

// More rows are joined faster by reading the table with several threads: where the index does not
// have all columns, and where a key of several columns is looked up one by one, that is soon.
constexpr uint64_t kRowCountMax = STANDARD_VECTOR_SIZE;
constexpr uint64_t kFetchedRowCountMax = 64;
constexpr uint64_t kSingleRowCountMax = 16;

// Reads the table when it runs; its one child is the source.
class LogicalKeyJoin : public duckdb::LogicalExtensionOperator {
 public:
  LogicalKeyJoin(PhysicalKeyJoin::Settings settings, duckdb::vector<duckdb::ColumnBinding> bindings,
                 duckdb::vector<duckdb::LogicalType> output_types)
      : settings_(std::move(settings)),
        bindings_(std::move(bindings)),
        output_types_(std::move(output_types)) {
    expressions = std::move(settings_.values);
  }

  duckdb::vector<duckdb::ColumnBinding> GetColumnBindings() override { return bindings_; }
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext&,
                                       duckdb::PhysicalPlanGenerator& planner) override {
    auto& child = planner.CreatePlan(*children[0]);
    auto settings = std::move(settings_);
    settings.values = std::move(expressions);
    auto& join = planner.Make<PhysicalKeyJoin>(output_types_, std::move(settings),
                                               child.estimated_cardinality);
    join.children.push_back(child);
    return join;
  }
  duckdb::string GetExtensionName() const override { return GetName(); }
  duckdb::string GetName() const override { return "ICEFALL_KEY_JOIN"; }
  // Plans of this are not copied by way of bytes, as PRAGMA enable_verification has it.
  bool SupportSerialization() const override { return false; }

 protected:
  void ResolveTypes() override { types = output_types_; }

 private:
  PhysicalKeyJoin::Settings settings_;
  const duckdb::vector<duckdb::ColumnBinding> bindings_;
  const duckdb::vector<duckdb::LogicalType> output_types_;
};

class KeyJoinPlan {
 public:
  // `target_side`: which child of the join is the table. `keeps_unmatched`: rows of the source.
  KeyJoinPlan(duckdb::LogicalComparisonJoin& join, size_t target_side, bool keeps_unmatched)
      : join_(join),
        target_side_(target_side),
        get_(join.children[target_side]->Cast<duckdb::LogicalGet>()),
        table_(get_.GetTable()->Cast<IcefallTableEntry>()) {
    settings_.keeps_unmatched = keeps_unmatched;
  }

  // Null when Make might leave the join as it is, whatever columns are wanted of the table.
  const LogicalOperator* SmallSource() {
    const auto row_count = RowCountMax(*source());
    if (!row_count || *row_count > kSingleRowCountMax || !ChooseKey()) return nullptr;
    const bool has_parts =
        std::ranges::any_of(get_.returned_types, [](const auto& type) { return type.IsNested(); });
    return has_parts ? nullptr : source().get();
  }

  // Null when the join has to stay.
  duckdb::unique_ptr<LogicalOperator> Make() {
    const auto row_count = RowCountMax(*source());
    if (!row_count || *row_count > kRowCountMax || !ChooseKey() || !ChooseColumns()) return nullptr;
    if (needs_fetching_ && *row_count > kFetchedRowCountMax) return nullptr;
    if (settings_.key.columns.size() > 1 && *row_count > kSingleRowCountMax) return nullptr;
    settings_.table = table_.shared_from_this();
    join_.ResolveOperatorTypes();
    // Only now may the plan be taken apart.
    for (const size_t condition : condition_of_column_) {
      settings_.values.push_back(std::move(Side(condition, 1 - target_side_)));
    }
    auto result = duckdb::make_uniq<LogicalKeyJoin>(std::move(settings_), join_.GetColumnBindings(),
                                                    join_.types);
    result->estimated_cardinality = *row_count;
    result->has_estimated_cardinality = true;
    result->children.push_back(std::move(source()));
    return result;
  }

 private:
  duckdb::unique_ptr<LogicalOperator>& source() { return join_.children[1 - target_side_]; }
  duckdb::unique_ptr<duckdb::Expression>& Side(size_t condition, size_t side) {
    auto& both = join_.conditions[condition];
    return side == 0 ? both.left : both.right;
  }

  // The table's field that the condition compares; absent when it is no plain column.
  std::optional<duckdb::column_t> FieldOf(size_t condition) {
    if (join_.conditions[condition].comparison != duckdb::ExpressionType::COMPARE_EQUAL) return {};
    const auto& target = *Side(condition, target_side_);
    if (target.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) return {};
    if (target.return_type != Side(condition, 1 - target_side_)->return_type) return {};
    const auto& binding = target.Cast<duckdb::BoundColumnRefExpression>().binding;
    return get_.GetColumnIds()[binding.column_index].GetPrimaryIndex();
  }

  bool ChooseKey() {
    for (const auto& constraint : table_.table_schema().constraints) {
      if (!IsUnique(constraint.kind)) continue;
      settings_.key = DefineKey(table_, constraint);
      if (MatchesKey()) return true;
    }
    return false;
  }

  // Every condition is about another column of the key, and each of them has one.
  bool MatchesKey() {
    condition_of_column_.clear();
    settings_.columns.clear();
    const auto& key = settings_.key;
    if (join_.conditions.size() != key.columns.size()) return false;
    for (size_t c = 0; c < key.columns.size(); ++c) {
      if (key.types[c].IsNested()) return false;
      const auto field = table_.definition().stored_fields[key.columns[c]];
      for (size_t condition = 0; condition < join_.conditions.size(); ++condition) {
        if (FieldOf(condition) != field) continue;
        if (Side(condition, target_side_)->return_type != key.types[c]) return false;
        condition_of_column_.push_back(condition);
        break;
      }
      if (condition_of_column_.size() != c + 1) return false;
      settings_.columns.push_back(field);
    }
    settings_.column_types = key.types;
    return true;
  }

  bool ChooseColumns() {
    const auto add = [&](bool is_target, size_t count, const duckdb::vector<duckdb::idx_t>& map) {
      for (size_t i = 0; i < (map.empty() ? count : map.size()); ++i) {
        const auto index = map.empty() ? i : map[i];
        const auto place = is_target ? PlaceOf(index) : std::optional<size_t>(index);
        if (!place) return false;
        settings_.outputs.push_back({is_target, *place});
      }
      return true;
    };
    for (const size_t side : {size_t{0}, size_t{1}}) {
      const auto count = join_.children[side]->GetColumnBindings().size();
      const auto& map = side == 0 ? join_.left_projection_map : join_.right_projection_map;
      if (!add(side == target_side_, count, map)) return false;
    }
    return true;
  }

  // Where the column that the scan would answer at `index` is read; absent for part of a column.
  std::optional<size_t> PlaceOf(size_t index) {
    const auto binding = get_.GetColumnBindings()[index];
    const auto& id = get_.GetColumnIds()[binding.column_index];
    if (id.HasChildren()) return std::nullopt;
    const auto column = id.GetPrimaryIndex();
    const auto found = std::ranges::find(settings_.columns, column);
    if (found != settings_.columns.end()) {
      return static_cast<size_t>(found - settings_.columns.begin());
    }
    needs_fetching_ = needs_fetching_ || !duckdb::IsVirtualColumn(column);
    settings_.columns.push_back(column);
    settings_.column_types.push_back(get_.GetColumnType(id));
    return settings_.columns.size() - 1;
  }

  duckdb::LogicalComparisonJoin& join_;
  const size_t target_side_;
  duckdb::LogicalGet& get_;
  IcefallTableEntry& table_;
  PhysicalKeyJoin::Settings settings_;
  std::vector<size_t> condition_of_column_;  // of the key
  bool needs_fetching_ = false;
};

// The join of source and table below projections; null when it can not be by a key.
struct FoundJoin {
  duckdb::unique_ptr<LogicalOperator>& op;
  KeyJoinPlan plan;
};

std::optional<FoundJoin> FindJoin(duckdb::unique_ptr<LogicalOperator>& op,
                                  const duckdb::TableCatalogEntry& table) {
  if (op->type == LogicalOperatorType::LOGICAL_PROJECTION) {
    return FindJoin(op->children[0], table);
  }
  if (op->type != LogicalOperatorType::LOGICAL_COMPARISON_JOIN) return std::nullopt;
  auto& join = op->Cast<duckdb::LogicalComparisonJoin>();
  if (join.predicate || !join.duplicate_eliminated_columns.empty()) return std::nullopt;
  const bool is_left = join.join_type == duckdb::JoinType::LEFT;
  const bool is_inner = join.join_type == duckdb::JoinType::INNER;
  if (!is_left && !is_inner && join.join_type != duckdb::JoinType::RIGHT) return std::nullopt;
  for (const size_t side : {size_t{0}, size_t{1}}) {
    // The rows that stay without a partner are those of the source.
    if (!is_inner && side != (is_left ? 1 : 0)) continue;
    if (IsScanOf(*join.children[side], table)) return FoundJoin{op, {join, side, !is_inner}};
  }
  return std::nullopt;
}

std::optional<FoundJoin> FindJoin(LogicalOperator& merge) {
  auto& table = merge.Cast<duckdb::LogicalMergeInto>().table;
  if (table.ParentCatalog().GetCatalogType() != "icefall") return std::nullopt;
  return FindJoin(merge.children[0], table);
}

}  // namespace

const LogicalOperator* SourceOfKeyJoin(LogicalOperator& merge) {
  auto join = FindJoin(merge);
  return join ? join->plan.SmallSource() : nullptr;
}

void UseKeyJoin(LogicalOperator& plan) {
  if (plan.type == LogicalOperatorType::LOGICAL_MERGE_INTO) {
    auto join = FindJoin(plan);
    auto replacement = join ? join->plan.Make() : nullptr;
    if (replacement) join->op = std::move(replacement);
    return;
  }
  for (auto& child : plan.children) UseKeyJoin(*child);
}

}  // namespace icefall
