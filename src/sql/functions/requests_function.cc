#include "sql/functions/requests_function.h"

#include <optional>
#include <set>
#include <utility>

#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/database_manager.hpp"

#include "sql/functions/value_rows.h"
#include "sql/icedb/icedb_catalog.h"
#include "sql/icefall_catalog.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

void AddRow(ValueRows& rows, const std::string& name, const std::optional<RequestCounts>& sent) {
  if (!sent) return;
  rows.rows.push_back({Value(name), Value::UBIGINT(sent->reads), Value::UBIGINT(sent->lists),
                       Value::UBIGINT(sent->writes)});
}

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  ValueRows rows;
  rows.names = {"database", "reads", "lists", "writes"};
  rows.types = {LogicalType::VARCHAR, LogicalType::UBIGINT, LogicalType::UBIGINT,
                LogicalType::UBIGINT};
  std::set<const OpenIcedbTable*> attached_tables;
  for (const auto& attached : duckdb::DatabaseManager::Get(context).GetDatabases(context)) {
    auto& catalog = attached->GetCatalog();
    if (auto* icedb = dynamic_cast<IcedbCatalog*>(&catalog)) {
      attached_tables.insert(&icedb->open());
      AddRow(rows, catalog.GetName(), icedb->open().requests());
    } else if (auto* icefall = dynamic_cast<IcefallCatalog*>(&catalog)) {
      AddRow(rows, catalog.GetName(), icefall->database().store().requests());
    }
  }
  for (const auto& table : input.info->Cast<IcedbTables>().All()) {
    if (!attached_tables.contains(table.get())) AddRow(rows, table->name, table->requests());
  }
  return BindValueRows(std::move(rows), types, names);
}

}  // namespace

duckdb::TableFunction RequestsFunction() {
  return MakeValueRowsFunction("icefall_requests", {}, Bind);
}

}  // namespace icefall
