#include "sql/functions/sequence_functions.h"

#include <utility>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_transaction.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/function/scalar/sequence_functions.hpp"
#include "duckdb/function/scalar/sequence_utils.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/transaction/duck_transaction.hpp"
#include "duckdb/transaction/meta_transaction.hpp"
#include <fmt/format.h>

#include "sql/icefall_catalog.h"
#include "sql/icefall_transaction.h"

namespace icefall {
namespace {

bool IsOurs(const duckdb::SequenceCatalogEntry& sequence) {
  return sequence.catalog.GetCatalogType() == "icefall";
}

struct SequenceState : duckdb::FunctionLocalState {
  SequenceState(IcefallTransaction& own, duckdb::DuckTransaction& system_transaction,
                CatalogObjectPointer object)
      : transaction(own), system(system_transaction), sequence(std::move(object)) {}

  IcefallTransaction& transaction;
  duckdb::DuckTransaction& system;
  CatalogObjectPointer sequence;
};

duckdb::unique_ptr<duckdb::FunctionLocalState> InitSequence(
    duckdb::ExpressionState& state, const duckdb::BoundFunctionExpression& expression,
    duckdb::FunctionData* bound) {
  if (bound == nullptr) return nullptr;
  auto& entry = bound->Cast<duckdb::NextvalBindData>().sequence;
  if (!IsOurs(entry)) {
    return duckdb::NextvalFun::GetFunction().GetInitStateCallback()(state, expression, bound);
  }
  auto& context = state.GetContext();
  auto& transaction = IcefallTransaction::Get(context, entry.catalog);
  auto object = transaction.Names()->Find(ObjectKind::kSequence, {entry.schema.name, entry.name});
  if (!object) {
    throw duckdb::CatalogException(
        fmt::format("Sequence with name {} does not exist!", entry.name));
  }
  auto& system = duckdb::DuckTransaction::Get(context, duckdb::Catalog::GetSystemCatalog(context));
  return duckdb::make_uniq<SequenceState>(transaction, system, std::move(object));
}

int64_t NextValue(SequenceState& state) {
  return state.transaction.catalog().sequences().Next(state.transaction, state.system,
                                                      *state.sequence);
}

int64_t CurrentValue(SequenceState& state) {
  return state.transaction.catalog().sequences().Current(state.transaction, *state.sequence);
}

template <duckdb::ScalarFunction (*Original)(), int64_t (*Value)(SequenceState&)>
void Run(duckdb::DataChunk& arguments, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const auto& expression = state.expr.Cast<duckdb::BoundFunctionExpression>();
  if (!expression.bind_info ||
      !IsOurs(expression.bind_info->Cast<duckdb::NextvalBindData>().sequence)) {
    Original().GetFunctionCallback()(arguments, state, result);
    return;
  }
  auto& own = duckdb::ExecuteFunctionState::GetFunctionState(state)->Cast<SequenceState>();
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* values = duckdb::FlatVector::GetData<int64_t>(result);
  for (duckdb::idx_t row = 0; row < arguments.size(); ++row) values[row] = Value(own);
}

void Replace(duckdb::DatabaseInstance& db, duckdb::ScalarFunction function) {
  duckdb::CreateScalarFunctionInfo info(std::move(function));
  info.internal = true;
  info.on_conflict = duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(db);
  duckdb::Catalog::GetSystemCatalog(db).CreateFunction(transaction, info);
}

template <duckdb::ScalarFunction (*Original)(), int64_t (*Value)(SequenceState&)>
void Register(duckdb::DatabaseInstance& db) {
  auto function = Original();
  function.SetFunctionCallback(Run<Original, Value>);
  function.SetInitStateCallback(InitSequence);
  Replace(db, std::move(function));
}

void TransactionId(duckdb::DataChunk&, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const auto& transaction = duckdb::MetaTransaction::Get(state.GetContext());
  result.Reference(duckdb::Value::UBIGINT(transaction.global_transaction_id));
}

// DuckDB's own one ends in an internal error where the default database is not one of DuckDB's.
void RegisterTransactionId(duckdb::DatabaseInstance& db) {
  duckdb::ScalarFunction function("txid_current", {}, duckdb::LogicalType::UBIGINT, TransactionId);
  function.SetStability(duckdb::FunctionStability::CONSISTENT_WITHIN_QUERY);
  Replace(db, std::move(function));
}

}  // namespace

void RegisterSequenceFunctions(duckdb::DatabaseInstance& db) {
  Register<duckdb::NextvalFun::GetFunction, NextValue>(db);
  Register<duckdb::CurrvalFun::GetFunction, CurrentValue>(db);
  RegisterTransactionId(db);
}

}  // namespace icefall
