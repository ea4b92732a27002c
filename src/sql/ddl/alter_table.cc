#include "sql/ddl/alter_table.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sql/accel/declared_aggregates.h"
#include "sql/ddl/alter_columns.h"
#include "sql/ddl/alter_type.h"
#include "sql/ddl/create_table.h"
#include "sql/ddl/null_check.h"
#include "sql/ddl/partition_keys.h"
#include "sql/ddl/rewrite_column.h"
#include "sql/errors.h"
#include "sql/index/duplicate_keys.h"
#include "sql/index/key_claim.h"
#include "sql/scan/column_definitions.h"
#include "sql/table_options.h"
#include "sql/type_mapping.h"

namespace icefall {
namespace {

using duckdb::AlterTableType;

// One ALTER TABLE while it is being worked out.
struct Alteration {
  IcefallTransaction& transaction;
  duckdb::ClientContext& context;
  IcefallTableEntry& table;
  Schema schema;
  ChangeSet change;
  bool rewrites = false;  // rows that the change removes come back with another value

  const Snapshot& snapshot() const { return *table.snapshot(); }
};

// The field's default becomes what rows that are there already read.
Field NewField(Alteration& alteration, const duckdb::ColumnDefinition& column) {
  auto field = FieldFromColumn(column);
  if (field.write_default) {
    const auto value = EvaluateConstant(alteration.context, *field.write_default, column.Type());
    if (!value.IsNull()) field.initial_default = value.ToSQLString();
  }
  return field;
}

void AddColumn(Alteration& alteration, const duckdb::AddColumnInfo& info) {
  const auto& name = info.new_column.Name();
  if (alteration.schema.Find(name) != nullptr) {
    if (info.if_column_not_exists) return;
    throw duckdb::CatalogException(fmt::format("table \"{}\" already has a column with name \"{}\"",
                                               alteration.table.name, name));
  }
  alteration.schema.fields.push_back(NewField(alteration, info.new_column));
}

void DropColumn(Alteration& alteration, const duckdb::RemoveColumnInfo& info) {
  if (info.if_column_exists && alteration.schema.Find(info.removed_column) == nullptr) return;
  RemoveColumn(alteration.schema, alteration.snapshot(), alteration.table.name, info.removed_column,
               info.cascade);
}

void SetDefault(Alteration& alteration, const duckdb::SetDefaultInfo& info) {
  auto& field = FindColumn(alteration.schema, alteration.table.name, info.column_name);
  if (field.generated_as) {
    throw duckdb::BinderException(
        fmt::format("column \"{}\" is generated: it has no default", field.name));
  }
  field.write_default.reset();
  if (info.expression) field.write_default = info.expression->ToString();
}

void SetNotNull(Alteration& alteration, const duckdb::SetNotNullInfo& info) {
  auto& field = FindColumn(alteration.schema, alteration.table.name, info.column_name);
  CheckNoNulls(alteration.context, alteration.table, field);
  field.required = true;
}

void DropNotNull(Alteration& alteration, const duckdb::DropNotNullInfo& info) {
  auto& field = FindColumn(alteration.schema, alteration.table.name, info.column_name);
  for (const auto& constraint : alteration.schema.constraints) {
    if (constraint.kind == Constraint::Kind::kPrimaryKey &&
        std::ranges::find(constraint.fields, field.id) != constraint.fields.end()) {
      throw duckdb::BinderException(
          fmt::format("column \"{}\" is part of the primary key of table \"{}\"", field.name,
                      alteration.table.name));
    }
  }
  field.required = false;
}

void AddKeyOfRows(Alteration& alteration, const duckdb::AddConstraintInfo& info) {
  auto& table = alteration.table;
  if (info.constraint->type != duckdb::ConstraintType::UNIQUE) {
    throw duckdb::NotImplementedException(
        fmt::format("table \"{}\": {} cannot be added to a table that is there already", table.name,
                    info.constraint->ToString()));
  }
  const auto& key = info.constraint->Cast<duckdb::UniqueConstraint>();
  auto& constraints = alteration.schema.constraints;
  const auto is_primary = [](const Constraint& constraint) {
    return constraint.kind == Constraint::Kind::kPrimaryKey;
  };
  if (const auto known = std::ranges::find_if(constraints, is_primary);
      key.IsPrimaryKey() && known != constraints.end()) {
    throw duckdb::CatalogException(fmt::format(
        "table \"{}\" can have only one primary key: it has {}", table.name, known->name));
  }
  AddKey(table.GetColumns(), table.name, key, alteration.schema);
  for (const auto id : constraints.back().fields) {
    if (key.IsPrimaryKey()) CheckNoNulls(alteration.context, table, *alteration.schema.Find(id));
  }
  const auto definition = DefineKey(table, constraints.back());
  if (const auto duplicate = FindDuplicateKey(alteration.context, table, definition)) {
    throw duckdb::ConstraintException(
        DuplicateKeyMessage(definition, table.name, *duplicate, DuplicateOf::kIndexedRow));
  }
}

void SetPartitioning(Alteration& alteration, const duckdb::SetPartitionedByInfo& info) {
  PartitionSpec spec;
  spec.fields = ParsePartitionKeys(info.partition_keys, alteration.schema);
  if (!spec.fields.empty()) {
    for (const auto& known : alteration.snapshot().partition_specs) {
      spec.id = std::max(spec.id, known.id);
    }
    spec.id = spec.id.Next();
  }
  alteration.change.partition_spec = std::move(spec);
}

void SetOptions(Alteration& alteration, const duckdb::SetTableOptionsInfo& info) {
  for (const auto& [name, value] : info.table_options) {
    const auto option = duckdb::StringUtil::Lower(name);
    const auto text = OptionText(*value);
    CheckTableOption(option, text);
    alteration.change.properties[option] = text;
  }
}

void ResetOptions(Alteration& alteration, const duckdb::ResetTableOptionsInfo& info) {
  for (const auto& name : info.table_options) {
    alteration.change.properties[duckdb::StringUtil::Lower(name)] = std::nullopt;
  }
}

void RenameOneColumn(Alteration& alteration, const duckdb::RenameColumnInfo& info) {
  auto order = alteration.snapshot().sort_order;
  RenameColumn(alteration.schema, order, alteration.table.name, info.old_name, info.new_name);
  if (order != alteration.snapshot().sort_order) alteration.change.sort_order = std::move(order);
}

void Apply(Alteration& alteration, duckdb::AlterTableInfo& info) {
  auto& schema = alteration.schema;
  const auto& name = alteration.table.name;
  switch (info.alter_table_type) {
    case AlterTableType::ADD_COLUMN:
      return AddColumn(alteration, info.Cast<duckdb::AddColumnInfo>());
    case AlterTableType::REMOVE_COLUMN:
      return DropColumn(alteration, info.Cast<duckdb::RemoveColumnInfo>());
    case AlterTableType::RENAME_COLUMN:
      return RenameOneColumn(alteration, info.Cast<duckdb::RenameColumnInfo>());
    case AlterTableType::ALTER_COLUMN_TYPE:
      alteration.rewrites =
          ChangeColumnType(alteration.context, alteration.table, schema, alteration.change,
                           info.Cast<duckdb::ChangeColumnTypeInfo>());
      return;
    case AlterTableType::SET_DEFAULT:
      return SetDefault(alteration, info.Cast<duckdb::SetDefaultInfo>());
    case AlterTableType::SET_NOT_NULL:
      return SetNotNull(alteration, info.Cast<duckdb::SetNotNullInfo>());
    case AlterTableType::DROP_NOT_NULL:
      return DropNotNull(alteration, info.Cast<duckdb::DropNotNullInfo>());
    case AlterTableType::ADD_CONSTRAINT:
      return AddKeyOfRows(alteration, info.Cast<duckdb::AddConstraintInfo>());
    case AlterTableType::ADD_FIELD: {
      const auto& add = info.Cast<duckdb::AddFieldInfo>();
      return AddNestedField(schema, name, NewField(alteration, add.new_field), add);
    }
    case AlterTableType::REMOVE_FIELD:
      return RemoveNestedField(schema, name, info.Cast<duckdb::RemoveFieldInfo>());
    case AlterTableType::RENAME_FIELD:
      return RenameNestedField(schema, name, info.Cast<duckdb::RenameFieldInfo>());
    case AlterTableType::SET_PARTITIONED_BY:
      return SetPartitioning(alteration, info.Cast<duckdb::SetPartitionedByInfo>());
    case AlterTableType::SET_SORTED_BY:
      alteration.change.sort_order =
          ParseSortKeys(info.Cast<duckdb::SetSortedByInfo>().orders, schema);
      return;
    case AlterTableType::SET_TABLE_OPTIONS:
      return SetOptions(alteration, info.Cast<duckdb::SetTableOptionsInfo>());
    case AlterTableType::RESET_TABLE_OPTIONS:
      return ResetOptions(alteration, info.Cast<duckdb::ResetTableOptionsInfo>());
    default:
      throw duckdb::NotImplementedException(
          fmt::format("table \"{}\": {} is not supported", name, info.ToString()));
  }
}

// Those that there are, or are to be, fit the columns that there are to be.
void CheckDeclaredAggregates(const Alteration& alteration) {
  const auto& change = alteration.change;
  const auto changed = change.properties.find(kAggregatesOption);
  if (changed == change.properties.end() && change.schema == nullptr) return;
  const auto text = changed == change.properties.end() ? AggregatesOption(alteration.snapshot())
                                                       : changed->second.value_or("");
  if (text.empty() && (changed == change.properties.end() || !changed->second)) return;
  const auto schema = change.schema ? change.schema : alteration.snapshot().schema;
  CheckAggregates(alteration.context, alteration.table.name,
                  DefineTable(alteration.table.name, schema)->info->columns, text);
}

void Commit(Alteration& alteration) {
  auto& change = alteration.change;
  if (alteration.schema != alteration.table.table_schema()) {
    alteration.schema.id = alteration.schema.id.Next();
    change.last_field_id = AssignFieldIds(alteration.schema, alteration.snapshot().last_field_id);
    Unwrap(ValidateSchema(alteration.schema));
    auto schema = std::make_shared<const Schema>(std::move(alteration.schema));
    DefineTable(alteration.table.name, schema);
    change.schema = std::move(schema);
  }
  if (change.empty()) return;
  CheckDeclaredAggregates(alteration);
  change.operation = "alter";
  alteration.transaction.Change(alteration.table.uuid(), std::move(change));
}

}  // namespace

void AlterTable(IcefallTransaction& transaction, duckdb::ClientContext& context,
                IcefallTableEntry& table, duckdb::AlterTableInfo& info) {
  Alteration alteration{transaction, context, table, table.table_schema(), {}, false};
  Apply(alteration, info);
  Commit(alteration);
  if (!alteration.rewrites) return;
  auto& retype = info.Cast<duckdb::ChangeColumnTypeInfo>();
  RewriteColumn(transaction, context, table, retype.column_name,
                retype.expression ? retype.expression->Copy() : nullptr);
}

void SetColumnComment(IcefallTransaction& transaction, IcefallTableEntry& table,
                      const std::string& column, const duckdb::Value& comment) {
  const auto context = transaction.context.lock();
  Alteration alteration{transaction, *context, table, table.table_schema(), {}, false};
  auto& field = FindColumn(alteration.schema, table.name, column);
  field.comment.reset();
  if (!comment.IsNull()) field.comment = comment.ToString();
  Commit(alteration);
}

}  // namespace icefall
