#include "sql/functions/requests_function.h"

#include <utility>

#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/database_manager.hpp"

#include "sql/functions/value_rows.h"
#include "sql/icefall_catalog.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput&,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  ValueRows rows;
  rows.names = {"database", "reads", "lists", "writes"};
  rows.types = {LogicalType::VARCHAR, LogicalType::UBIGINT, LogicalType::UBIGINT,
                LogicalType::UBIGINT};
  for (const auto& attached : duckdb::DatabaseManager::Get(context).GetDatabases(context)) {
    auto& catalog = attached->GetCatalog();
    if (catalog.GetCatalogType() != "icefall") continue;
    const auto sent = catalog.Cast<IcefallCatalog>().database().store().requests();
    if (!sent) continue;
    rows.rows.push_back({Value(catalog.GetName()), Value::UBIGINT(sent->reads),
                         Value::UBIGINT(sent->lists), Value::UBIGINT(sent->writes)});
  }
  return BindValueRows(std::move(rows), types, names);
}

}  // namespace

duckdb::TableFunction RequestsFunction() {
  return MakeValueRowsFunction("icefall_requests", {}, Bind);
}

}  // namespace icefall
