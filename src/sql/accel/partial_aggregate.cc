#include "sql/accel/partial_aggregate.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/optimizer/optimizer.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/filter/list.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include <fmt/format.h>

#include "base/hash.h"
#include "sql/accel/declared_aggregates.h"
#include "sql/accel/explain_note.h"
#include "sql/accel/group_sample.h"
#include "sql/accel/join_aggregate.h"
#include "sql/accel/known_states.h"
#include "sql/accel/logical_partial_states.h"
#include "sql/accel/physical_partial_states.h"
#include "sql/accel/row_conditions.h"
#include "sql/accel/scan_path.h"
#include "sql/accel/sketch_functions.h"
#include "sql/accel/state_columns.h"
#include "sql/accel/state_search.h"
#include "sql/icefall_catalog.h"
#include "sql/scan/virtual_columns.h"
#include "sql/settings.h"

namespace icefall {
namespace {

using duckdb::BoundColumnRefExpression;
using duckdb::ColumnBinding;
using duckdb::LogicalOperatorType;

// Of states, that are grouped by one thread.
constexpr uint64_t kFinalRowsMax = 65'536;

using Expressions = duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>;

// A group key, or a value whose DISTINCT ones count: what is grouped by below, and what the
// aggregate makes of it.
struct GroupKey {
  duckdb::unique_ptr<duckdb::Expression> input;  // null: to be added to the projection at `level`
  duckdb::unique_ptr<duckdb::Expression> base;
  size_t level = 0;
  // DuckDB stores keys in smaller types where statistics allow; absent: it does not.
  duckdb::unique_ptr<duckdb::Expression> compress;
};

bool IsCompression(const duckdb::Expression& expression) {
  return expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_FUNCTION &&
         expression.Cast<duckdb::BoundFunctionExpression>().function.name.starts_with(
             "__internal_compress_");
}

std::shared_ptr<const duckdb::TableFilter> FilterOfUnits(const std::vector<uint64_t>& units) {
  const auto compare = [](duckdb::ExpressionType comparison, uint64_t position) {
    return duckdb::make_uniq<duckdb::ConstantFilter>(
        comparison, duckdb::Value::BIGINT(static_cast<int64_t>(position)));
  };
  auto ranges = std::make_shared<duckdb::ConjunctionOrFilter>();
  for (size_t i = 0; i < units.size();) {
    const auto first = units[i];
    auto end = first + 1;
    while (++i < units.size() && units[i] == end) ++end;
    auto range = duckdb::make_uniq<duckdb::ConjunctionAndFilter>();
    range->child_filters.push_back(
        compare(duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO, first * kUnitRows));
    range->child_filters.push_back(
        compare(duckdb::ExpressionType::COMPARE_LESSTHAN, end * kUnitRows));
    ranges->child_filters.push_back(std::move(range));
  }
  if (ranges->child_filters.size() > 1) return ranges;
  return std::shared_ptr<const duckdb::TableFilter>(ranges->child_filters[0].release());
}

class Rewriter {
 public:
  Rewriter(duckdb::OptimizerExtensionInput& input, duckdb::LogicalAggregate& aggregate,
           ScanPath path)
      : input_(input),
        context_(input.context),
        aggregate_(aggregate),
        path_(std::move(path)),
        target_(*path_.list().target()),
        conditions_(input.context, path_),
        partial_(std::make_shared<PartialPlan>()) {
    for (const auto& expression : aggregate.expressions) {
      aggregates_.push_back(
          FilterInArgument(context_, expression->Cast<duckdb::BoundAggregateExpression>()));
    }
  }

  // Why not, and the plan is as it was; absent when it is another one now. `place`: of the
  // aggregate, which may be replaced; null: it has to stay.
  std::optional<std::string> Rewrite(duckdb::unique_ptr<duckdb::LogicalOperator>* place) {
    if (!IsLarge()) {
      return fmt::format("fewer than {} rows", NumberSetting(context_, "icefall_partial_rows_min"));
    }
    if (auto refusal = conditions_.Read()) return refusal;
    if (!ReadKeys() || !ReadDistinctValues() || !ReadAggregates()) return refusal_;
    MakeSets();
    partial_->states = &target_.catalog.partial_states();
    partial_->budget_bytes = NumberSetting(context_, "icefall_partial_aggregates_mib") << 20;
    partial_->file_budget_bytes = NumberSetting(context_, "icefall_partial_files_mib") << 20;
    partial_->file_rows_min = NumberSetting(context_, "icefall_partial_file_rows_min");
    partial_->snapshot = target_.entry->snapshot();
    FindStatesOfFiles();
    if (!IsWorthIt()) return "first seen, kept when it comes back";
    if (partial_->unknown_count() > partial_->kept_count && !HasFewGroups()) {
      return "too many groups";
    }
    Replace(place);
    return std::nullopt;
  }

 private:
  bool Refuse(std::string_view what, const duckdb::Expression& expression) {
    refusal_ = fmt::format("{} {}", what, expression.ToString());
    return false;
  }

  // A query that never comes back should not pay for those that do. But sums that are rounded are
  // so in one way only, whether it is the first time or not.
  bool IsWorthIt() const {
    if (partial_->unknown_count() <= partial_->kept_count || is_rounded_) return true;
    std::string kind = target_.entry->uuid();
    for (const auto* names : {&partial_->shape.keys, &partial_->shape.states}) {
      for (const auto& name : *names) kind += ' ' + name;
      kind += ';';
    }
    return partial_->states->CountQuery(Sha256Hex(kind)) >=
           NumberSetting(context_, "icefall_partial_queries_min");
  }

  bool IsLarge() const {
    const bool is_declared = !AggregatesOption(*target_.entry->snapshot()).empty();
    const auto rows_min = is_declared ? 0 : NumberSetting(context_, "icefall_partial_rows_min");
    uint64_t rows = 0;
    for (const auto& file : path_.list().files()) {
      // Few rows, which an index found.
      if (file.index_rows) return false;
      if (!file.is_inline()) rows += file.fragment->live_count();
      if (rows >= rows_min && rows > 0) return true;
    }
    return false;
  }

  std::optional<std::string> Signature(const duckdb::Expression& expression) const {
    return path_.SignatureOver(context_, expression);
  }

  bool ReadKeys() {
    for (const auto& group : aggregate_.groups) {
      GroupKey key;
      auto source = path_.SourceOf(*group);
      while (source && path_.SourceOf(*source->expression)) {
        source = path_.SourceOf(*source->expression);
      }
      if (source && IsCompression(*source->expression)) {
        key.compress = source->expression->Copy();
        auto& base = key.compress->Cast<duckdb::BoundFunctionExpression>().children[0];
        key.base = base->Copy();
        key.level = source->level;
      } else {
        key.input = group->Copy();
        key.base = group->Copy();
      }
      auto signature = Signature(*key.base);
      if (!signature) return Refuse("no states by", *key.base);
      AddKey(std::move(key), *std::move(signature));
    }
    return true;
  }

  void AddKey(GroupKey key, std::string signature) {
    sources_.push_back({"", FieldOf(*key.base), key.base->return_type});
    partial_->shape.keys.push_back(std::move(signature));
    partial_->types.push_back(key.base->return_type);
    keys_.push_back(std::move(key));
  }

  // States are kept by the DISTINCT values, too: as if they were a group key.
  bool ReadDistinctValues() {
    for (const auto& expression : aggregates_) {
      const auto& aggregate = expression->Cast<duckdb::BoundAggregateExpression>();
      if (!IsDistinctAdditive(aggregate)) continue;
      const auto& value = *aggregate.children[0];
      auto signature = Signature(value);
      if (!signature) return Refuse("no states of", aggregate);
      if (std::ranges::find(partial_->shape.keys, *signature) != partial_->shape.keys.end()) {
        continue;
      }
      GroupKey key;
      key.input = value.Copy();
      key.base = value.Copy();
      AddKey(std::move(key), *std::move(signature));
    }
    return true;
  }

  // The column of the state; each is there once.
  std::optional<size_t> AddState(StateColumn state) {
    is_rounded_ |= state.is_rounded;
    std::string signature = state.kind;
    for (const auto& argument : state.compute->children) {
      const auto of_argument = Signature(*argument);
      if (!of_argument) return std::nullopt;
      signature += " " + *of_argument;
    }
    auto& names = partial_->shape.states;
    const auto found = std::ranges::find(names, signature);
    const auto column = keys_.size() + static_cast<size_t>(found - names.begin());
    if (found != names.end()) return column;
    if (!state.compute->function.simple_update) return std::nullopt;
    StateSource source{state.kind, nullptr, state.compute->return_type};
    if (!state.compute->children.empty()) source.field = FieldOf(*state.compute->children[0]);
    sources_.push_back(std::move(source));
    names.push_back(std::move(signature));
    partial_->types.push_back(state.compute->return_type);
    partial_->aggregates.emplace_back(state.compute.get());
    for (auto& argument : state.compute->children) {
      partial_->payload_types.push_back(argument->return_type);
      arguments_.push_back(std::move(argument));
    }
    return column;
  }

  // The column that an expression is; null when it is none.
  const Field* FieldOf(const duckdb::Expression& expression) const {
    const auto over_scan = path_.OverScan(expression);
    if (over_scan->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) {
      return nullptr;
    }
    return path_.FieldOf(over_scan->Cast<BoundColumnRefExpression>());
  }

  void MakeSets() {
    const auto& all = partial_->shape;
    std::vector<size_t> groups(aggregate_.groups.size());
    std::iota(groups.begin(), groups.end(), 0);
    const auto add = [&](std::vector<size_t> keys) {
      StateSet set{std::move(keys), 0, {}};
      set.key_count = set.columns.size();
      for (const auto key : set.columns) set.shape.keys.push_back(all.keys[key]);
      partial_->sets.push_back(std::move(set));
    };
    for (size_t value = groups.size(); value < keys_.size(); ++value) {
      add(groups);
      auto& set = partial_->sets.back();
      set.columns.push_back(value);
      set.shape.keys.push_back(all.keys[value]);
      ++set.key_count;
    }
    if (all.states.empty() && !partial_->sets.empty()) return;
    add(groups);
    auto& set = partial_->sets.back();
    set.shape.states = all.states;
    for (size_t state = 0; state < all.states.size(); ++state) {
      set.columns.push_back(keys_.size() + state);
    }
  }

  bool ReadAggregates() {
    states_index_ = input_.optimizer.binder.GenerateTableIndex();
    for (const auto& expression : aggregates_) {
      const auto& aggregate = expression->Cast<duckdb::BoundAggregateExpression>();
      if (IsDistinctAdditive(aggregate)) {
        merged_.push_back(OverKey(aggregate));
        continue;
      }
      auto answer = FindStates(context_, aggregate);
      if (!answer || answer->merge.GetReturnType() != aggregate.return_type) {
        return Refuse("no states of", aggregate);
      }
      Expressions states;
      for (auto& state : answer->states) {
        const auto type = state.compute->return_type;
        const auto column = AddState(std::move(state));
        if (!column) return Refuse("no states of", aggregate);
        states.push_back(duckdb::make_uniq<BoundColumnRefExpression>(
            type, ColumnBinding(states_index_, *column)));
      }
      auto merged = duckdb::make_uniq<duckdb::BoundAggregateExpression>(
          answer->merge, std::move(states), nullptr, std::move(answer->bind_data),
          duckdb::AggregateType::NON_DISTINCT);
      merged->SetAlias(aggregate.GetAlias());
      merged_.push_back(std::move(merged));
    }
    return true;
  }

  duckdb::unique_ptr<duckdb::Expression> OverKey(
      const duckdb::BoundAggregateExpression& aggregate) const {
    auto merged = aggregate.Copy();
    auto& value = merged->Cast<duckdb::BoundAggregateExpression>().children[0];
    const auto key = std::ranges::find(partial_->shape.keys, *Signature(*value));
    const auto column = static_cast<size_t>(key - partial_->shape.keys.begin());
    value = duckdb::make_uniq<BoundColumnRefExpression>(value->return_type,
                                                        ColumnBinding(states_index_, column));
    return merged;
  }

  bool HasFewGroups() const {
    // More of them in a unit, and merging states costs about what scanning the rows does.
    const auto groups_max = NumberSetting(context_, "icefall_partial_groups_max");
    return std::ranges::all_of(partial_->sets, [&](const StateSet& set) {
      if (set.key_count == 0) return true;
      std::vector<duckdb::unique_ptr<duckdb::Expression>> keys;
      for (size_t i = 0; i < set.key_count; ++i) {
        keys.push_back(path_.OverScan(*keys_[set.columns[i]].base));
      }
      return target_.catalog.group_samples().GroupsOfUnit(context_, path_, set.shape.keys,
                                                          std::move(keys)) <= groups_max;
    });
  }

  // False: its rows, or states that were kept of them, are needed.
  bool AnswerByStatistics(const Fragment& fragment) {
    auto rows = StatesOfStatistics(fragment, sources_);
    if (!rows) return false;
    std::vector<size_t> columns(sources_.size());
    std::iota(columns.begin(), columns.end(), 0);
    partial_->kept.push_back({std::make_shared<StateRows>(*std::move(rows)), std::move(columns)});
    ++partial_->statistics_count;
    ++partial_->kept_count;
    return true;
  }

  // Over the scan's columns: keys, then arguments.
  std::vector<duckdb::unique_ptr<duckdb::Expression>> InputsOverScan() const {
    std::vector<duckdb::unique_ptr<duckdb::Expression>> inputs;
    for (const auto& key : keys_) inputs.push_back(path_.OverScan(*key.base));
    for (const auto& argument : arguments_) inputs.push_back(path_.OverScan(*argument));
    return inputs;
  }

  void FindStatesOfFiles() {
    partial_->states->files().Refresh(target_.entry->uuid());
    StateSearch search(context_, path_, conditions_, *partial_, sources_,
                       [this] { return InputsOverScan(); });
    for (const auto& file : path_.list().files()) {
      if (file.is_inline()) {
        partial_->has_inline_rows = true;
        scanned_.push_back(file);
        continue;
      }
      const auto conditions = conditions_.Of(file);
      if (!conditions) continue;
      if (conditions->are_proven() && AnswerByStatistics(*file.fragment)) continue;
      auto unknown = search.Run(file, *conditions);
      if (unknown.units.empty()) continue;
      auto scanned = file;
      if (unknown.units.size() < unknown.deleted->size())
        scanned.positions = FilterOfUnits(unknown.units);
      scanned_.push_back(std::move(scanned));
      partial_->unknown.emplace(file.fragment->id.value, std::move(unknown));
    }
  }

  // What the scan has to answer for units that are not known.
  Expressions TakeInputs() {
    Expressions inputs;
    if (!partial_->needs_scan()) return inputs;
    for (auto& key : keys_) {
      inputs.push_back(key.compress == nullptr
                           ? std::move(key.input)
                           : path_.AddExpression(key.level, std::move(key.base)));
    }
    for (auto& argument : arguments_) inputs.push_back(std::move(argument));
    inputs.push_back(path_.AddColumn(kFragmentColumn));
    inputs.push_back(path_.AddColumn(kPositionColumn));
    // What joins find out while they run would hide rows that states must have.
    path_.get().dynamic_filters.reset();
    path_.get().bind_data->Cast<duckdb::MultiFileBindData>().file_list =
        path_.list().Only(std::move(scanned_));
    return inputs;
  }

  // The aggregate's group, where the states' key is `key`.
  duckdb::unique_ptr<duckdb::Expression> GroupOver(size_t group,
                                                   duckdb::unique_ptr<duckdb::Expression> key) {
    auto& compress = keys_[group].compress;
    if (compress == nullptr) return key;
    compress->Cast<duckdb::BoundFunctionExpression>().children[0] = std::move(key);
    return std::move(compress);
  }

  // Units that are not known may have as many groups as others.
  bool HasFewStates(uint64_t known_rows) const {
    const auto is_distinct = [](const auto& aggregate) {
      return aggregate->template Cast<duckdb::BoundAggregateExpression>().IsDistinct();
    };
    return !aggregate_.groups.empty() && known_rows <= kFinalRowsMax &&
           partial_->unknown_count() <= partial_->kept_count &&
           std::ranges::none_of(merged_, is_distinct);
  }

  void Replace(duckdb::unique_ptr<duckdb::LogicalOperator>* place) {
    auto inputs = TakeInputs();
    uint64_t rows = 0;
    for (const auto& part : partial_->kept) rows += part.rows->row_count;
    const bool is_final = place != nullptr && HasFewStates(rows);
    duckdb::vector<ColumnBinding> bindings;
    if (is_final) {
      Expressions groups;
      for (size_t i = 0; i < aggregate_.groups.size(); ++i) {
        groups.push_back(GroupOver(
            i, duckdb::make_uniq<duckdb::BoundReferenceExpression>(partial_->types[i], i)));
      }
      partial_->final_groups = std::make_shared<const FinalGroups>(std::move(groups), merged_);
      bindings = aggregate_.GetColumnBindings();
    } else {
      for (size_t i = 0; i < partial_->types.size(); ++i) bindings.emplace_back(states_index_, i);
    }
    auto states =
        duckdb::make_uniq<LogicalPartialStates>(std::move(bindings), partial_, std::move(inputs));
    states->SetEstimatedCardinality(rows + partial_->unknown_count() + 1);
    if (partial_->needs_scan()) states->children.push_back(std::move(aggregate_.children[0]));
    if (is_final) {
      states->ResolveOperatorTypes();
      *place = std::move(states);  // The aggregate is no more.
      return;
    }
    for (size_t i = 0; i < aggregate_.groups.size(); ++i) {
      aggregate_.groups[i] = GroupOver(i, duckdb::make_uniq<BoundColumnRefExpression>(
                                              partial_->types[i], ColumnBinding(states_index_, i)));
    }
    aggregate_.expressions = std::move(merged_);
    // Of the rows; sets of states have NULLs for each other's columns.
    aggregate_.distinct_validity = duckdb::TupleDataValidityType::CAN_HAVE_NULL_VALUES;
    aggregate_.children[0] = std::move(states);
    aggregate_.ResolveOperatorTypes();
  }

  duckdb::OptimizerExtensionInput& input_;
  duckdb::ClientContext& context_;
  duckdb::LogicalAggregate& aggregate_;
  Expressions aggregates_;  // what it computes, without FILTER
  ScanPath path_;
  ScanTarget& target_;
  RowConditions conditions_;
  const std::shared_ptr<PartialPlan> partial_;
  std::vector<GroupKey> keys_;
  Expressions arguments_;
  std::vector<StateSource> sources_;  // of keys, then of states
  Expressions merged_;
  std::vector<ScanFile> scanned_;
  duckdb::idx_t states_index_ = 0;
  bool is_rounded_ = false;
  std::string refusal_;  // why states cannot be used
};

bool IsPlainAggregate(const duckdb::LogicalAggregate& aggregate) {
  return aggregate.grouping_functions.empty() && aggregate.grouping_sets.size() <= 1 &&
         (aggregate.grouping_sets.empty() ||
          aggregate.grouping_sets[0].size() == aggregate.groups.size());
}

std::optional<std::string> Rewrite(duckdb::OptimizerExtensionInput& input,
                                   duckdb::LogicalAggregate& aggregate,
                                   duckdb::unique_ptr<duckdb::LogicalOperator>* place) {
  return Rewriter(input, aggregate, *ScanPath::Find(*aggregate.children[0])).Rewrite(place);
}

// As Rewriter::Rewrite, of the aggregate that `plan` is.
std::optional<std::string> RewriteOne(duckdb::OptimizerExtensionInput& input,
                                      duckdb::unique_ptr<duckdb::LogicalOperator>& plan) {
  auto& aggregate = plan->Cast<duckdb::LogicalAggregate>();
  if (!IsSettingOn(input.context, "icefall_partial_aggregates")) return "switched off";
  const bool is_plain = IsPlainAggregate(aggregate);
  if (!ScanPath::Find(*aggregate.children[0])) {
    if (!is_plain) return "more than the scan of one table";
    return RewriteOverJoin(input, aggregate, [&](duckdb::LogicalAggregate& over_table) {
      return Rewrite(input, over_table, nullptr);
    });
  }
  const auto refusal =
      is_plain ? Rewrite(input, aggregate, &plan) : std::optional<std::string>("grouping sets");
  if (!refusal) return std::nullopt;
  // Bytes cannot say the sketch, and a copy with DuckDB's function would answer otherwise.
  if (duckdb::ClientConfig::GetConfig(input.context).verify_serializer) return refusal;
  // Whether states are used must not show in answers.
  for (auto& expression : aggregate.expressions) {
    UseQuantileSketch(expression->Cast<duckdb::BoundAggregateExpression>());
  }
  return refusal;
}

}  // namespace

void UsePartialStates(duckdb::OptimizerExtensionInput& input,
                      duckdb::unique_ptr<duckdb::LogicalOperator>& plan) {
  for (auto& child : plan->children) UsePartialStates(input, child);
  if (plan->type != LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) return;
  const auto refusal = RewriteOne(input, plan);
  NoteAccelerator("Partial aggregates", refusal ? "not used: " + *refusal : "used");
}

}  // namespace icefall
