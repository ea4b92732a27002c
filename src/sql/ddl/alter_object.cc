#include "sql/ddl/alter_object.h"

#include <algorithm>
#include <utility>

#include "duckdb/catalog/catalog_entry/view_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/comment_on_column_info.hpp"
#include <fmt/format.h>

#include "database/catalog_change.h"
#include "sql/ddl/alter_table.h"
#include "sql/ddl/dependents.h"
#include "sql/ddl/stored_statement.h"
#include "sql/errors.h"
#include "sql/icefall_table_entry.h"
#include "sql/index/index_entry.h"

namespace icefall {
namespace {

ObjectKind KindOf(duckdb::CatalogType type) {
  switch (type) {
    case duckdb::CatalogType::TYPE_ENTRY:
      return ObjectKind::kType;
    case duckdb::CatalogType::SEQUENCE_ENTRY:
      return ObjectKind::kSequence;
    case duckdb::CatalogType::MACRO_ENTRY:
    case duckdb::CatalogType::SCALAR_FUNCTION_ENTRY:
      return ObjectKind::kMacro;
    case duckdb::CatalogType::TABLE_MACRO_ENTRY:
    case duckdb::CatalogType::TABLE_FUNCTION_ENTRY:
      return ObjectKind::kTableMacro;
    default:
      return ObjectKind::kTable;
  }
}

// Null when the statement said IF EXISTS.
CatalogObjectPointer FindObject(IcefallTransaction& transaction, const std::string& schema,
                                const duckdb::AlterInfo& info) {
  const auto type = info.GetCatalogType();
  if (auto found = FindHolder(*transaction.Names(), KindOf(type), {schema, info.name})) {
    return found;
  }
  if (info.if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return nullptr;
  throw duckdb::CatalogException(
      fmt::format("{} with name {} does not exist!", duckdb::CatalogTypeToString(type), info.name));
}

void Rename(IcefallTransaction& transaction, const CatalogObject& object,
            const std::string& new_name) {
  auto renamed = object;
  const ObjectName name{object.name.schema, new_name};
  const auto holder = FindHolder(*transaction.Names(), object.kind, name);
  if (holder && holder->uuid != object.uuid) {
    throw duckdb::CatalogException(fmt::format(
        "Could not rename \"{}\" to \"{}\": another entry with this name already exists!",
        object.name.name, new_name));
  }
  renamed.name.name = new_name;
  Unwrap(transaction.engine().ReplaceObject(object.uuid, std::move(renamed)));
}

void SetComment(IcefallTransaction& transaction, const CatalogObject& object,
                const duckdb::Value& comment) {
  auto commented = object;
  commented.comment = comment.IsNull() ? "" : comment.ToString();
  Unwrap(transaction.engine().ReplaceObject(object.uuid, std::move(commented)));
}

void SetViewColumnComment(IcefallTransaction& transaction, const CatalogObjectPointer& view,
                          const duckdb::SetColumnCommentInfo& info) {
  const auto client = transaction.context.lock();
  auto& entry = transaction.ObjectEntry(view).Cast<duckdb::ViewCatalogEntry>();
  entry.BindView(*client);
  const auto columns = entry.GetColumnInfo();
  const auto is_named = [&](const std::string& name) {
    return duckdb::StringUtil::CIEquals(name, info.column_name);
  };
  const auto found = std::ranges::find_if(columns->names, is_named);
  if (found == columns->names.end()) {
    throw duckdb::BinderException(fmt::format("View \"{}\" does not have a column with name \"{}\"",
                                              info.name, info.column_name));
  }
  auto commented = *view;
  const std::string key = kColumnComment + *found;
  if (info.comment_value.IsNull()) {
    commented.properties.erase(key);
  } else {
    commented.properties[key] = info.comment_value.ToString();
  }
  Unwrap(transaction.engine().ReplaceObject(view->uuid, std::move(commented)));
}

// The comment lies with the index's table.
void SetIndexComment(IcefallTransaction& transaction, const std::string& schema,
                     const duckdb::SetCommentInfo& info) {
  auto* index = FindIndex(transaction, schema, info.name);
  if (index == nullptr) {
    if (info.if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return;
    throw duckdb::CatalogException(fmt::format("Index with name {} does not exist!", info.name));
  }
  auto table = *index->table().object();
  const std::string key = kIndexComment + index->name;
  if (info.comment_value.IsNull()) {
    table.properties.erase(key);
  } else {
    table.properties[key] = info.comment_value.ToString();
  }
  const auto uuid = table.uuid;
  Unwrap(transaction.engine().ReplaceObject(uuid, std::move(table)));
}

void ChangeOwner(IcefallTransaction& transaction, const CatalogObject& object,
                 const duckdb::ChangeOwnershipInfo& info) {
  const auto names = transaction.Names();
  const ObjectName name{info.owner_schema, info.owner_name};
  auto owner = names->Find(ObjectKind::kTable, name);
  if (!owner) owner = names->Find(ObjectKind::kSequence, name);
  if (!owner) {
    throw duckdb::CatalogException(fmt::format("CatalogElement \"{}.{}\" does not exist!",
                                               info.owner_schema, info.owner_name));
  }
  SetOwner(transaction, object, *owner);
}

IcefallTableEntry& Table(IcefallTransaction& transaction, const CatalogObjectPointer& object) {
  if (object->kind != ObjectKind::kTable) {
    throw duckdb::CatalogException(fmt::format("\"{}\" is a {}, not a table", object->name.name,
                                               ObjectKindName(object->kind)));
  }
  return transaction.TableEntry(object, transaction.Table(object->uuid));
}

}  // namespace

void AlterObject(IcefallTransaction& transaction, duckdb::ClientContext& context,
                 const std::string& schema, duckdb::AlterInfo& info) {
  if (info.type == duckdb::AlterType::SET_COMMENT &&
      info.GetCatalogType() == duckdb::CatalogType::INDEX_ENTRY) {
    return SetIndexComment(transaction, schema, info.Cast<duckdb::SetCommentInfo>());
  }
  const auto object = FindObject(transaction, schema, info);
  if (!object) return;
  switch (info.type) {
    case duckdb::AlterType::ALTER_TABLE: {
      auto& alter = info.Cast<duckdb::AlterTableInfo>();
      auto& table = Table(transaction, object);
      if (alter.alter_table_type == duckdb::AlterTableType::RENAME_TABLE) {
        return Rename(transaction, *object, alter.Cast<duckdb::RenameTableInfo>().new_table_name);
      }
      return AlterTable(transaction, context, table, alter);
    }
    case duckdb::AlterType::ALTER_VIEW: {
      auto& alter = info.Cast<duckdb::AlterViewInfo>();
      if (object->kind != ObjectKind::kView ||
          alter.alter_view_type != duckdb::AlterViewType::RENAME_VIEW) {
        throw duckdb::CatalogException(
            fmt::format("\"{}\" is a {}, not a view", info.name, ObjectKindName(object->kind)));
      }
      return Rename(transaction, *object, alter.Cast<duckdb::RenameViewInfo>().new_view_name);
    }
    case duckdb::AlterType::SET_COMMENT:
      return SetComment(transaction, *object, info.Cast<duckdb::SetCommentInfo>().comment_value);
    case duckdb::AlterType::SET_COLUMN_COMMENT: {
      const auto& comment = info.Cast<duckdb::SetColumnCommentInfo>();
      if (object->kind == ObjectKind::kView) {
        return SetViewColumnComment(transaction, object, comment);
      }
      return SetColumnComment(transaction, Table(transaction, object), comment.column_name,
                              comment.comment_value);
    }
    case duckdb::AlterType::CHANGE_OWNERSHIP:
      return ChangeOwner(transaction, *object, info.Cast<duckdb::ChangeOwnershipInfo>());
    default:
      throw duckdb::NotImplementedException(
          fmt::format("{} is not supported: {}", info.ToString(), ObjectKindName(object->kind)));
  }
}

}  // namespace icefall
