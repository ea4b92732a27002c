#include "sql/accel/join_aggregate.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "duckdb/common/unordered_set.hpp"
#include "duckdb/execution/operator/join/join_filter_pushdown.hpp"
#include "duckdb/optimizer/optimizer.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/operator/logical_comparison_join.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"

#include "sql/accel/scan_path.h"

namespace icefall {
namespace {

using duckdb::LogicalComparisonJoin;
using duckdb::LogicalOperatorType;

using ExpressionPointer = duckdb::unique_ptr<duckdb::Expression>;
using Expressions = duckdb::vector<ExpressionPointer>;

constexpr const char* kNoJoin = "more than the scan of one table, or joins of it";

// On the way from the aggregate to the table.
struct Step {
  LogicalComparisonJoin* join = nullptr;
  size_t side = 0;

  ExpressionPointer& Key(duckdb::JoinCondition& condition) const {
    return side == 0 ? condition.left : condition.right;
  }
};

struct Way {
  std::vector<Step> steps;  // the top first
  duckdb::LogicalOperator* table = nullptr;
};

// Whether rows of the side come out of the join as they are, each so often as there are partners,
// or once.
bool IsPassedOn(const LogicalComparisonJoin& join, size_t side) {
  if (join.type != LogicalOperatorType::LOGICAL_COMPARISON_JOIN || join.predicate ||
      !join.duplicate_eliminated_columns.empty() || !join.mark_types.empty()) {
    return false;
  }
  switch (join.join_type) {
    case duckdb::JoinType::INNER:
      return true;
    case duckdb::JoinType::LEFT:
    case duckdb::JoinType::SEMI:
    case duckdb::JoinType::ANTI:
      return side == 0;
    default:
      return false;
  }
}

// The largest table of those that can be reached.
void FindTable(duckdb::LogicalOperator& op, std::vector<Step>& steps, Way& found) {
  if (op.type == LogicalOperatorType::LOGICAL_COMPARISON_JOIN) {
    auto& join = op.Cast<LogicalComparisonJoin>();
    for (const size_t side : {size_t{0}, size_t{1}}) {
      if (!IsPassedOn(join, side)) continue;
      steps.push_back({&join, side});
      FindTable(*join.children[side], steps, found);
      steps.pop_back();
    }
    return;
  }
  if (steps.empty() || !ScanPath::Find(op)) return;
  const bool is_larger =
      found.table == nullptr || op.estimated_cardinality > found.table->estimated_cardinality;
  if (is_larger) found = {steps, &op};
}

class Rewriter {
 public:
  Rewriter(duckdb::OptimizerExtensionInput& input, duckdb::LogicalAggregate& aggregate)
      : input_(input), aggregate_(aggregate) {}

  std::optional<std::string> Rewrite(const RewriteOverTable& rewrite) {
    auto* top = &aggregate_.children[0];
    while ((*top)->type == LogicalOperatorType::LOGICAL_PROJECTION) {
      projections_.push_back(&(*top)->Cast<duckdb::LogicalProjection>());
      top = &(*top)->children[0];
    }
    std::vector<Step> steps;
    FindTable(**top, steps, way_);
    if (way_.table == nullptr) return kNoJoin;
    duckdb::LogicalJoin::GetTableReferences(*way_.table, tables_);
    if (!ReadConditions() || !ReadGroups() || !ReadAggregates()) {
      return "joined with what it is computed from, too";
    }
    auto& below = way_.steps.back().join->children[way_.steps.back().side];
    auto& binder = input_.optimizer.binder;
    const auto group_index = binder.GenerateTableIndex();
    duckdb::LogicalAggregate of_table(group_index, binder.GenerateTableIndex(),
                                      std::move(aggregates_));
    of_table.groups = std::move(keys_);
    of_table.children.push_back(std::move(below));
    const auto refusal = rewrite(of_table);
    below = std::move(of_table.children[0]);
    if (refusal) return refusal;
    Replace(of_table, std::move(*top));
    return std::nullopt;
  }

 private:
  // Of which tables an expression over the joins is.
  enum class Origin : uint8_t { kTable, kOthers, kBoth };
  Origin OriginOf(const duckdb::Expression& expression) const {
    duckdb::unordered_set<duckdb::idx_t> references;
    duckdb::LogicalJoin::GetExpressionBindings(expression, references);
    const auto own = std::ranges::count_if(
        references, [&](duckdb::idx_t table) { return tables_.contains(table); });
    if (own == 0) return Origin::kOthers;
    return static_cast<size_t>(own) == references.size() ? Origin::kTable : Origin::kBoth;
  }

  // Over the columns of the joins, instead of what projections make of them.
  ExpressionPointer OverJoin(const duckdb::Expression& expression) const {
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF) {
      const auto& binding = expression.Cast<duckdb::BoundColumnRefExpression>().binding;
      const auto found =
          std::ranges::find(projections_, binding.table_index,
                            [](const auto* projection) { return projection->table_index; });
      if (found != projections_.end()) {
        return OverJoin(*(*found)->expressions[binding.column_index]);
      }
    }
    auto copy = expression.Copy();
    duckdb::ExpressionIterator::EnumerateChildren(
        *copy, [&](ExpressionPointer& child) { child = OverJoin(*child); });
    return copy;
  }

  // Its place among the keys of the table's states.
  size_t AddKey(const duckdb::Expression& expression) {
    for (size_t i = 0; i < keys_.size(); ++i) {
      if (keys_[i]->Equals(expression)) return i;
    }
    keys_.push_back(expression.Copy());
    return keys_.size() - 1;
  }

  bool ReadConditions() {
    for (const auto& step : way_.steps) {
      for (auto& condition : step.join->conditions) {
        auto& key = step.Key(condition);
        const auto origin = OriginOf(*key);
        if (origin == Origin::kBoth) return false;
        if (origin == Origin::kTable) compared_.push_back({&key, AddKey(*key)});
      }
    }
    return true;
  }

  bool ReadGroups() {
    for (const auto& group : aggregate_.groups) {
      Group result{OverJoin(*group), std::nullopt};
      const auto origin = OriginOf(*result.over_join);
      if (origin == Origin::kBoth || result.over_join->IsVolatile()) return false;
      if (origin == Origin::kTable) result.key = AddKey(*result.Key());
      groups_.push_back(std::move(result));
    }
    return true;
  }

  bool ReadAggregates() {
    for (const auto& expression : aggregate_.expressions) {
      auto over_join = OverJoin(*expression);
      const auto& aggregate = over_join->Cast<duckdb::BoundAggregateExpression>();
      const bool is_of_table = OriginOf(aggregate) == Origin::kTable ||
                               (aggregate.children.empty() && !aggregate.filter);
      // DuckDB answers these in another way where no states are used.
      if (!is_of_table || aggregate.function.name == "approx_quantile") return false;
      aggregates_.push_back(std::move(over_join));
    }
    return true;
  }

  void Replace(duckdb::LogicalAggregate& of_table,
               duckdb::unique_ptr<duckdb::LogicalOperator> joins) {
    for (const auto& [key, place] : compared_) *key = of_table.groups[place]->Copy();
    for (const auto& step : way_.steps) {
      auto& passed_on =
          step.side == 0 ? step.join->left_projection_map : step.join->right_projection_map;
      passed_on.clear();
      // What it would push down is for rows of the table.
      step.join->filter_pushdown.reset();
    }
    for (size_t i = 0; i < groups_.size(); ++i) {
      auto& group = groups_[i];
      if (group.key) group.Key() = of_table.groups[*group.key]->Copy();
      aggregate_.groups[i] = std::move(group.over_join);
    }
    aggregate_.expressions = std::move(of_table.expressions);
    aggregate_.distinct_validity = duckdb::TupleDataValidityType::CAN_HAVE_NULL_VALUES;
    aggregate_.children[0] = std::move(joins);
    aggregate_.ResolveOperatorTypes();
  }

  struct ComparedKey {
    ExpressionPointer* expression;  // in a join's condition
    size_t place;                   // in keys_
  };
  // A group key of the aggregate.
  struct Group {
    ExpressionPointer over_join;
    std::optional<size_t> key;  // place in keys_; absent: of other tables

    // DuckDB stores keys in smaller types where statistics allow; states have them as they are.
    ExpressionPointer& Key() {
      const bool is_compressed =
          over_join->GetExpressionClass() == duckdb::ExpressionClass::BOUND_FUNCTION &&
          over_join->Cast<duckdb::BoundFunctionExpression>().function.name.starts_with(
              "__internal_compress_");
      if (!is_compressed) return over_join;
      return over_join->Cast<duckdb::BoundFunctionExpression>().children[0];
    }
  };

  duckdb::OptimizerExtensionInput& input_;
  duckdb::LogicalAggregate& aggregate_;
  std::vector<const duckdb::LogicalProjection*> projections_;  // between it and the joins
  Way way_;
  duckdb::unordered_set<duckdb::idx_t> tables_;  // the table's side, as column references name it
  Expressions keys_;                             // by which states of the table are
  std::vector<ComparedKey> compared_;
  std::vector<Group> groups_;
  Expressions aggregates_;
};

}  // namespace

std::optional<std::string> RewriteOverJoin(duckdb::OptimizerExtensionInput& input,
                                           duckdb::LogicalAggregate& aggregate,
                                           const RewriteOverTable& rewrite) {
  return Rewriter(input, aggregate).Rewrite(rewrite);
}

}  // namespace icefall
