#include "sql/accel/metadata_aggregate.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/optimizer/optimizer.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_dummy_scan.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"
#include <fmt/format.h>

#include "sql/accel/bound_holders.h"
#include "sql/accel/deleted_nulls.h"
#include "sql/accel/explain_note.h"
#include "sql/accel/inline_column.h"
#include "sql/accel/noted_bounds.h"
#include "sql/accel/statement_facts.h"
#include "sql/icefall_catalog.h"
#include "sql/logical_small_plan.h"
#include "sql/scan/filter_bounds.h"
#include "sql/scan/filter_proof.h"
#include "sql/scan/fragment_list.h"
#include "sql/scan/fragment_statistics.h"
#include "sql/scan/whole_column.h"
#include "sql/settings.h"

namespace icefall {
namespace {

using duckdb::LogicalOperatorType;
using duckdb::Value;

constexpr auto kAccelerator = "Metadata";

// Planning reads with one thread what the scan would read with all.
constexpr uint64_t kRowsReadMax = 10'000'000;
// What looking for the two bounds of a file takes as a rule: statistics of row groups lead to them.
constexpr uint64_t kRowsPerSearch = 250'000;
// Looking for what comes behind the bounds passes over most row groups by their statistics.
constexpr uint64_t kRowsPerRowRead = 4;
// Which statistics of whole columns do not answer, each is looked at before DuckDB optimizes.
constexpr size_t kFewFiles = 16;

enum class Kind : uint8_t { kCountRows, kCountValues, kMinimum, kMaximum };

struct Aggregate {
  Kind kind = Kind::kCountRows;
  size_t column = 0;  // position in the schema, of all but kCountRows
  duckdb::LogicalType type;
  // Over the fragments that need no scan: of the counts, and of the others.
  int64_t count = 0;
  Value value;

  bool is_count() const { return kind == Kind::kCountRows || kind == Kind::kCountValues; }
  Value answer() const { return is_count() ? Value::BIGINT(count) : value; }
};

// The scan below an aggregate, perhaps through projections of plain columns; null when there is
// anything else in between.
duckdb::LogicalGet* FindScan(duckdb::LogicalOperator& op) {
  if (op.type == LogicalOperatorType::LOGICAL_PROJECTION) return FindScan(*op.children[0]);
  if (op.type != LogicalOperatorType::LOGICAL_GET) return nullptr;
  auto& get = op.Cast<duckdb::LogicalGet>();
  const bool is_plain = get.function.name == "icefall_scan" && get.bind_data &&
                        !get.extra_info.sample_options && get.children.empty() &&
                        !(get.dynamic_filters && get.dynamic_filters->HasFilters());
  return is_plain ? &get : nullptr;
}

// The position in the schema of the column that an expression over `op` is; absent when it is
// something else.
std::optional<size_t> FindColumn(duckdb::LogicalOperator& op,
                                 const duckdb::Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) {
    return std::nullopt;
  }
  const auto& binding = expression.Cast<duckdb::BoundColumnRefExpression>().binding;
  if (op.type == LogicalOperatorType::LOGICAL_PROJECTION) {
    auto& projection = op.Cast<duckdb::LogicalProjection>();
    if (binding.table_index != projection.table_index) return std::nullopt;
    return FindColumn(*op.children[0], *projection.expressions[binding.column_index]);
  }
  auto& get = op.Cast<duckdb::LogicalGet>();
  const auto& columns = get.GetColumnIds();
  if (binding.table_index != get.table_index || binding.column_index >= columns.size()) {
    return std::nullopt;
  }
  const auto& column = columns[binding.column_index];
  if (column.IsVirtualColumn() || column.HasChildren()) return std::nullopt;
  return column.GetPrimaryIndex();
}

bool IsValue(const duckdb::Expression& expression) {
  return expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_CONSTANT &&
         !expression.Cast<duckdb::BoundConstantExpression>().value.IsNull();
}

std::optional<Aggregate> Read(duckdb::LogicalOperator& child, const duckdb::Expression& selected) {
  const auto& expression = selected.Cast<duckdb::BoundAggregateExpression>();
  if (expression.IsDistinct() || expression.filter || expression.order_bys) return std::nullopt;
  Aggregate result;
  result.type = expression.return_type;
  const auto& name = expression.function.name;
  if (name == "count_star") return result;
  if (expression.children.size() != 1) return std::nullopt;
  // COUNT(1), as long as DuckDB has not optimized it.
  if (name == "count" && IsValue(*expression.children[0])) return result;
  const auto column = FindColumn(child, *expression.children[0]);
  if (!column) return std::nullopt;
  result.column = *column;
  if (name == "count") {
    result.kind = Kind::kCountValues;
    return result;
  }
  if (name != "min" && name != "max") return std::nullopt;
  result.kind = name == "min" ? Kind::kMinimum : Kind::kMaximum;
  result.value = Value(result.type);
  const bool is_same_type = expression.children[0]->return_type == result.type;
  const bool is_collated = result.type.id() == duckdb::LogicalTypeId::VARCHAR &&
                           !duckdb::StringType::GetCollation(result.type).empty();
  return is_same_type && !is_collated ? std::optional(result) : std::nullopt;
}

class Rewriter {
 public:
  Rewriter(duckdb::ClientContext& context, duckdb::Binder& binder, duckdb::LogicalGet& get)
      : context_(context),
        binder_(binder),
        get_(get),
        list_(get.bind_data->Cast<duckdb::MultiFileBindData>().file_list->Cast<FragmentList>()),
        fields_(list_.target()->entry->table_schema().fields),
        prover_(context, *list_.target()->entry) {}

  // Splits the files into those that are answered here and those to scan. False: nothing to gain.
  bool Split(std::vector<Aggregate>& aggregates) {
    std::vector<ScanFile> scanned;
    for (const auto& file : list_.files()) {
      if (!Answer(file, aggregates)) scanned.push_back(file);
    }
    if (!scanned.empty() && scanned.size() == list_.files().size()) return false;
    needs_scan_ = !scanned.empty();
    scanned_ = list_.Only(std::move(scanned));
    return true;
  }

  // Answers all of them from what is known of whole columns and of inline rows, without a look at
  // any file but when these are few. False: nothing was answered.
  bool AnswerAll(std::vector<Aggregate>& aggregates) {
    if (!list_.is_all() || !get_.table_filters.filters.empty()) return false;
    auto answers = aggregates;
    const auto answer = [this](Aggregate& aggregate) { return AnswerWhole(aggregate); };
    if (!std::ranges::all_of(answers, answer)) {
      answers = aggregates;
      if (!AnswerFewFiles(answers)) return false;
    }
    const auto add_inline = [this](Aggregate& aggregate) { return AddInlineRows(aggregate); };
    if (list_.has_inline_rows() && !std::ranges::all_of(answers, add_inline)) return false;
    aggregates = std::move(answers);
    return true;
  }

  std::string Description(bool is_answered) const {
    if (!is_answered) return "not used: statistics answer for no file";
    if (!needs_scan_) return "used for all rows";
    return fmt::format("used, but for {} files", scanned_->files().size());
  }

  duckdb::unique_ptr<duckdb::LogicalOperator> Rewrite(
      duckdb::unique_ptr<duckdb::LogicalOperator> plan, const std::vector<Aggregate>& aggregates) {
    auto& old = plan->Cast<duckdb::LogicalAggregate>();
    const auto answered_index = old.aggregate_index;
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> answers;
    duckdb::unique_ptr<duckdb::LogicalOperator> child;
    const auto inner_index = binder_.GenerateTableIndex();
    for (size_t i = 0; i < aggregates.size(); ++i) {
      auto constant = duckdb::make_uniq<duckdb::BoundConstantExpression>(aggregates[i].answer());
      if (!needs_scan_) {
        answers.push_back(std::move(constant));
        continue;
      }
      auto computed = duckdb::make_uniq<duckdb::BoundColumnRefExpression>(
          aggregates[i].type, duckdb::ColumnBinding(inner_index, i));
      answers.push_back(Combine(aggregates[i], std::move(computed), std::move(constant)));
    }
    if (needs_scan_) {
      get_.bind_data->Cast<duckdb::MultiFileBindData>().file_list = scanned_;
      old.aggregate_index = inner_index;
      child = std::move(plan);
    } else {
      child = duckdb::make_uniq<duckdb::LogicalDummyScan>(inner_index);
    }
    auto projection =
        duckdb::make_uniq<duckdb::LogicalProjection>(answered_index, std::move(answers));
    projection->children.push_back(std::move(child));
    projection->SetEstimatedCardinality(1);
    projection->ResolveOperatorTypes();
    return projection;
  }

 private:
  // Adds the file's part to the values. False: its rows have to be read.
  bool Answer(const ScanFile& file, std::vector<Aggregate>& aggregates) {
    if (file.is_inline()) return false;
    const Fragment& fragment = *file.fragment;
    for (const auto& [column, filter] : get_.table_filters.filters) {
      const auto by_bounds = BoundsOf(column, *filter).Prove(file);
      const auto proof = by_bounds ? *by_bounds : prover_.Prove(fragment, column, *filter);
      if (proof == FilterProof::kNoRow) return true;
      if (proof == FilterProof::kUnknown) return false;
    }
    parts_.resize(aggregates.size());
    for (size_t i = 0; i < parts_.size(); ++i) {
      if (!ReadPart(file, aggregates[i], parts_[i])) return false;
    }
    for (size_t i = 0; i < parts_.size(); ++i) Add(parts_[i], aggregates[i]);
    return true;
  }

  const duckdb::LogicalType& TypeOf(size_t column) const {
    return list_.target()->entry->GetColumn(duckdb::LogicalIndex(column)).Type();
  }

  // Of all files.
  bool AnswerWhole(Aggregate& aggregate) const {
    const auto& snapshot = list_.target()->snapshot();
    const auto in_files = snapshot.live_row_count - snapshot.inline_rows.live_count();
    aggregate.count = static_cast<int64_t>(in_files);
    if (aggregate.kind == Kind::kCountRows) return true;
    const auto whole = list_.target()->catalog.whole_columns().Get(
        snapshot, fields_[aggregate.column], TypeOf(aggregate.column));
    if (aggregate.kind == Kind::kCountValues) {
      aggregate.count -= static_cast<int64_t>(whole.null_count.value_or(0));
      return whole.null_count.has_value();
    }
    const auto& extreme = aggregate.kind == Kind::kMinimum ? whole.minimum : whole.maximum;
    if (extreme) aggregate.value = *extreme;
    return extreme.has_value();
  }

  // Of all files, from what is known of the rows in each.
  bool AnswerFewFiles(std::vector<Aggregate>& aggregates) {
    if (list_.fragment_count() > kFewFiles) return false;
    return std::ranges::all_of(list_.files(), [&](const ScanFile& file) {
      return file.is_inline() || Answer(file, aggregates);
    });
  }

  bool AddInlineRows(Aggregate& aggregate) {
    const auto& snapshot = list_.target()->snapshot();
    if (aggregate.kind == Kind::kCountRows) {
      aggregate.count += static_cast<int64_t>(snapshot.inline_rows.live_count());
      return true;
    }
    const auto [found, is_new] = inline_columns_.try_emplace(aggregate.column);
    auto& known = found->second;
    if (is_new) {
      known = FindInlineColumn(context_, snapshot, list_.target()->catalog.inline_blocks(),
                               fields_[aggregate.column], TypeOf(aggregate.column));
    }
    if (!known) return false;
    Part part{static_cast<int64_t>(known->value_count),
              aggregate.kind == Kind::kMinimum ? known->minimum : known->maximum};
    Add(part, aggregate);
    return true;
  }

  // What a file adds to an aggregate.
  struct Part {
    int64_t count = 0;
    Value value;
  };

  // False: statistics do not tell.
  bool ReadPart(const ScanFile& file, const Aggregate& aggregate, Part& part) {
    if (!aggregate.is_count()) {
      auto value = ExtremeOf(file, aggregate);
      if (value) part.value = *std::move(value);
      return value.has_value();
    }
    const auto count = CountOf(file, aggregate);
    part.count = count.value_or(0);
    return count.has_value();
  }

  std::optional<int64_t> CountOf(const ScanFile& file, const Aggregate& aggregate) {
    const Fragment& fragment = *file.fragment;
    const auto live = static_cast<int64_t>(fragment.live_count());
    if (aggregate.kind == Kind::kCountRows) return live;
    const auto* known = StatisticsOfField(fragment, fields_[aggregate.column].id);
    if (known == nullptr) return std::nullopt;
    if (known->null_count == 0) return live;
    if (known->null_count == fragment.row_count) return 0;
    const auto nulls = LiveNullCount(file, aggregate.column, known->null_count);
    if (!nulls) return std::nullopt;
    return live - static_cast<int64_t>(*nulls);
  }

  std::optional<Value> ExtremeOf(const ScanFile& file, const Aggregate& aggregate) {
    const Fragment& fragment = *file.fragment;
    const auto* known = StatisticsOfField(fragment, fields_[aggregate.column].id);
    // Without: written before the column was added, or a nested column.
    if (known == nullptr) return std::nullopt;
    if (known->null_count == fragment.row_count) return Value(aggregate.type);
    const bool is_minimum = aggregate.kind == Kind::kMinimum;
    if (!is_minimum && known->has_nan) return std::nullopt;
    const bool is_exact = is_minimum ? known->lower_is_exact : known->upper_is_exact;
    if (!is_exact && !IsHeld(file.fragment, aggregate.column, is_minimum)) {
      return LiveExtreme(file.fragment, aggregate.column, is_minimum);
    }
    return ParseBound(is_minimum ? known->lower_bound : known->upper_bound, aggregate.type);
  }

  const FilterBounds& BoundsOf(duckdb::column_t column, const duckdb::TableFilter& filter) {
    const auto found = bounds_.find(column);
    if (found != bounds_.end()) return found->second;
    const FilterBounds bounds(context_, *list_.target(), column, filter);
    return bounds_.emplace(column, bounds).first->second;
  }

  // The file is read for it once. Null when that would be too much, or there is nothing to find.
  BoundHoldersPointer HoldersOf(const FragmentPointer& fragment, size_t column) {
    if (auto known = KnownBoundHolders(*list_.target()->entry, fragment, column)) return known;
    const auto rows = std::min(fragment->row_count, kRowsPerSearch);
    if (rows_read_ + rows > kRowsReadMax) return nullptr;
    rows_read_ += rows;
    return FindBoundHolders(context_, *list_.target()->entry, fragment, column);
  }

  // `stored`: NULLs in the file, those of deleted rows included.
  std::optional<uint64_t> LiveNullCount(const ScanFile& file, size_t column, uint64_t stored) {
    if (file.fragment->deletes == nullptr) return stored;
    const auto deleted = CountDeletedNulls(context_, file, column, kRowsReadMax - rows_read_);
    if (!deleted || *deleted > stored) return std::nullopt;
    return stored - *deleted;
  }

  // Rows were deleted, but one that holds the bound was not.
  bool IsHeld(const FragmentPointer& fragment, size_t column, bool is_lower) {
    if (fragment->deletes == nullptr) return false;
    const auto holders = HoldersOf(fragment, column);
    if (holders == nullptr) return false;
    return std::ranges::any_of(is_lower ? holders->lower : holders->upper, [&](uint64_t position) {
      return !fragment->deletes->Contains(position);
    });
  }

  // All rows that hold the bound were deleted: the next value. Read once, for many deletes to come,
  // where it was not noted. Or the bound is a long text, of which statistics have a part.
  std::optional<Value> LiveExtreme(const FragmentPointer& fragment, size_t column, bool is_lower) {
    const bool is_whole = fragment->deletes == nullptr;
    const auto holders = is_whole ? KnownBoundHolders(*list_.target()->entry, fragment, column)
                                  : HoldersOf(fragment, column);
    if (holders == nullptr) return std::nullopt;
    const auto first = [&](const LiveExtremes& known) {
      const auto* deletes = fragment->deletes.get();
      return is_lower ? known.Minimum(deletes) : known.Maximum(deletes);
    };
    if (holders->extremes != nullptr) {
      if (auto value = first(*holders->extremes)) return value;
    }
    if (is_whole) return std::nullopt;
    const auto rows = fragment->row_count / kRowsPerRowRead;
    if (rows_read_ + rows > kRowsReadMax) return std::nullopt;
    rows_read_ += rows;
    auto updated = std::make_shared<BoundHolders>(*holders);
    updated->extremes = FindLiveExtremes(context_, *list_.target()->entry, fragment, column);
    list_.target()->catalog.bound_holders().Put(fragment->path, fields_[column].id, updated);
    return first(*updated->extremes);
  }

  static void Add(Part& part, Aggregate& aggregate) {
    aggregate.count += part.count;
    if (aggregate.is_count()) return;
    auto& value = part.value;
    if (value.IsNull()) return;
    const bool is_better =
        aggregate.value.IsNull() ||
        (aggregate.kind == Kind::kMinimum ? value < aggregate.value : value > aggregate.value);
    if (is_better) aggregate.value = std::move(value);
  }

  duckdb::unique_ptr<duckdb::Expression> Combine(const Aggregate& aggregate,
                                                 duckdb::unique_ptr<duckdb::Expression> computed,
                                                 duckdb::unique_ptr<duckdb::Expression> constant) {
    // These two leave NULL out, as MIN and MAX do.
    const char* function = aggregate.kind == Kind::kMinimum   ? "least"
                           : aggregate.kind == Kind::kMaximum ? "greatest"
                                                              : "+";
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> arguments;
    arguments.push_back(std::move(computed));
    arguments.push_back(std::move(constant));
    duckdb::FunctionBinder binder(context_);
    duckdb::ErrorData error;
    auto bound = binder.BindScalarFunction(DEFAULT_SCHEMA, function, std::move(arguments), error,
                                           function[0] == '+');
    if (error.HasError()) error.Throw();
    return duckdb::BoundCastExpression::AddCastToType(context_, std::move(bound), aggregate.type);
  }

  duckdb::ClientContext& context_;
  duckdb::Binder& binder_;
  duckdb::LogicalGet& get_;
  const FragmentList& list_;
  const std::vector<Field>& fields_;
  const FilterProver prover_;
  duckdb::shared_ptr<FragmentList> scanned_;
  std::map<duckdb::column_t, FilterBounds> bounds_;  // of the scan's filters
  std::vector<Part> parts_;                          // of the file that is being answered
  std::map<size_t, std::optional<InlineColumn>> inline_columns_;  // that were asked for
  bool needs_scan_ = false;
  uint64_t rows_read_ = 0;  // by HoldersOf
};

bool IsUngrouped(duckdb::LogicalOperator& op) {
  if (op.type != LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) return false;
  const auto& aggregate = op.Cast<duckdb::LogicalAggregate>();
  return aggregate.groups.empty() && aggregate.grouping_functions.empty() &&
         aggregate.grouping_sets.size() <= 1 && !aggregate.expressions.empty();
}

// The aggregates of a plan; absent when there are others than those of this file.
std::optional<std::vector<Aggregate>> ReadAll(duckdb::LogicalOperator& plan) {
  std::vector<Aggregate> aggregates;
  for (const auto& expression : plan.expressions) {
    auto aggregate = Read(*plan.children[0], *expression);
    if (!aggregate) return std::nullopt;
    aggregates.push_back(*std::move(aggregate));
  }
  return aggregates;
}

// `answer`: a member of Rewriter that says whether the plan can be written anew.
using Answer = bool (Rewriter::*)(std::vector<Aggregate>&);

// False: none was written anew.
bool RewriteEach(duckdb::OptimizerExtensionInput& input,
                 duckdb::unique_ptr<duckdb::LogicalOperator>& plan, Answer answer, bool is_last) {
  if (!IsUngrouped(*plan)) {
    bool is_answered = false;
    for (auto& child : plan->children) {
      is_answered |= RewriteEach(input, child, answer, is_last);
    }
    return is_answered;
  }
  auto* get = FindScan(*plan->children[0]);
  auto aggregates = get != nullptr ? ReadAll(*plan) : std::nullopt;
  if (!aggregates) {
    if (is_last) NoteAccelerator(kAccelerator, "not used: other aggregates or operators");
    return false;
  }
  Rewriter rewriter(input.context, input.optimizer.binder, *get);
  const bool is_answered = (rewriter.*answer)(*aggregates);
  if (is_answered || is_last) NoteAccelerator(kAccelerator, rewriter.Description(is_answered));
  if (is_answered) plan = rewriter.Rewrite(std::move(plan), *aggregates);
  return is_answered;
}

// Projections over a single row of nothing.
bool IsOneRow(const duckdb::LogicalOperator& plan) {
  const auto* op = &plan;
  while (op->type == LogicalOperatorType::LOGICAL_PROJECTION) op = op->children[0].get();
  return op->type == LogicalOperatorType::LOGICAL_DUMMY_SCAN;
}

// Has `plan` state what it refers to in the projection below, which goes then.
void MergeProjections(duckdb::LogicalOperator& plan) {
  auto& below = *plan.children[0];
  if (below.type != LogicalOperatorType::LOGICAL_PROJECTION) return;
  const auto is_column = [](const auto& expression) {
    return expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF;
  };
  if (!std::ranges::all_of(plan.expressions, is_column)) return;
  for (auto& expression : plan.expressions) {
    const auto& column = expression->Cast<duckdb::BoundColumnRefExpression>();
    expression = below.expressions[column.binding.column_index]->Copy();
  }
  plan.children[0] = duckdb::unique_ptr<duckdb::LogicalOperator>(std::move(below.children[0]));
}

}  // namespace

void AnswerFromWholeColumns(duckdb::OptimizerExtensionInput& input,
                            duckdb::unique_ptr<duckdb::LogicalOperator>& plan) {
  if (!RewriteEach(input, plan, &Rewriter::AnswerAll, false)) return;
  auto& statement = plan->type == LogicalOperatorType::LOGICAL_EXPLAIN ? plan->children[0] : plan;
  if (statement->type != LogicalOperatorType::LOGICAL_PROJECTION || !IsOneRow(*statement)) return;
  MergeProjections(*statement);
  statement = duckdb::make_uniq<LogicalSmallPlan>(std::move(statement));
}

void AnswerBehindBinder(duckdb::PlannerExtensionInput& input, duckdb::BoundStatement& statement) {
  auto& plan = statement.plan;
  if (plan == nullptr || plan->type != LogicalOperatorType::LOGICAL_PROJECTION) return;
  auto* place = &plan;
  while ((*place)->type == LogicalOperatorType::LOGICAL_PROJECTION) place = &(*place)->children[0];
  if (!IsUngrouped(**place)) return;
  auto* get = FindScan(*(*place)->children[0]);
  if (get == nullptr || !MayBecomeSmallPlan(input)) return;
  if (!IsSettingOn(input.context, "icefall_metadata_aggregates")) return;
  auto aggregates = ReadAll(**place);
  if (!aggregates) return;
  Rewriter rewriter(input.context, input.binder, *get);
  if (!rewriter.AnswerAll(*aggregates)) return;
  if (auto* watch = StatementWatch::Current()) watch->See(input.context, plan);
  // Else its answer is kept.
  if (plan->type == LogicalOperatorType::LOGICAL_PROJECTION) {
    *place = rewriter.Rewrite(std::move(*place), *aggregates);
    MergeProjections(*plan);
  }
  plan = duckdb::make_uniq<LogicalSmallPlan>(std::move(plan));
}

void UseMetadata(duckdb::OptimizerExtensionInput& input,
                 duckdb::unique_ptr<duckdb::LogicalOperator>& plan) {
  RewriteEach(input, plan, &Rewriter::Split, true);
}

}  // namespace icefall
