#include "sql/functions/table_argument.h"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/parser/qualified_name.hpp"
#include "duckdb/planner/binder.hpp"
#include <fmt/format.h>

#include "sql/icefall_catalog.h"

namespace icefall {

TableArgument FindTableArgument(duckdb::ClientContext& context, const duckdb::Value& name) {
  if (name.IsNull()) {
    throw duckdb::InvalidInputException("expected the name of a table, found NULL");
  }
  auto parsed = duckdb::QualifiedName::Parse(duckdb::StringValue::Get(name));
  duckdb::Binder::BindSchemaOrCatalog(context, parsed.catalog, parsed.schema);
  auto& entry = duckdb::Catalog::GetEntry<duckdb::TableCatalogEntry>(context, parsed.catalog,
                                                                     parsed.schema, parsed.name);
  if (entry.ParentCatalog().GetCatalogType() != "icefall") {
    throw duckdb::InvalidInputException(fmt::format(
        "table '{}' is in database '{}' of type {}, expected one of type icefall", entry.name,
        entry.ParentCatalog().GetName(), entry.ParentCatalog().GetCatalogType()));
  }
  auto& transaction = IcefallTransaction::Get(context, entry.ParentCatalog());
  return {transaction, entry.Cast<IcefallTableEntry>().shared_from_this()};
}

}  // namespace icefall
