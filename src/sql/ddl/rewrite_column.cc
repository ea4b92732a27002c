#include "sql/ddl/rewrite_column.h"

#include <utility>

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/parallel/thread_context.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression_binder/alter_binder.hpp"

#include "sql/scan/row_scanner.h"
#include "sql/scan/virtual_columns.h"
#include "sql/write/new_rows.h"
#include "sql/write/row_constraints.h"
#include "sql/write/statement_change.h"

namespace icefall {
namespace {

using duckdb::DataChunk;

// Computes the column's new values from the stored columns of the old rows.
class NewValues {
 public:
  NewValues(duckdb::ClientContext& context, IcefallTableEntry& before, const std::string& column,
            const duckdb::LogicalType& type, duckdb::unique_ptr<duckdb::ParsedExpression> parsed)
      : executor_(context) {
    if (!parsed) parsed = duckdb::make_uniq<duckdb::ColumnRefExpression>(column);
    auto binder = duckdb::Binder::CreateBinder(context);
    duckdb::vector<duckdb::LogicalIndex> used;
    duckdb::AlterBinder alter_binder(*binder, context, before, used, type);
    expression_ = alter_binder.Bind(parsed);
    expression_ = duckdb::BoundCastExpression::AddCastToType(context, std::move(expression_), type);
    executor_.AddExpression(*expression_);
    duckdb::vector<duckdb::LogicalType> types;
    for (const auto logical : used) {
      const auto& definition = before.GetColumn(logical);
      inputs_.push_back(definition.Physical().index);
      types.push_back(definition.Type());
    }
    input_.InitializeEmpty(types);
  }

  void Compute(DataChunk& stored, duckdb::Vector& result) {
    for (size_t i = 0; i < inputs_.size(); ++i) input_.data[i].Reference(stored.data[inputs_[i]]);
    input_.SetCardinality(stored.size());
    executor_.ExecuteExpression(input_, result);
  }

 private:
  duckdb::unique_ptr<duckdb::Expression> expression_;
  duckdb::ExpressionExecutor executor_;
  std::vector<size_t> inputs_;  // positions of stored columns
  DataChunk input_;
};

// Ids that this transaction gave will still change, so they cannot be stored.
void DropProvisionalIds(duckdb::Vector& ids, duckdb::idx_t count, RowId first_provisional) {
  ids.Flatten(count);
  const auto* values = duckdb::FlatVector::GetData<int64_t>(ids);
  for (duckdb::idx_t i = 0; i < count; ++i) {
    if (static_cast<uint64_t>(values[i]) >= first_provisional.value) {
      duckdb::FlatVector::SetNull(ids, i, true);
    }
  }
}

}  // namespace

void RewriteColumn(IcefallTransaction& transaction, duckdb::ClientContext& context,
                   IcefallTableEntry& before, const std::string& column,
                   duckdb::unique_ptr<duckdb::ParsedExpression> expression) {
  auto& after = transaction.TableEntry(before.object(), transaction.Table(before.uuid()));
  const auto target = after.GetColumn(column).Physical().index;
  StatementChange statement(context, after, "alter");
  NewRows new_rows(context, transaction, statement.table(), StoredLineage::kRowIds, RowOrder::kAny);
  NewValues values(context, before, column, after.GetColumn(column).Type(), std::move(expression));

  duckdb::vector<duckdb::column_t> columns;
  for (const auto field : before.definition().stored_fields) columns.push_back(field);
  columns.push_back(kRowIdColumn);
  RowScanner scanner(context, before.shared_from_this(), columns);
  DataChunk old_rows;
  old_rows.Initialize(context, scanner.types());
  auto types = after.definition().stored_types;
  types.push_back(duckdb::LogicalType::BIGINT);
  DataChunk rows;
  rows.Initialize(context, types);

  duckdb::ThreadContext thread(context);
  duckdb::ExecutionContext execution(context, thread, nullptr);
  const auto bound = duckdb::Binder::CreateBinder(context)->BindConstraints(after);
  RowConstraints constraints(context, statement.table(), bound);
  const auto local = new_rows.NewLocal(context);
  const auto keys = statement.keys().NewLocal();
  while (scanner.Next(old_rows)) {
    rows.Reset();
    for (size_t i = 0; i < types.size(); ++i) {
      if (i != target) rows.data[i].Reference(old_rows.data[i]);
    }
    values.Compute(old_rows, rows.data[target]);
    rows.SetCardinality(old_rows.size());
    DropProvisionalIds(rows.data.back(), rows.size(), statement.provisional_row_id());
    constraints.Verify(rows);
    statement.keys().Append(*keys, rows);
    new_rows.Append(execution, *local, rows);
  }
  new_rows.Combine(execution, *local, 0);
  statement.keys().Combine(*keys);
  statement.Add("rewritten_rows", new_rows.Finish(context));
  statement.Apply(context);
}

}  // namespace icefall
