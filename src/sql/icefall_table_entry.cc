#include "sql/icefall_table_entry.h"

#include <algorithm>
#include <utility>

#include "duckdb/parser/constraints/check_constraint.hpp"
#include "duckdb/parser/constraints/not_null_constraint.hpp"
#include "duckdb/parser/constraints/unique_constraint.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/storage/table_storage_info.hpp"
#include <fmt/format.h>

#include "sql/icefall_catalog.h"
#include "sql/icefall_schema_entry.h"
#include "sql/icefall_transaction.h"
#include "sql/scan/table_scan.h"
#include "sql/scan/virtual_columns.h"
#include "sql/type_mapping.h"
#include "sql/whole_row_update.h"

namespace icefall {
namespace {

duckdb::unique_ptr<duckdb::ParsedExpression> Parse(const std::string& table,
                                                   const std::string& expression) {
  try {
    auto expressions = duckdb::Parser::ParseExpressionList(expression);
    if (expressions.size() == 1) return std::move(expressions[0]);
  } catch (const duckdb::Exception&) {
    // Reported below, with the table's name.
  }
  throw duckdb::InvalidInputException(
      fmt::format("table {}: expected one SQL expression, found: {}", table, expression));
}

duckdb::ColumnDefinition Column(const std::string& table, const Field& field) {
  const auto type = ToDuckdb(field.type);
  const auto make = [&] {
    if (field.generated_as) {
      return duckdb::ColumnDefinition(field.name, type, Parse(table, *field.generated_as),
                                      duckdb::TableColumnType::GENERATED);
    }
    duckdb::ColumnDefinition column(field.name, type);
    if (field.write_default) column.SetDefaultValue(Parse(table, *field.write_default));
    return column;
  };
  auto column = make();
  if (field.comment) column.SetComment(duckdb::Value(*field.comment));
  return column;
}

duckdb::unique_ptr<duckdb::Constraint> KeyConstraint(const Schema& schema,
                                                     const Constraint& constraint) {
  duckdb::vector<duckdb::string> columns;
  for (const auto id : constraint.fields) columns.push_back(schema.Find(id)->name);
  return duckdb::make_uniq<duckdb::UniqueConstraint>(
      std::move(columns), constraint.kind == Constraint::Kind::kPrimaryKey);
}

// The base class moves columns and constraints out of what it is given.
duckdb::unique_ptr<duckdb::CreateTableInfo> CopyInfo(const TableDefinition& definition,
                                                     const IcefallSchemaEntry& schema,
                                                     const CatalogObject& object) {
  auto copy = definition.info->Copy();
  copy->catalog = schema.ParentCatalog().GetName();
  copy->schema = schema.name;
  if (!object.comment.empty()) copy->comment = duckdb::Value(object.comment);
  auto info = duckdb::unique_ptr_cast<duckdb::CreateInfo, duckdb::CreateTableInfo>(std::move(copy));
  info->table = object.name.name;
  return info;
}

}  // namespace

TableDefinitionPointer DefineTable(const std::string& name, std::shared_ptr<const Schema> schema) {
  auto definition = std::make_shared<TableDefinition>();
  definition->info = duckdb::make_uniq<duckdb::CreateTableInfo>();
  auto& info = *definition->info;
  info.table = name;
  for (size_t i = 0; i < schema->fields.size(); ++i) {
    const auto& field = schema->fields[i];
    info.columns.AddColumn(Column(name, field));
    if (field.required) {
      info.constraints.push_back(
          duckdb::make_uniq<duckdb::NotNullConstraint>(duckdb::LogicalIndex(i)));
    }
    if (field.generated_as) continue;
    definition->stored_fields.push_back(i);
    definition->stored_types.push_back(info.columns.GetColumn(duckdb::LogicalIndex(i)).Type());
  }
  for (const auto& constraint : schema->constraints) {
    if (constraint.kind == Constraint::Kind::kCheck) {
      info.constraints.push_back(
          duckdb::make_uniq<duckdb::CheckConstraint>(Parse(name, constraint.expression)));
    } else if (!IsIndex(constraint.kind)) {
      info.constraints.push_back(KeyConstraint(*schema, constraint));
    }
  }
  definition->schema = std::move(schema);
  return definition;
}

IcefallTableEntry::IcefallTableEntry(duckdb::Catalog& catalog, SchemaEntryPointer schema_entry,
                                     CatalogObjectPointer object, SnapshotPointer snapshot,
                                     TableDefinitionPointer definition)
    : TableCatalogEntry(catalog, *schema_entry, *CopyInfo(*definition, *schema_entry, *object)),
      schema_entry_(std::move(schema_entry)),
      object_(std::move(object)),
      snapshot_(std::move(snapshot)),
      definition_(std::move(definition)) {}

IcefallTableEntry::~IcefallTableEntry() = default;

duckdb::unique_ptr<duckdb::CatalogEntry> IcefallTableEntry::Copy(duckdb::ClientContext&) const {
  return duckdb::make_uniq<IcefallTableEntry>(catalog, schema_entry_, object_, snapshot_,
                                              definition_);
}

duckdb::unique_ptr<duckdb::BaseStatistics> IcefallTableEntry::GetStatistics(
    duckdb::ClientContext& context, duckdb::column_t column) {
  return TableStatistics(context, *this, column);
}

duckdb::TableFunction IcefallTableEntry::GetScanFunction(
    duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
  IcefallTransaction::Get(context, catalog).engine().RecordRead(uuid());
  return BindTableScan(context, shared_from_this(), bind_data);
}

duckdb::TableFunction IcefallTableEntry::GetScanFunction(
    duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::FunctionData>& bind_data,
    const duckdb::EntryLookupInfo&) {
  // An AT clause was answered by the lookup, which gave this entry its snapshot.
  return GetScanFunction(context, bind_data);
}

duckdb::TableStorageInfo IcefallTableEntry::GetStorageInfo(duckdb::ClientContext&) {
  duckdb::TableStorageInfo info;
  info.cardinality = snapshot_->live_row_count;
  for (const auto& constraint : table_schema().constraints) {
    if (!IsUnique(constraint.kind)) continue;
    duckdb::IndexInfo index;
    index.is_unique = true;
    index.is_primary = constraint.kind == Constraint::Kind::kPrimaryKey;
    index.is_foreign = false;
    for (size_t i = 0; i < stored_count(); ++i) {
      const auto id = StoredField(duckdb::PhysicalIndex(i)).id;
      if (std::ranges::find(constraint.fields, id) != constraint.fields.end()) {
        index.column_set.insert(i);
      }
    }
    info.index_info.push_back(std::move(index));
  }
  return info;
}

void IcefallTableEntry::BindUpdateConstraints(duckdb::Binder&, duckdb::LogicalGet& get,
                                              duckdb::LogicalProjection& projection,
                                              duckdb::LogicalUpdate& update,
                                              duckdb::ClientContext&) {
  UpdateWholeRows(*this, get, projection, update);
}

duckdb::virtual_column_map_t IcefallTableEntry::GetVirtualColumns() const {
  return VirtualColumns();
}

duckdb::vector<duckdb::column_t> IcefallTableEntry::GetRowIdColumns() const {
  return RowIdColumns();
}

}  // namespace icefall
