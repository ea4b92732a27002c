#include "sql/accel/scan_path.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/operator/logical_filter.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"

#include "sql/accel/signature.h"

namespace icefall {
namespace {

using duckdb::BoundColumnRefExpression;
using duckdb::ColumnBinding;
using duckdb::LogicalOperatorType;

bool IsColumn(const duckdb::Expression& expression) {
  return expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF;
}

}  // namespace

std::optional<ScanPath> ScanPath::Find(duckdb::LogicalOperator& top) {
  ScanPath path;
  auto* op = &top;
  while (op->type == LogicalOperatorType::LOGICAL_PROJECTION ||
         op->type == LogicalOperatorType::LOGICAL_FILTER) {
    path.levels_.push_back(op);
    op = op->children[0].get();
  }
  if (op->type != LogicalOperatorType::LOGICAL_GET) return std::nullopt;
  auto& get = op->Cast<duckdb::LogicalGet>();
  const bool is_plain = get.function.name == "icefall_scan" && get.bind_data &&
                        !get.extra_info.sample_options && get.children.empty() &&
                        !(get.dynamic_filters && get.dynamic_filters->HasFilters());
  if (!is_plain) return std::nullopt;
  path.get_ = &get;
  return path;
}

const FragmentList& ScanPath::list() const {
  return get_->bind_data->Cast<duckdb::MultiFileBindData>().file_list->Cast<FragmentList>();
}

std::vector<const duckdb::Expression*> ScanPath::Conditions() const {
  std::vector<const duckdb::Expression*> conditions;
  for (const auto* op : levels_) {
    if (op->type != LogicalOperatorType::LOGICAL_FILTER) continue;
    for (const auto& condition : op->expressions) conditions.push_back(condition.get());
  }
  return conditions;
}

std::optional<ScanPath::Source> ScanPath::SourceOf(const duckdb::Expression& expression) const {
  if (!IsColumn(expression)) return std::nullopt;
  const auto binding = expression.Cast<BoundColumnRefExpression>().binding;
  for (size_t level = 0; level < levels_.size(); ++level) {
    if (levels_[level]->type != LogicalOperatorType::LOGICAL_PROJECTION) continue;
    const auto& projection = levels_[level]->Cast<duckdb::LogicalProjection>();
    if (binding.table_index != projection.table_index) continue;
    return Source{projection.expressions[binding.column_index].get(), level};
  }
  return std::nullopt;
}

duckdb::unique_ptr<duckdb::Expression> ScanPath::OverScan(
    const duckdb::Expression& expression) const {
  if (const auto source = SourceOf(expression)) return OverScan(*source->expression);
  auto copy = expression.Copy();
  duckdb::ExpressionIterator::EnumerateChildren(
      *copy, [&](duckdb::unique_ptr<duckdb::Expression>& child) { child = OverScan(*child); });
  return copy;
}

std::optional<std::string> ScanPath::SignatureOver(duckdb::ClientContext& context,
                                                   const duckdb::Expression& expression) const {
  return SignatureOf(context, *OverScan(expression),
                     [this](const BoundColumnRefExpression& column) { return FieldOf(column); });
}

std::optional<size_t> ScanPath::PositionOf(const BoundColumnRefExpression& column) const {
  const auto& columns = get_->GetColumnIds();
  if (column.binding.table_index != get_->table_index ||
      column.binding.column_index >= columns.size()) {
    return std::nullopt;
  }
  const auto& index = columns[column.binding.column_index];
  if (index.IsVirtualColumn() || index.HasChildren() || index.IsPushdownExtract()) {
    return std::nullopt;
  }
  return index.GetPrimaryIndex();
}

const Field* ScanPath::FieldOf(const BoundColumnRefExpression& column) const {
  const auto position = PositionOf(column);
  const auto& fields = list().target()->entry->table_schema().fields;
  if (!position || *position >= fields.size() || fields[*position].generated_as) return nullptr;
  return &fields[*position];
}

bool ScanPath::ReadFrom(duckdb::vector<duckdb::column_t>& columns,
                        duckdb::unique_ptr<duckdb::Expression>& over_scan) const {
  if (IsColumn(*over_scan)) {
    const auto column = PositionOf(over_scan->Cast<BoundColumnRefExpression>());
    if (!column) return false;
    const auto found = std::ranges::find(columns, *column);
    const auto index = static_cast<size_t>(found - columns.begin());
    if (found == columns.end()) columns.push_back(*column);
    over_scan = duckdb::make_uniq<duckdb::BoundReferenceExpression>(over_scan->return_type, index);
    return true;
  }
  bool is_stored = true;
  duckdb::ExpressionIterator::EnumerateChildren(*over_scan,
                                                [&](duckdb::unique_ptr<duckdb::Expression>& child) {
                                                  is_stored = is_stored && ReadFrom(columns, child);
                                                });
  return is_stored;
}

duckdb::unique_ptr<duckdb::Expression> ScanPath::Lift(size_t level, ColumnBinding binding,
                                                      const duckdb::LogicalType& type) {
  while (level-- > 0) {
    auto& op = *levels_[level];
    if (op.type == LogicalOperatorType::LOGICAL_PROJECTION) {
      auto& projection = op.Cast<duckdb::LogicalProjection>();
      projection.expressions.push_back(duckdb::make_uniq<BoundColumnRefExpression>(type, binding));
      binding = ColumnBinding(projection.table_index, projection.expressions.size() - 1);
      continue;
    }
    auto& passed = op.Cast<duckdb::LogicalFilter>().projection_map;
    if (passed.empty()) continue;
    const auto below = op.children[0]->GetColumnBindings();
    const auto found = std::ranges::find(below, binding);
    passed.push_back(static_cast<duckdb::idx_t>(found - below.begin()));
  }
  return duckdb::make_uniq<BoundColumnRefExpression>(type, binding);
}

duckdb::unique_ptr<duckdb::Expression> ScanPath::AddColumn(duckdb::column_t column) {
  auto& columns = get_->GetMutableColumnIds();
  size_t index = 0;
  while (index < columns.size() && columns[index].GetPrimaryIndex() != column) ++index;
  if (index == columns.size()) columns.emplace_back(column);
  auto& projected = get_->projection_ids;
  if (!projected.empty() && std::ranges::find(projected, index) == projected.end()) {
    projected.push_back(index);
  }
  const auto& type = get_->GetColumnType(columns[index]);
  return Lift(levels_.size(), ColumnBinding(get_->table_index, index), type);
}

duckdb::unique_ptr<duckdb::Expression> ScanPath::AddExpression(
    size_t level, duckdb::unique_ptr<duckdb::Expression> expression) {
  auto& projection = levels_[level]->Cast<duckdb::LogicalProjection>();
  const auto type = expression->return_type;
  projection.expressions.push_back(std::move(expression));
  return Lift(level, ColumnBinding(projection.table_index, projection.expressions.size() - 1),
              type);
}

}  // namespace icefall
