#include "sql/write/row_constraints.h"

#include "duckdb/common/error_data.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/parser/constraints/check_constraint.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/constraints/bound_check_constraint.hpp"
#include "duckdb/planner/constraints/bound_not_null_constraint.hpp"
#include "duckdb/planner/expression_binder/check_binder.hpp"

namespace icefall {

RowConstraints::RowConstraints(duckdb::ClientContext& context, TableEntryPointer table,
                               const BoundConstraints& constraints)
    : table_(std::move(table)) {
  const auto& written = table_->GetConstraints();
  for (size_t i = 0; i < constraints.size(); ++i) {
    auto& constraint = *constraints[i];
    if (constraint.type == duckdb::ConstraintType::NOT_NULL) {
      required_.push_back(constraint.Cast<duckdb::BoundNotNullConstraint>().index.index);
    } else if (constraint.type == duckdb::ConstraintType::CHECK) {
      auto& check = constraint.Cast<duckdb::BoundCheckConstraint>();
      Check entry;
      // The binder answers one bound constraint per written one, in order.
      entry.text = i < written.size() && written[i]->type == duckdb::ConstraintType::CHECK
                       ? written[i]->ToString()
                       : "CHECK(" + check.expression->ToString() + ")";
      entry.executor = std::make_unique<duckdb::ExpressionExecutor>(context, *check.expression);
      checks_.push_back(std::move(entry));
    }
  }
  if (table_->HasGeneratedColumns()) BindGenerated(context);
}

void RowConstraints::BindGenerated(duckdb::ClientContext& context) {
  const auto binder = duckdb::Binder::CreateBinder(context);
  duckdb::physical_index_set_t ignored;
  // Columns of the expressions become those of the stored rows.
  duckdb::CheckBinder columns(*binder, context, table_->name, table_->GetColumns(), ignored);
  for (const auto& column : table_->GetColumns().Logical()) {
    if (!column.Generated()) continue;
    columns.target_type = column.Type();
    auto expression = column.GeneratedExpression().Copy();
    auto bound = columns.Bind(expression);
    auto executor = std::make_unique<duckdb::ExpressionExecutor>(context, *bound);
    generated_.push_back({column.Logical(), std::move(bound), std::move(executor)});
  }
}

void RowConstraints::VerifyGenerated(Generated& generated, duckdb::DataChunk& rows) const {
  const auto& column = table_->GetColumns().GetColumn(generated.column);
  duckdb::Vector result(column.Type(), rows.size());
  try {
    generated.executor->ExecuteExpression(rows, result);
  } catch (std::exception& exception) {
    throw duckdb::ConstraintException("Incorrect value for generated column \"%s %s AS (%s)\" : %s",
                                      column.Name(), column.Type().ToString(),
                                      column.GeneratedExpression().ToString(),
                                      duckdb::ErrorData(exception).RawMessage());
  }
}

void RowConstraints::VerifyCheck(Check& check, duckdb::DataChunk& rows) const {
  duckdb::Vector result(duckdb::LogicalType::INTEGER);
  try {
    check.executor->ExecuteExpression(rows, result);
  } catch (std::exception& exception) {
    throw duckdb::ConstraintException(
        "CHECK constraint failed on table %s with expression %s (Error: %s)", table_->name,
        check.text, duckdb::ErrorData(exception).RawMessage());
  }
  duckdb::UnifiedVectorFormat format;
  result.ToUnifiedFormat(rows.size(), format);
  const auto* values = duckdb::UnifiedVectorFormat::GetData<int32_t>(format);
  for (size_t row = 0; row < rows.size(); ++row) {
    const auto index = format.sel->get_index(row);
    // NULL passes, as the standard has it.
    if (format.validity.RowIsValid(index) && values[index] == 0) {
      throw duckdb::ConstraintException("CHECK constraint failed on table %s with expression %s",
                                        table_->name, check.text);
    }
  }
}

void RowConstraints::Verify(duckdb::DataChunk& rows) {
  for (const size_t column : required_) {
    if (!duckdb::VectorOperations::HasNull(rows.data[column], rows.size())) continue;
    throw duckdb::ConstraintException("NOT NULL constraint failed: %s.%s", table_->name,
                                      table_->StoredField(duckdb::PhysicalIndex(column)).name);
  }
  for (auto& check : checks_) VerifyCheck(check, rows);
  for (auto& generated : generated_) VerifyGenerated(generated, rows);
}

}  // namespace icefall
