#include "sql/scan/row_lineage.h"

#include <utility>

#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

namespace icefall {
namespace {

using duckdb::Expression;
using duckdb::LogicalType;

duckdb::unique_ptr<Expression> Reference(duckdb::idx_t index) {
  return duckdb::make_uniq<duckdb::BoundReferenceExpression>(LogicalType::BIGINT, index);
}

duckdb::unique_ptr<Expression> Constant(uint64_t value) {
  return duckdb::make_uniq<duckdb::BoundConstantExpression>(
      duckdb::Value::BIGINT(static_cast<int64_t>(value)));
}

duckdb::unique_ptr<Expression> Coalesce(duckdb::unique_ptr<Expression> first,
                                        duckdb::unique_ptr<Expression> second) {
  auto result = duckdb::make_uniq<duckdb::BoundOperatorExpression>(
      duckdb::ExpressionType::OPERATOR_COALESCE, LogicalType::BIGINT);
  result->children.push_back(std::move(first));
  result->children.push_back(std::move(second));
  return result;
}

// Adds the file's column with this field id to what the reader reads; false when it has none.
bool AddStoredColumn(duckdb::BaseFileReader& reader, int32_t field_id) {
  for (size_t i = 0; i < reader.columns.size(); ++i) {
    const auto& identifier = reader.columns[i].identifier;
    if (identifier.IsNull() || identifier.type().id() != duckdb::LogicalTypeId::INTEGER ||
        duckdb::IntegerValue::Get(identifier) != field_id) {
      continue;
    }
    reader.column_ids.push_back(duckdb::MultiFileLocalColumnId(i));
    reader.column_indexes.push_back(duckdb::ColumnIndex(i));
    return true;
  }
  return false;
}

}  // namespace

duckdb::unique_ptr<Expression> RowIdExpression(duckdb::ClientContext& context,
                                               const Fragment& fragment,
                                               duckdb::BaseFileReader& reader,
                                               duckdb::idx_t local_index) {
  const bool stored =
      fragment.has_row_ids && AddStoredColumn(reader, duckdb::MultiFileReader::ROW_ID_FIELD_ID);
  duckdb::FunctionBinder binder(context);
  duckdb::vector<duckdb::unique_ptr<Expression>> operands;
  operands.push_back(Reference(stored ? local_index + 1 : local_index));
  operands.push_back(Constant(fragment.first_row_id.value));
  duckdb::ErrorData error;
  auto sum = binder.BindScalarFunction(DEFAULT_SCHEMA, "+", std::move(operands), error, true);
  if (!sum) error.Throw();
  return stored ? Coalesce(Reference(local_index), std::move(sum)) : std::move(sum);
}

duckdb::unique_ptr<Expression> SequenceExpression(duckdb::ClientContext&, const Fragment& fragment,
                                                  duckdb::BaseFileReader& reader,
                                                  duckdb::idx_t local_index) {
  const auto added_at = fragment.added_at.value;
  if (!AddStoredColumn(reader, duckdb::MultiFileReader::LAST_UPDATED_SEQUENCE_NUMBER_ID)) {
    return Constant(added_at);
  }
  return Coalesce(Reference(local_index), Constant(added_at));
}

}  // namespace icefall
