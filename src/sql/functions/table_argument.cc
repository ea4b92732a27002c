#include "sql/functions/table_argument.h"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/main/client_data.hpp"
#include "duckdb/parser/qualified_name.hpp"
#include "duckdb/planner/binder.hpp"
#include <fmt/format.h>

namespace icefall {

namespace {

duckdb::QualifiedName ParseArgument(duckdb::ClientContext& context, const duckdb::Value& name) {
  if (name.IsNull()) {
    throw duckdb::InvalidInputException("expected the name of a table, found NULL");
  }
  auto parsed = duckdb::QualifiedName::Parse(duckdb::StringValue::Get(name));
  duckdb::Binder::BindSchemaOrCatalog(context, parsed.catalog, parsed.schema);
  return parsed;
}

void CheckIsIcefall(duckdb::Catalog& catalog, const std::string& table) {
  if (catalog.GetCatalogType() == "icefall") return;
  throw duckdb::InvalidInputException(
      fmt::format("table '{}' is in database '{}' of type {}, expected one of type icefall", table,
                  catalog.GetName(), catalog.GetCatalogType()));
}

}  // namespace

TableArgument FindTableArgument(duckdb::ClientContext& context, const duckdb::Value& name) {
  const auto parsed = ParseArgument(context, name);
  auto& entry = duckdb::Catalog::GetEntry<duckdb::TableCatalogEntry>(context, parsed.catalog,
                                                                     parsed.schema, parsed.name);
  CheckIsIcefall(entry.ParentCatalog(), entry.name);
  auto& transaction = IcefallTransaction::Get(context, entry.ParentCatalog());
  return {transaction, entry.Cast<IcefallTableEntry>().shared_from_this()};
}

NamedTable FindNamedTable(duckdb::ClientContext& context, const duckdb::Value& name) {
  auto parsed = ParseArgument(context, name);
  const auto& current = duckdb::ClientData::Get(context).catalog_search_path->GetDefault();
  if (parsed.schema.empty()) {
    const bool is_current = parsed.catalog.empty() || parsed.catalog == current.catalog;
    parsed.schema = is_current ? current.schema : DEFAULT_SCHEMA;
  }
  if (parsed.catalog.empty()) parsed.catalog = current.catalog;
  auto& catalog = duckdb::Catalog::GetCatalog(context, parsed.catalog);
  CheckIsIcefall(catalog, parsed.name);
  return {catalog.Cast<IcefallCatalog>(), {parsed.schema, parsed.name}};
}

IcefallCatalog& FindNamedDatabase(duckdb::ClientContext& context, const duckdb::Value& name) {
  const auto& current = duckdb::ClientData::Get(context).catalog_search_path->GetDefault();
  auto& catalog = duckdb::Catalog::GetCatalog(
      context, name.IsNull() ? current.catalog : duckdb::StringValue::Get(name));
  if (catalog.GetCatalogType() == "icefall") return catalog.Cast<IcefallCatalog>();
  throw duckdb::InvalidInputException(
      fmt::format("database '{}' is of type {}, expected one of type icefall", catalog.GetName(),
                  catalog.GetCatalogType()));
}

}  // namespace icefall
