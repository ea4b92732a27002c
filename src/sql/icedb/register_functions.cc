#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_transaction.hpp"
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"

#include "icedb/bucket.h"
#include "sql/functions/requests_function.h"
#include "sql/icedb/icedb_functions.h"

namespace icefall {
namespace {

void BucketNumbers(duckdb::DataChunk& texts, duckdb::ExpressionState&, duckdb::Vector& numbers) {
  duckdb::UnaryExecutor::Execute<duckdb::string_t, uint64_t>(
      texts.data[0], numbers, texts.size(), [](duckdb::string_t text) {
        return icedb::BucketNumber({text.GetData(), text.GetSize()});
      });
}

template <typename Info, typename Function>
void Register(duckdb::DatabaseInstance& db, Function function) {
  Info info(std::move(function));
  info.on_conflict = duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(db);
  duckdb::Catalog::GetSystemCatalog(db).CreateFunction(transaction, info);
}

}  // namespace

void RegisterIcedbFunctions(duckdb::DatabaseInstance& db,
                            const duckdb::shared_ptr<IcedbTables>& tables) {
  auto functions = IcedbReadFunctions();
  for (auto& function : IcedbChangeFunctions()) functions.push_back(std::move(function));
  functions.push_back(IcedbScanFunction());
  functions.push_back(RequestsFunction());
  for (auto& function : functions) {
    function.function_info = tables;
    Register<duckdb::CreateTableFunctionInfo>(db, std::move(function));
  }
  Register<duckdb::CreateScalarFunctionInfo>(
      db, duckdb::ScalarFunction("icedb_bucket_number", {duckdb::LogicalType::VARCHAR},
                                 duckdb::LogicalType::UBIGINT, BucketNumbers));
}

}  // namespace icefall
