#include "sql/ddl/stored_statement.h"

#include <utility>

#include "duckdb/catalog/catalog_entry/scalar_macro_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_macro_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/type_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/view_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/create_macro_info.hpp"
#include "duckdb/parser/parsed_data/create_type_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/statement/create_statement.hpp"
#include <fmt/format.h>

#include "database/catalog_change.h"
#include "sql/ddl/dependents.h"
#include "sql/errors.h"
#include "sql/icefall_transaction.h"

namespace icefall {
namespace {

std::shared_ptr<duckdb::CatalogEntry> MakeType(duckdb::ClientContext& context,
                                               duckdb::SchemaCatalogEntry& schema,
                                               const CatalogObject& object,
                                               duckdb::CreateTypeInfo& info) {
  info.name = object.name.name;
  // Without the name as its alias, as in DuckDB: comparing two types would prefer a named one.
  if (info.type.id() != duckdb::LogicalTypeId::ENUM) {
    info.type = duckdb::TransformStringToLogicalType(info.type.ToString(), context);
  }
  return std::make_shared<duckdb::TypeCatalogEntry>(schema.ParentCatalog(), schema, info);
}

std::shared_ptr<duckdb::CatalogEntry> MakeMacro(duckdb::SchemaCatalogEntry& schema,
                                                const CatalogObject& object,
                                                duckdb::CreateMacroInfo& info) {
  info.name = object.name.name;
  if (info.type == duckdb::CatalogType::TABLE_MACRO_ENTRY) {
    return std::make_shared<duckdb::TableMacroCatalogEntry>(schema.ParentCatalog(), schema, info);
  }
  return std::make_shared<duckdb::ScalarMacroCatalogEntry>(schema.ParentCatalog(), schema, info);
}

void ReadColumnComments(const CatalogObject& object, duckdb::CreateViewInfo& view) {
  const std::string prefix = kColumnComment;
  for (const auto& [name, comment] : object.properties) {
    if (!name.starts_with(prefix)) continue;
    view.column_comments_map[name.substr(prefix.size())] = duckdb::Value(comment);
  }
}

// As DuckDB's messages spell it.
std::string DisplayName(ObjectKind kind) {
  if (kind == ObjectKind::kMacro) return "Macro Function";
  if (kind == ObjectKind::kTableMacro) return "Table Macro Function";
  std::string name(ObjectKindName(kind));
  name.front() = duckdb::StringUtil::CharacterToUpper(name.front());
  return name;
}

}  // namespace

duckdb::unique_ptr<duckdb::CreateInfo> ParseDefinition(const duckdb::SchemaCatalogEntry& schema,
                                                       const CatalogObject& object) {
  duckdb::Parser parser;
  try {
    parser.ParseQuery(object.definition);
  } catch (const std::exception& exception) {
    throw duckdb::InvalidInputException(
        fmt::format("{} \"{}\": its definition cannot be parsed: {}", ObjectKindName(object.kind),
                    object.name.name, duckdb::ErrorData(exception).RawMessage()));
  }
  if (parser.statements.size() != 1 ||
      parser.statements[0]->type != duckdb::StatementType::CREATE_STATEMENT) {
    throw duckdb::InvalidInputException(
        fmt::format("{} \"{}\": expected a CREATE statement as its definition, found {}",
                    ObjectKindName(object.kind), object.name.name, object.definition));
  }
  auto info = std::move(parser.statements[0]->Cast<duckdb::CreateStatement>().info);
  info->catalog = schema.ParentCatalog().GetName();
  info->schema = schema.name;
  if (!object.comment.empty()) info->comment = duckdb::Value(object.comment);
  return info;
}

std::string StatementText(const duckdb::CreateInfo& info) {
  auto copy = info.Copy();
  copy->catalog.clear();
  copy->schema.clear();
  copy->on_conflict = duckdb::OnCreateConflict::ERROR_ON_CONFLICT;
  copy->temporary = false;
  return copy->ToString();
}

std::shared_ptr<duckdb::CatalogEntry> MakeObjectEntry(duckdb::ClientContext& context,
                                                      duckdb::SchemaCatalogEntry& schema,
                                                      const CatalogObject& object) {
  auto info = ParseDefinition(schema, object);
  switch (object.kind) {
    case ObjectKind::kView: {
      auto& view = info->Cast<duckdb::CreateViewInfo>();
      view.view_name = object.name.name;
      ReadColumnComments(object, view);
      return std::make_shared<duckdb::ViewCatalogEntry>(schema.ParentCatalog(), schema, view);
    }
    case ObjectKind::kType:
      return MakeType(context, schema, object, info->Cast<duckdb::CreateTypeInfo>());
    case ObjectKind::kMacro:
    case ObjectKind::kTableMacro:
      return MakeMacro(schema, object, info->Cast<duckdb::CreateMacroInfo>());
    default:
      throw duckdb::NotImplementedException(fmt::format(
          "{} \"{}\" cannot be used here", ObjectKindName(object.kind), object.name.name));
  }
}

bool PrepareCreate(IcefallTransaction& transaction, const ObjectName& name, ObjectKind kind,
                   duckdb::OnCreateConflict on_conflict) {
  const auto names = transaction.Names();
  const auto holder = FindHolder(*names, kind, name);
  if (!holder || on_conflict == duckdb::OnCreateConflict::IGNORE_ON_CONFLICT) return !holder;
  if (on_conflict != duckdb::OnCreateConflict::REPLACE_ON_CONFLICT) {
    throw duckdb::CatalogException(
        fmt::format("{} with name \"{}\" already exists!", DisplayName(holder->kind), name.name));
  }
  if (holder->kind != kind) {
    throw duckdb::CatalogException(
        fmt::format("Existing object {} is of type {}, trying to replace with type {}", name.name,
                    DisplayName(holder->kind), DisplayName(kind)));
  }
  DropWithDependents(transaction, *holder, false);
  return true;
}

}  // namespace icefall
