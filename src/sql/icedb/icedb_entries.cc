#include "sql/icedb/icedb_entries.h"

#include <algorithm>
#include <utility>

#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/planner/parsed_data/bound_create_table_info.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"
#include "duckdb/storage/table_storage_info.hpp"
#include <fmt/format.h>

#include "sql/icedb/icedb_catalog.h"
#include "sql/icedb/icedb_transaction.h"
#include "sql/icedb/row_partitions.h"
#include "sql/icedb/rows_scan.h"
#include "sql/time_travel.h"
#include "sql/whole_row_update.h"

namespace icefall {
namespace {

duckdb::CreateSchemaInfo MainSchema(const duckdb::Catalog& catalog) {
  duckdb::CreateSchemaInfo info;
  info.catalog = catalog.GetName();
  info.schema = DEFAULT_SCHEMA;
  info.internal = true;
  return info;
}

[[noreturn]] void Refuse(const char* what) {
  throw duckdb::NotImplementedException(
      fmt::format("an icedb table does not store {}; create it in a database of DuckDB's own, such "
                  "as memory, instead",
                  what));
}

int64_t TimeOf(const duckdb::BoundAtClause& at) {
  if (!duckdb::StringUtil::CIEquals(at.Unit(), "timestamp")) {
    throw duckdb::BinderException(
        "an icedb table is read AT (TIMESTAMP => ...), its log has no versions; found %s",
        at.Unit());
  }
  constexpr int64_t kMicrosPerMs = 1000;
  return ParseTime(at.GetValue()) / kMicrosPerMs;
}

duckdb::unique_ptr<duckdb::CreateTableInfo> TableInfo(duckdb::SchemaCatalogEntry& schema,
                                                      const std::string& name,
                                                      const IcedbView& view) {
  auto info = duckdb::make_uniq<duckdb::CreateTableInfo>(schema, name);
  for (size_t i = 0; i < view.column_count(); ++i) {
    info->columns.AddColumn(duckdb::ColumnDefinition(view.names[i], view.types[i]));
  }
  return info;
}

bool IsTable(duckdb::CatalogType type) {
  return type == duckdb::CatalogType::TABLE_ENTRY || type == duckdb::CatalogType::VIEW_ENTRY;
}

}  // namespace

IcedbSchemaEntry::IcedbSchemaEntry(duckdb::Catalog& catalog)
    : SchemaCatalogEntry(catalog,
                         *std::make_unique<duckdb::CreateSchemaInfo>(MainSchema(catalog))) {}

void IcedbSchemaEntry::Scan(duckdb::ClientContext& context, duckdb::CatalogType type,
                            const std::function<void(duckdb::CatalogEntry&)>& callback) {
  if (type != duckdb::CatalogType::TABLE_ENTRY) return;
  if (const auto table = IcedbTransaction::Get(context, catalog).Table(context)) callback(*table);
}

void IcedbSchemaEntry::Scan(duckdb::CatalogType,
                            const std::function<void(duckdb::CatalogEntry&)>&) {}

duckdb::optional_ptr<duckdb::CatalogEntry> IcedbSchemaEntry::LookupEntry(
    duckdb::CatalogTransaction catalog_transaction, const duckdb::EntryLookupInfo& lookup) {
  const auto& settings = catalog.Cast<IcedbCatalog>().settings();
  if (!IsTable(lookup.GetCatalogType()) ||
      !duckdb::StringUtil::CIEquals(lookup.GetEntryName(), settings.table)) {
    return nullptr;
  }
  auto& context = catalog_transaction.GetContext();
  auto& transaction = IcedbTransaction::Get(context, catalog);
  if (const auto at = lookup.GetAtClause()) return *transaction.TableAt(context, TimeOf(*at));
  const auto table = transaction.Table(context);
  if (table == nullptr) return nullptr;
  return *table;
}

duckdb::optional_ptr<duckdb::CatalogEntry> IcedbSchemaEntry::CreateTable(
    duckdb::CatalogTransaction catalog_transaction, duckdb::BoundCreateTableInfo& bound) {
  auto& context = catalog_transaction.GetContext();
  auto& transaction = IcedbTransaction::Get(context, catalog);
  const auto& info = bound.Base().Cast<duckdb::CreateTableInfo>();
  const auto& settings = catalog.Cast<IcedbCatalog>().settings();
  if (!duckdb::StringUtil::CIEquals(info.table, settings.table)) {
    throw duckdb::CatalogException(
        "\"%s\" is the one icedb table \"%s\"; attach another location for table \"%s\"",
        catalog.GetName(), settings.table, info.table);
  }
  if (transaction.Table(context) != nullptr) {
    if (info.on_conflict == duckdb::OnCreateConflict::IGNORE_ON_CONFLICT) return nullptr;
    throw duckdb::CatalogException("Table with name \"%s\" already exists!", info.table);
  }
  if (!info.constraints.empty()) Refuse("constraints");
  if (!info.partition_keys.empty() || !info.sort_keys.empty()) {
    throw duckdb::NotImplementedException(
        "PARTITIONED BY and SORTED BY of an icedb table are options: CALL icedb_set_options");
  }
  icedb::Columns columns;
  for (const auto& column : info.columns.Logical()) {
    if (column.Generated()) Refuse("generated columns");
    if (column.HasDefaultValue()) Refuse("defaults");
    const auto is_key = [&column](const auto& field) { return field.key == column.Name(); };
    // A key with a column of its name in the rule is stored like others.
    const auto& rule = transaction.writing().partition_rule;
    const auto key = std::ranges::find_if(rule, is_key);
    if (key != rule.end() && key->column != column.Name()) continue;
    columns.emplace_back(column.Name(), column.Type().ToString());
  }
  transaction.AddColumns(columns);
  return *transaction.Table(context);
}

void IcedbSchemaEntry::Alter(duckdb::CatalogTransaction catalog_transaction,
                             duckdb::AlterInfo& info) {
  const auto* table =
      info.type == duckdb::AlterType::ALTER_TABLE ? &info.Cast<duckdb::AlterTableInfo>() : nullptr;
  if (table == nullptr || table->alter_table_type != duckdb::AlterTableType::ADD_COLUMN) {
    throw duckdb::NotImplementedException(
        "ALTER TABLE of an icedb table takes ADD COLUMN: a log keeps its columns, and "
        "icedb_repair gives one another type");
  }
  const auto& add = table->Cast<duckdb::AddColumnInfo>();
  auto& context = catalog_transaction.GetContext();
  auto& transaction = IcedbTransaction::Get(context, catalog);
  const auto entry = transaction.Table(context);
  const auto& names = entry->view().names;
  if (add.new_column.HasDefaultValue()) Refuse("defaults");
  const bool is_there = std::ranges::any_of(names, [&add](const auto& name) {
    return duckdb::StringUtil::CIEquals(name, add.new_column.Name());
  });
  if (is_there && add.if_column_not_exists) return;
  transaction.AddColumns({{add.new_column.Name(), add.new_column.Type().ToString()}});
}

duckdb::optional_ptr<duckdb::CatalogEntry> IcedbSchemaEntry::CreateIndex(
    duckdb::CatalogTransaction, duckdb::CreateIndexInfo&, duckdb::TableCatalogEntry&) {
  Refuse("indexes");
}
duckdb::optional_ptr<duckdb::CatalogEntry> IcedbSchemaEntry::CreateFunction(
    duckdb::CatalogTransaction, duckdb::CreateFunctionInfo&) {
  Refuse("functions");
}
duckdb::optional_ptr<duckdb::CatalogEntry> IcedbSchemaEntry::CreateView(duckdb::CatalogTransaction,
                                                                        duckdb::CreateViewInfo&) {
  Refuse("views");
}
duckdb::optional_ptr<duckdb::CatalogEntry> IcedbSchemaEntry::CreateSequence(
    duckdb::CatalogTransaction, duckdb::CreateSequenceInfo&) {
  Refuse("sequences");
}
duckdb::optional_ptr<duckdb::CatalogEntry> IcedbSchemaEntry::CreateTableFunction(
    duckdb::CatalogTransaction, duckdb::CreateTableFunctionInfo&) {
  Refuse("table functions");
}
duckdb::optional_ptr<duckdb::CatalogEntry> IcedbSchemaEntry::CreateCopyFunction(
    duckdb::CatalogTransaction, duckdb::CreateCopyFunctionInfo&) {
  Refuse("copy functions");
}
duckdb::optional_ptr<duckdb::CatalogEntry> IcedbSchemaEntry::CreatePragmaFunction(
    duckdb::CatalogTransaction, duckdb::CreatePragmaFunctionInfo&) {
  Refuse("pragma functions");
}
duckdb::optional_ptr<duckdb::CatalogEntry> IcedbSchemaEntry::CreateCollation(
    duckdb::CatalogTransaction, duckdb::CreateCollationInfo&) {
  Refuse("collations");
}
duckdb::optional_ptr<duckdb::CatalogEntry> IcedbSchemaEntry::CreateType(duckdb::CatalogTransaction,
                                                                        duckdb::CreateTypeInfo&) {
  Refuse("types");
}

void IcedbSchemaEntry::DropEntry(duckdb::ClientContext&, duckdb::DropInfo& info) {
  throw duckdb::NotImplementedException(
      "\"%s\" is an icedb table, which SQL does not drop: icedb_remove_partitions and "
      "icedb_cleanup "
      "let its rows go",
      info.name);
}

IcedbTableEntry::IcedbTableEntry(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
                                 const std::string& name, IcedbViewPointer view)
    : TableCatalogEntry(catalog, schema, *TableInfo(schema, name, *view)), view_(std::move(view)) {}

duckdb::unique_ptr<duckdb::CatalogEntry> IcedbTableEntry::Copy(duckdb::ClientContext&) const {
  return duckdb::make_uniq<IcedbTableEntry>(catalog, schema, name, view_);
}

duckdb::unique_ptr<duckdb::BaseStatistics> IcedbTableEntry::GetStatistics(duckdb::ClientContext&,
                                                                          duckdb::column_t) {
  return nullptr;
}

duckdb::TableFunction IcedbTableEntry::GetScanFunction(
    duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
  auto target = duckdb::make_shared_ptr<IcedbScanTarget>();
  target->open = catalog.Cast<IcedbCatalog>().shared_open();
  target->view = view_;
  target->entry = this;
  auto& transaction = IcedbTransaction::Get(context, catalog);
  target->requests_before = transaction.requests_before();
  transaction.Pin(shared_from_this());
  duckdb::vector<duckdb::LogicalType> types;
  duckdb::vector<duckdb::string> names;
  return BindIcedbScan(context, std::move(target), bind_data, types, names);
}

duckdb::TableStorageInfo IcedbTableEntry::GetStorageInfo(duckdb::ClientContext&) { return {}; }

void IcedbTableEntry::BindUpdateConstraints(duckdb::Binder&, duckdb::LogicalGet& get,
                                            duckdb::LogicalProjection& projection,
                                            duckdb::LogicalUpdate& update,
                                            duckdb::ClientContext& context) {
  const auto& rule = IcedbTransaction::Get(context, catalog).writing().partition_rule;
  for (const auto column : update.columns) {
    if (!IsComputed(*view_, rule, column.index)) continue;
    throw duckdb::BinderException(
        "UPDATE: column \"%s\" follows from the others by the table's partition_by",
        view_->names[column.index]);
  }
  UpdateWholeRows(*this, get, projection, update);
}

duckdb::virtual_column_map_t IcedbTableEntry::GetVirtualColumns() const {
  return IcedbVirtualColumns();
}

duckdb::vector<duckdb::column_t> IcedbTableEntry::GetRowIdColumns() const {
  return IcedbRowIdColumns();
}

}  // namespace icefall
