#include "sql/ddl/create_table.h"

#include <algorithm>
#include <utility>

#include "duckdb/parser/constraints/check_constraint.hpp"
#include "duckdb/parser/constraints/not_null_constraint.hpp"
#include "duckdb/parser/constraints/unique_constraint.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sql/accel/declared_aggregates.h"
#include "sql/ddl/partition_keys.h"
#include "sql/errors.h"
#include "sql/table_options.h"
#include "sql/type_mapping.h"
#include "table/change_set.h"

namespace icefall {
namespace {

// `name`, or with the first number behind it that makes it new.
std::string UniqueName(const Schema& schema, const std::string& name) {
  const auto taken = [&](const std::string& candidate) {
    return std::ranges::any_of(schema.constraints, [&](const Constraint& constraint) {
      return constraint.name == candidate;
    });
  };
  auto candidate = name;
  for (int i = 1; taken(candidate); ++i) candidate = fmt::format("{}{}", name, i);
  return candidate;
}

void AddConstraint(const duckdb::CreateTableInfo& info, const duckdb::Constraint& constraint,
                   Schema& schema) {
  switch (constraint.type) {
    case duckdb::ConstraintType::NOT_NULL:
      schema.fields[constraint.Cast<duckdb::NotNullConstraint>().index.index].required = true;
      return;
    case duckdb::ConstraintType::CHECK: {
      Constraint check;
      check.kind = Constraint::Kind::kCheck;
      check.name = UniqueName(schema, fmt::format("{}_check", info.table));
      check.expression = constraint.Cast<duckdb::CheckConstraint>().expression->ToString();
      schema.constraints.push_back(std::move(check));
      return;
    }
    case duckdb::ConstraintType::UNIQUE:
      return AddKey(info.columns, info.table, constraint.Cast<duckdb::UniqueConstraint>(), schema);
    default:
      throw duckdb::NotImplementedException(
          fmt::format("table {}: {} is not supported: foreign keys cannot be kept over files that "
                      "other tools may write",
                      info.table, constraint.ToString()));
  }
}

}  // namespace

void AddKey(const duckdb::ColumnList& columns, const std::string& table,
            const duckdb::UniqueConstraint& key, Schema& schema) {
  Constraint constraint;
  constraint.kind = key.IsPrimaryKey() ? Constraint::Kind::kPrimaryKey : Constraint::Kind::kUnique;
  std::vector<std::string> names;
  for (const auto index : key.GetLogicalIndexes(columns)) {
    auto& field = schema.fields[index.index];
    if (field.generated_as) {
      throw duckdb::BinderException(fmt::format(
          "table {}: column \"{}\" of a key is generated, not stored", table, field.name));
    }
    field.required |= key.IsPrimaryKey();
    constraint.fields.push_back(field.id);
    names.push_back(field.name);
  }
  constraint.name = UniqueName(
      schema, key.IsPrimaryKey() ? fmt::format("{}_pkey", table)
                                 : fmt::format("{}_{}_key", table, fmt::join(names, "_")));
  schema.constraints.push_back(std::move(constraint));
}

Field FieldFromColumn(const duckdb::ColumnDefinition& column) {
  Field field;
  field.name = column.Name();
  field.type = FromDuckdb(column.Type());
  if (column.Generated()) {
    field.generated_as = column.GeneratedExpression().ToString();
  } else if (column.HasDefaultValue()) {
    field.write_default = column.DefaultValue().ToString();
  }
  if (!column.Comment().IsNull()) field.comment = column.Comment().ToString();
  return field;
}

std::string OptionText(const duckdb::ParsedExpression& value) {
  if (value.GetExpressionClass() == duckdb::ExpressionClass::CONSTANT) {
    return value.Cast<duckdb::ConstantExpression>().value.ToString();
  }
  return value.ToString();
}

Snapshot InitialSnapshot(duckdb::ClientContext& context, const duckdb::CreateTableInfo& info) {
  Schema schema;
  for (const auto& column : info.columns.Logical()) {
    schema.fields.push_back(FieldFromColumn(column));
  }
  const auto last = AssignFieldIds(schema, FieldId(0));
  for (const auto& constraint : info.constraints) AddConstraint(info, *constraint, schema);
  Unwrap(ValidateSchema(schema));

  PartitionSpec spec;
  spec.id = PartitionSpecId(1);
  spec.fields = ParsePartitionKeys(info.partition_keys, schema);
  auto sort_order = ParseSortKeys(info.sort_keys, schema);
  auto snapshot = EmptySnapshot({}, std::move(schema));
  snapshot.last_field_id = last;
  if (!spec.fields.empty()) {
    snapshot.partition_spec = spec.id;
    snapshot.partition_specs.push_back(std::move(spec));
  }
  snapshot.sort_order = std::move(sort_order);
  for (const auto& [name, value] : info.options) {
    const auto option = duckdb::StringUtil::Lower(name);
    const auto text = OptionText(*value);
    CheckTableOption(option, text);
    if (option == kAggregatesOption) CheckAggregates(context, info.table, info.columns, text);
    snapshot.properties[option] = text;
  }
  return snapshot;
}

}  // namespace icefall
