#include "sql/icefall_schema_entry.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "duckdb/catalog/default/default_types.hpp"
#include "duckdb/parser/parsed_data/create_macro_info.hpp"
#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/parser/parsed_data/create_sequence_info.hpp"
#include "duckdb/parser/parsed_data/create_type_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/planner/parsed_data/bound_create_table_info.hpp"
#include <fmt/format.h>

#include "database/catalog_change.h"
#include "sql/ddl/alter_object.h"
#include "sql/ddl/create_table.h"
#include "sql/ddl/dependents.h"
#include "sql/ddl/stored_statement.h"
#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/icefall_table_entry.h"
#include "sql/icefall_transaction.h"
#include "sql/index/create_index.h"
#include "sql/index/index_entry.h"
#include "sql/time_travel.h"
#include "sql/visible_objects.h"

namespace icefall {
namespace {

duckdb::CreateSchemaInfo SchemaInfo(const duckdb::Catalog& catalog, const CatalogObject& object) {
  duckdb::CreateSchemaInfo info;
  info.catalog = catalog.GetName();
  info.schema = object.name.name;
  // As in DuckDB: there from the start, so EXPORT DATABASE must not create it.
  info.internal = duckdb::StringUtil::CIEquals(info.schema, DEFAULT_SCHEMA);
  if (!object.comment.empty()) info.comment = duckdb::Value(object.comment);
  return info;
}

[[noreturn]] void ThrowUnsupported(const char* what) {
  throw duckdb::NotImplementedException(
      fmt::format("an icefall database does not store {}; create it in a database of DuckDB's own, "
                  "such as memory, instead",
                  what));
}

// The kinds of objects that a lookup or scan of this type is after.
std::vector<ObjectKind> KindsOf(duckdb::CatalogType type) {
  switch (type) {
    // As in DuckDB: who asks for the one can tell the other by its type.
    case duckdb::CatalogType::TABLE_ENTRY:
    case duckdb::CatalogType::VIEW_ENTRY:
      return {ObjectKind::kTable, ObjectKind::kView};
    case duckdb::CatalogType::TYPE_ENTRY:
      return {ObjectKind::kType};
    case duckdb::CatalogType::SEQUENCE_ENTRY:
      return {ObjectKind::kSequence};
    case duckdb::CatalogType::MACRO_ENTRY:
    case duckdb::CatalogType::SCALAR_FUNCTION_ENTRY:
    case duckdb::CatalogType::AGGREGATE_FUNCTION_ENTRY:
      return {ObjectKind::kMacro};
    case duckdb::CatalogType::TABLE_MACRO_ENTRY:
    case duckdb::CatalogType::TABLE_FUNCTION_ENTRY:
      return {ObjectKind::kTableMacro, ObjectKind::kMacro};
    default:
      return {};
  }
}

// Older databases have table macros among the macros.
bool Answers(duckdb::CatalogType asked, duckdb::CatalogType found) {
  const bool wants_table_macro = asked == duckdb::CatalogType::TABLE_MACRO_ENTRY ||
                                 asked == duckdb::CatalogType::TABLE_FUNCTION_ENTRY;
  if (found == duckdb::CatalogType::TABLE_MACRO_ENTRY) return wants_table_macro;
  if (found == duckdb::CatalogType::MACRO_ENTRY) return !wants_table_macro;
  return true;
}

// The object that lookups and DROP of this type mean, of whatever kind shares its name space.
CatalogObjectPointer FindAny(const CatalogSnapshot& names, duckdb::CatalogType type,
                             const ObjectName& name) {
  for (const auto kind : KindsOf(type)) {
    if (auto found = FindHolder(names, kind, name)) return found;
  }
  return nullptr;
}

// False for a table of the past whose state of then was removed.
bool IsKept(IcefallTransaction& transaction, const CatalogObject& object) {
  if (!transaction.catalog().settings().past || object.kind != ObjectKind::kTable) return true;
  const auto table = transaction.engine().Table(object.uuid);
  return table.has_value() || table.error().code() != ErrorCode::kNotFound;
}

}  // namespace

IcefallSchemaEntry::IcefallSchemaEntry(duckdb::Catalog& catalog, CatalogObjectPointer object)
    : IcefallSchemaEntry(catalog, object, SchemaInfo(catalog, *object)) {}

IcefallSchemaEntry::IcefallSchemaEntry(duckdb::Catalog& catalog, CatalogObjectPointer object,
                                       duckdb::CreateSchemaInfo info)
    : SchemaCatalogEntry(catalog, info), object_(std::move(object)) {}

IcefallSchemaEntry::~IcefallSchemaEntry() = default;

void IcefallSchemaEntry::Scan(duckdb::ClientContext& context, duckdb::CatalogType type,
                              const std::function<void(duckdb::CatalogEntry&)>& callback) {
  auto& transaction = IcefallTransaction::Get(context, catalog);
  if (type == duckdb::CatalogType::INDEX_ENTRY) {
    return ForEachIndex(transaction, name, [&](IcefallIndexEntry& entry) { callback(entry); });
  }
  const auto names = transaction.Names();
  const auto kinds = KindsOf(type);
  const auto& restriction = transaction.catalog().settings().tables;
  const auto visit = [&](const CatalogObjectPointer& object) {
    // A list of the past leaves out what cannot be read any more.
    if (!IsKept(transaction, *object)) return;
    if (!IsVisible(restriction, *names, *object)) return;
    auto& entry = transaction.ListedEntry(object);
    if (Answers(type, entry.type)) callback(entry);
  };
  std::vector<CatalogObjectPointer> views;
  names->ForEach([&](const CatalogObjectPointer& object) {
    if (!duckdb::StringUtil::CIEquals(object->name.schema, name)) return;
    if (std::ranges::find(kinds, object->kind) == kinds.end()) return;
    if (object->kind == ObjectKind::kView) {
      views.push_back(object);
    } else {
      visit(object);
    }
  });
  // As they were made: EXPORT DATABASE writes them in this order, and one may read another.
  std::ranges::sort(views, {}, &CatalogObject::uuid);
  for (const auto& view : views) visit(view);
}

void IcefallSchemaEntry::Scan(duckdb::CatalogType,
                              const std::function<void(duckdb::CatalogEntry&)>&) {}

duckdb::optional_ptr<duckdb::CatalogEntry> IcefallSchemaEntry::LookupEntry(
    duckdb::CatalogTransaction catalog_transaction, const duckdb::EntryLookupInfo& lookup) {
  auto& transaction = IcefallTransaction::Get(catalog_transaction);
  if (lookup.GetCatalogType() == duckdb::CatalogType::INDEX_ENTRY) {
    return FindIndex(transaction, name, lookup.GetEntryName());
  }
  const auto kinds = KindsOf(lookup.GetCatalogType());
  if (kinds.empty()) return nullptr;
  const auto names = transaction.Names();
  const auto object = FindAny(*names, lookup.GetCatalogType(), {name, lookup.GetEntryName()});
  if (!object || std::ranges::find(kinds, object->kind) == kinds.end()) return nullptr;
  if (!IsVisible(transaction.catalog().settings().tables, *names, *object)) return nullptr;
  if (object->kind == ObjectKind::kTable && lookup.GetAtClause()) {
    return transaction.TableEntry(object,
                                  SnapshotAt(transaction, object->uuid, *lookup.GetAtClause()));
  }
  auto& entry = transaction.ObjectEntry(object);
  if (!Answers(lookup.GetCatalogType(), entry.type)) return nullptr;
  return entry;
}

duckdb::optional_ptr<duckdb::CatalogEntry> IcefallSchemaEntry::CreateTable(
    duckdb::CatalogTransaction catalog_transaction, duckdb::BoundCreateTableInfo& bound) {
  auto& transaction = IcefallTransaction::Get(catalog_transaction);
  auto& info = bound.Base();
  const ObjectName object_name{name, info.table};
  if (!PrepareCreate(transaction, object_name, ObjectKind::kTable, info.on_conflict)) {
    return nullptr;
  }
  auto initial = InitialSnapshot(catalog_transaction.GetContext(), info);
  const auto uuid = Unwrap(transaction.engine().CreateTable(object_name, std::move(initial)));
  const auto object = transaction.Names()->FindTableByUuid(uuid);
  if (!info.comment.IsNull()) {
    auto commented = *object;
    commented.comment = info.comment.ToString();
    Unwrap(transaction.engine().ReplaceObject(uuid, std::move(commented)));
  }
  return transaction.ObjectEntry(transaction.Names()->FindTableByUuid(uuid));
}

duckdb::optional_ptr<duckdb::CatalogEntry> IcefallSchemaEntry::CreateObject(
    duckdb::CatalogTransaction catalog_transaction, ObjectKind kind,
    const duckdb::string& object_name, duckdb::CreateInfo& info) {
  auto& transaction = IcefallTransaction::Get(catalog_transaction);
  CatalogObject object;
  object.kind = kind;
  object.name = {name, object_name};
  object.definition = StatementText(info);
  if (kind == ObjectKind::kView) RecordDependencies(*transaction.Names(), info, object);
  if (!info.comment.IsNull()) object.comment = info.comment.ToString();
  if (!PrepareCreate(transaction, object.name, kind, info.on_conflict)) return nullptr;
  Unwrap(transaction.engine().CreateObject(object));
  return transaction.ObjectEntry(transaction.Names()->Find(kind, object.name));
}

duckdb::optional_ptr<duckdb::CatalogEntry> IcefallSchemaEntry::CreateView(
    duckdb::CatalogTransaction transaction, duckdb::CreateViewInfo& info) {
  return CreateObject(transaction, ObjectKind::kView, info.view_name, info);
}

duckdb::optional_ptr<duckdb::CatalogEntry> IcefallSchemaEntry::CreateType(
    duckdb::CatalogTransaction transaction, duckdb::CreateTypeInfo& info) {
  // A type of this name would never be found: DuckDB's own come first.
  if (duckdb::DefaultTypeGenerator::GetDefaultType(info.name) != duckdb::LogicalTypeId::INVALID) {
    throw duckdb::CatalogException(fmt::format("Type with name \"{}\" already exists!", info.name));
  }
  return CreateObject(transaction, ObjectKind::kType, info.name, info);
}

duckdb::optional_ptr<duckdb::CatalogEntry> IcefallSchemaEntry::CreateFunction(
    duckdb::CatalogTransaction transaction, duckdb::CreateFunctionInfo& info) {
  if (info.type != duckdb::CatalogType::MACRO_ENTRY &&
      info.type != duckdb::CatalogType::TABLE_MACRO_ENTRY) {
    ThrowUnsupported("functions other than macros");
  }
  const bool is_table = info.type == duckdb::CatalogType::TABLE_MACRO_ENTRY;
  return CreateObject(transaction, is_table ? ObjectKind::kTableMacro : ObjectKind::kMacro,
                      info.name, info);
}

duckdb::optional_ptr<duckdb::CatalogEntry> IcefallSchemaEntry::CreateIndex(
    duckdb::CatalogTransaction transaction, duckdb::CreateIndexInfo& info,
    duckdb::TableCatalogEntry& table) {
  icefall::CreateIndex(transaction.GetContext(), info, table.Cast<IcefallTableEntry>());
  return FindIndex(IcefallTransaction::Get(transaction), name, info.index_name);
}

duckdb::optional_ptr<duckdb::CatalogEntry> IcefallSchemaEntry::CreateSequence(
    duckdb::CatalogTransaction transaction, duckdb::CreateSequenceInfo& info) {
  return CreateObject(transaction, ObjectKind::kSequence, info.name, info);
}

duckdb::optional_ptr<duckdb::CatalogEntry> IcefallSchemaEntry::CreateTableFunction(
    duckdb::CatalogTransaction, duckdb::CreateTableFunctionInfo&) {
  ThrowUnsupported("table functions other than macros");
}

duckdb::optional_ptr<duckdb::CatalogEntry> IcefallSchemaEntry::CreateCopyFunction(
    duckdb::CatalogTransaction, duckdb::CreateCopyFunctionInfo&) {
  ThrowUnsupported("copy functions");
}

duckdb::optional_ptr<duckdb::CatalogEntry> IcefallSchemaEntry::CreatePragmaFunction(
    duckdb::CatalogTransaction, duckdb::CreatePragmaFunctionInfo&) {
  ThrowUnsupported("pragma functions");
}

duckdb::optional_ptr<duckdb::CatalogEntry> IcefallSchemaEntry::CreateCollation(
    duckdb::CatalogTransaction, duckdb::CreateCollationInfo&) {
  ThrowUnsupported("collations");
}

void IcefallSchemaEntry::DropEntry(duckdb::ClientContext& context, duckdb::DropInfo& info) {
  auto& transaction = IcefallTransaction::Get(context, catalog);
  if (info.type == duckdb::CatalogType::INDEX_ENTRY) {
    if (auto* index = FindIndex(transaction, name, info.name)) {
      return DropIndex(transaction, index->table(), index->name);
    }
  }
  const auto object = FindAny(*transaction.Names(), info.type, {name, info.name});
  if (!object || info.type == duckdb::CatalogType::INDEX_ENTRY) {
    if (info.if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return;
    throw duckdb::CatalogException(
        fmt::format("{} \"{}\" does not exist", duckdb::CatalogTypeToString(info.type), info.name));
  }
  const auto found = transaction.ObjectEntry(object).type;
  if (found != info.type) {
    throw duckdb::CatalogException(
        fmt::format("Existing object {} is of type {}, trying to drop type {}", object->name.name,
                    duckdb::CatalogTypeToString(found), duckdb::CatalogTypeToString(info.type)));
  }
  DropWithDependents(transaction, *object, info.cascade);
}

void IcefallSchemaEntry::Alter(duckdb::CatalogTransaction catalog_transaction,
                               duckdb::AlterInfo& info) {
  AlterObject(IcefallTransaction::Get(catalog_transaction), catalog_transaction.GetContext(), name,
              info);
}

void DropSchemaEntry(IcefallTransaction& transaction, const duckdb::DropInfo& info) {
  const auto names = transaction.Names();
  const auto schema = names->schemas.find({"", info.name});
  if (schema == names->schemas.end()) {
    if (info.if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return;
    throw duckdb::CatalogException(fmt::format("Schema with name {} does not exist!", info.name));
  }
  if (duckdb::StringUtil::CIEquals(info.name, DEFAULT_SCHEMA)) {
    throw duckdb::CatalogException(
        fmt::format("Cannot drop entry \"{}\" because it is an internal system entry", info.name));
  }
  std::vector<CatalogObjectPointer> held;
  names->ForEach([&](const CatalogObjectPointer& object) {
    if (duckdb::StringUtil::CIEquals(object->name.schema, info.name)) held.push_back(object);
  });
  if (!held.empty() && !info.cascade) ThrowDependency(*schema->second, held);
  for (const auto& object : held) {
    // It may have gone with another one.
    if (!FindByUuid(*transaction.Names(), object->uuid)) continue;
    DropWithDependents(transaction, *object, true);
  }
  Unwrap(transaction.engine().DropObject(schema->second->uuid));
}

}  // namespace icefall
