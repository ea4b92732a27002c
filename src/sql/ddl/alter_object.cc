#include "sql/ddl/alter_object.h"

#include <utility>

#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/comment_on_column_info.hpp"
#include <fmt/format.h>

#include "sql/ddl/alter_table.h"
#include "sql/errors.h"
#include "sql/icefall_table_entry.h"

namespace icefall {
namespace {

// Null when the statement said IF EXISTS.
CatalogObjectPointer FindObject(IcefallTransaction& transaction, const std::string& schema,
                                const duckdb::AlterInfo& info) {
  const auto names = transaction.Names();
  const auto found = names->objects.find({schema, info.name});
  if (found != names->objects.end()) return found->second;
  if (info.if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return nullptr;
  throw duckdb::CatalogException(
      fmt::format("there is no \"{}\" in schema \"{}\"", info.name, schema));
}

void Rename(IcefallTransaction& transaction, const CatalogObject& object,
            const std::string& new_name) {
  auto renamed = object;
  renamed.name.name = new_name;
  Unwrap(transaction.engine().ReplaceObject(object.uuid, std::move(renamed)));
}

void SetComment(IcefallTransaction& transaction, const CatalogObject& object,
                const duckdb::Value& comment) {
  auto commented = object;
  commented.comment = comment.IsNull() ? "" : comment.ToString();
  Unwrap(transaction.engine().ReplaceObject(object.uuid, std::move(commented)));
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
      return SetColumnComment(transaction, Table(transaction, object), comment.column_name,
                              comment.comment_value);
    }
    default:
      throw duckdb::NotImplementedException(
          fmt::format("{} is not supported: {}", info.ToString(), ObjectKindName(object->kind)));
  }
}

}  // namespace icefall
