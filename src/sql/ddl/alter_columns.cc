#include "sql/ddl/alter_columns.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "duckdb/common/case_insensitive_map.hpp"
#include "duckdb/common/exception/binder_exception.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/parser.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sql/type_mapping.h"

namespace icefall {
namespace {

using duckdb::StringUtil;

Field* FindChild(std::vector<Field>& fields, const std::string& name) {
  const auto found = std::ranges::find_if(
      fields, [&](const Field& field) { return StringUtil::CIEquals(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

// Calls `visit` with every column reference of the expression. Answers the expression's new text.
std::string VisitColumns(const std::string& expression,
                         const std::function<void(duckdb::ColumnRefExpression&)>& visit) {
  auto parsed = duckdb::Parser::ParseExpressionList(expression);
  const std::function<void(duckdb::unique_ptr<duckdb::ParsedExpression>&)> walk =
      [&](duckdb::unique_ptr<duckdb::ParsedExpression>& node) {
        if (node->GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) {
          visit(node->Cast<duckdb::ColumnRefExpression>());
          return;
        }
        duckdb::ParsedExpressionIterator::EnumerateChildren(*node, walk);
      };
  walk(parsed[0]);
  return parsed[0]->ToString();
}

// Whether the first name of the reference, or the second behind the table's, is the column.
size_t NamePosition(const duckdb::ColumnRefExpression& reference, const std::string& table) {
  const bool qualified =
      reference.column_names.size() > 1 && StringUtil::CIEquals(reference.column_names[0], table);
  return qualified ? 1 : 0;
}

bool Mentions(const std::string& expression, const std::string& table, const std::string& column) {
  bool found = false;
  VisitColumns(expression, [&](duckdb::ColumnRefExpression& reference) {
    const auto& name = reference.column_names[NamePosition(reference, table)];
    found |= StringUtil::CIEquals(name, column);
  });
  return found;
}

// The names of the columns that an expression mentions.
std::set<std::string, duckdb::CaseInsensitiveStringCompare> ColumnsOf(const std::string& expression,
                                                                      const std::string& table) {
  std::set<std::string, duckdb::CaseInsensitiveStringCompare> names;
  VisitColumns(expression, [&](duckdb::ColumnRefExpression& reference) {
    names.insert(reference.column_names[NamePosition(reference, table)]);
  });
  return names;
}

// The first words of each are DuckDB's.
[[noreturn]] void ThrowDependency(const std::string& table, const std::string& column,
                                  const std::string& why, const std::string& what) {
  throw duckdb::CatalogException(
      fmt::format("{}: column \"{}\" of table \"{}\", {}", why, column, table, what));
}

// Why a column of the key cannot go.
std::string KeyReason(const Schema& schema, const Constraint& key, const Field& field) {
  if (IsIndex(key.kind)) return "Cannot drop this column: an index depends on it!";
  if (key.fields.size() == 1) {
    return fmt::format(
        "Cannot drop column \"{}\" because there is a UNIQUE constraint that "
        "depends on it",
        field.name);
  }
  std::vector<std::string> names;
  for (const FieldId id : key.fields) names.push_back(schema.Find(id)->name);
  return fmt::format(
      "Cannot drop column \"{}\" because it is referenced in unique constraint {}({})", field.name,
      key.kind == Constraint::Kind::kPrimaryKey ? "PRIMARY KEY" : "UNIQUE", fmt::join(names, ", "));
}

void CheckKeys(const Schema& schema, const std::string& table, const Field& field) {
  for (const auto& constraint : schema.constraints) {
    if (std::ranges::find(constraint.fields, field.id) == constraint.fields.end()) continue;
    ThrowDependency(table, field.name, KeyReason(schema, constraint, field), constraint.name);
  }
}

// A CHECK of nothing but the column goes with it.
void RemoveChecks(Schema& schema, const std::string& table, const std::string& column) {
  std::erase_if(schema.constraints, [&](const Constraint& constraint) {
    if (constraint.kind != Constraint::Kind::kCheck) return false;
    const auto names = ColumnsOf(constraint.expression, table);
    if (!names.contains(column)) return false;
    if (names.size() == 1) return true;
    ThrowDependency(table, column,
                    fmt::format("Cannot drop column \"{}\" because there is a CHECK constraint "
                                "that depends on it",
                                column),
                    constraint.name);
  });
}

void CheckDependents(const Schema& schema, const Snapshot& snapshot, const std::string& table,
                     const Field& field) {
  CheckKeys(schema, table, field);
  if (const auto* generated = GeneratedFrom(schema, table, field)) {
    ThrowDependency(table, field.name,
                    "Cannot drop column: column is a dependency of 1 or more generated column(s)",
                    generated->name);
  }
  for (const auto& partition : snapshot.current_partition_spec().fields) {
    if (partition.source != field.id) continue;
    ThrowDependency(table, field.name, "Cannot drop column", "which partitions the table");
  }
  for (const auto& sort : snapshot.sort_order.fields) {
    if (!Mentions(sort.expression, table, field.name)) continue;
    ThrowDependency(table, field.name, "Cannot drop column", "which sorts the table");
  }
}

bool IsListOrMap(const Type& type) {
  return type.kind == TypeKind::kList || type.kind == TypeKind::kMap;
}

}  // namespace

const Field* GeneratedFrom(const Schema& schema, const std::string& table, const Field& field) {
  for (const auto& other : schema.fields) {
    if (other.generated_as && other.id != field.id &&
        Mentions(*other.generated_as, table, field.name)) {
      return &other;
    }
  }
  return nullptr;
}

Field& FindColumn(Schema& schema, const std::string& table, const std::string& column) {
  if (auto* field = FindChild(schema.fields, column)) return *field;
  throw duckdb::BinderException(
      fmt::format("Table \"{}\" does not have a column with name \"{}\"", table, column));
}

Field& FindField(Schema& schema, const std::string& table,
                 const duckdb::vector<duckdb::string>& path) {
  auto* field = FindChild(schema.fields, path[0]);
  if (field == nullptr) {
    throw duckdb::CatalogException(
        fmt::format("Column \"{}\" does not exist: table \"{}\"", path[0], table));
  }
  if (field->type.kind != TypeKind::kPrimitive && IsReadByName(field->type)) {
    throw duckdb::BinderException(fmt::format(
        "table \"{}\": fields of column \"{}\" cannot be altered: its type {} has a UNION or an "
        "ARRAY in it",
        table, field->name, ToSql(field->type)));
  }
  for (size_t i = 1; i < path.size(); ++i) {
    auto* child = FindChild(field->type.children, path[i]);
    if (child == nullptr) {
      throw duckdb::BinderException(fmt::format(
          "Sub-field {} does not exist in column {}: table \"{}\"", path[i], field->name, table));
    }
    field = child;
  }
  return *field;
}

void RenameColumn(Schema& schema, SortOrder& order, const std::string& table,
                  const std::string& old_name, const std::string& new_name) {
  auto& field = FindColumn(schema, table, old_name);
  const auto* taken = schema.Find(new_name);
  if (taken != nullptr && taken != &field) {
    throw duckdb::BinderException(
        fmt::format("table \"{}\" already has a column with name \"{}\"", table, new_name));
  }
  const auto rewrite = [&](std::string& expression) {
    if (!Mentions(expression, table, old_name)) return;
    expression = VisitColumns(expression, [&](duckdb::ColumnRefExpression& reference) {
      auto& name = reference.column_names[NamePosition(reference, table)];
      if (StringUtil::CIEquals(name, old_name)) name = new_name;
    });
  };
  for (auto& constraint : schema.constraints) {
    if (constraint.kind == Constraint::Kind::kCheck) rewrite(constraint.expression);
  }
  for (auto& other : schema.fields) {
    if (other.generated_as) rewrite(*other.generated_as);
  }
  for (auto& sort : order.fields) rewrite(sort.expression);
  field.name = new_name;
}

void RemoveColumn(Schema& schema, const Snapshot& snapshot, const std::string& table,
                  const std::string& column, bool cascade) {
  const FieldId id = FindColumn(schema, table, column).id;
  while (cascade) {
    const auto* generated = GeneratedFrom(schema, table, *schema.Find(id));
    if (generated == nullptr) break;
    RemoveColumn(schema, snapshot, table, std::string(generated->name), true);
  }
  auto& field = FindColumn(schema, table, column);
  CheckDependents(schema, snapshot, table, field);
  RemoveChecks(schema, table, field.name);
  const auto stored = std::ranges::count_if(
      schema.fields, [](const Field& other) { return !other.generated_as.has_value(); });
  if (!field.generated_as && stored == 1) {
    throw duckdb::CatalogException(
        fmt::format("Cannot drop column: table only has one column remaining! \"{}\" of table "
                    "\"{}\" is the only "
                    "one that is stored",
                    column, table));
  }
  schema.fields.erase(schema.fields.begin() + (&field - schema.fields.data()));
}

void AddNestedField(Schema& schema, const std::string& table, Field field,
                    const duckdb::AddFieldInfo& info) {
  auto& parent = FindField(schema, table, info.column_path);
  if (IsListOrMap(parent.type)) {
    throw duckdb::BinderException(
        fmt::format("Column {} is not a struct - ALTER TABLE can only add fields to structs: "
                    "table \"{}\", found {}",
                    parent.name, table, ToSql(parent.type)));
  }
  if (parent.type.kind != TypeKind::kStruct) {
    throw duckdb::BinderException(fmt::format(
        "Column '{}' is not a nested type, ADD COLUMN can only be used on nested types: table "
        "\"{}\", found {}",
        parent.name, table, ToSql(parent.type)));
  }
  auto& members = parent.type.children;
  if (FindChild(members, field.name) != nullptr) {
    if (info.if_field_not_exists) return;
    throw duckdb::CatalogException(
        fmt::format("Duplicate field \"{}\" - field already exists in struct {}: table \"{}\"",
                    field.name, parent.name, table));
  }
  members.push_back(std::move(field));
}

void RemoveNestedField(Schema& schema, const std::string& table,
                       const duckdb::RemoveFieldInfo& info) {
  auto path = info.column_path;
  const auto name = path.back();
  path.pop_back();
  auto& parent = FindField(schema, table, path);
  if (IsListOrMap(parent.type)) {
    throw duckdb::CatalogException(
        fmt::format("Cannot drop field '{}' from column '{}' - it's not a struct: table \"{}\", "
                    "found {}",
                    name, parent.name, table, ToSql(parent.type)));
  }
  if (parent.type.kind != TypeKind::kStruct) {
    throw duckdb::CatalogException(
        fmt::format("Cannot drop field from column \"{}\" - not a nested type: {} of table \"{}\"",
                    path.front(), parent.name, table));
  }
  auto& members = parent.type.children;
  auto* member = FindChild(members, name);
  if (member == nullptr) {
    if (info.if_column_exists) return;
    throw duckdb::CatalogException(
        fmt::format("Cannot drop field \"{}\" - it does not exist: \"{}\" of table \"{}\"", name,
                    parent.name, table));
  }
  if (members.size() == 1) {
    throw duckdb::CatalogException(fmt::format(
        "Cannot drop field {} from column {} - it is the last field of the struct: table \"{}\"",
        name, parent.name, table));
  }
  members.erase(members.begin() + (member - members.data()));
}

void RenameNestedField(Schema& schema, const std::string& table,
                       const duckdb::RenameFieldInfo& info) {
  auto path = info.column_path;
  const auto name = path.back();
  path.pop_back();
  auto& parent = FindField(schema, table, path);
  if (IsListOrMap(parent.type)) {
    throw duckdb::CatalogException(
        fmt::format("Cannot rename field '{}' from column '{}' - can only rename fields inside a "
                    "struct: table \"{}\", found {}",
                    name, parent.name, table, ToSql(parent.type)));
  }
  if (parent.type.kind != TypeKind::kStruct) {
    throw duckdb::CatalogException(fmt::format(
        "Cannot rename field from column \"{}\" - not a nested type: {} of table \"{}\"",
        path.front(), parent.name, table));
  }
  auto& members = parent.type.children;
  auto* member = FindChild(members, name);
  if (member == nullptr) {
    throw duckdb::CatalogException(
        fmt::format("Cannot rename field \"{}\" - it does not exist: \"{}\" of table \"{}\"", name,
                    parent.name, table));
  }
  const auto* taken = FindChild(members, info.new_name);
  if (taken != nullptr && taken != member) {
    throw duckdb::CatalogException(
        fmt::format("Cannot rename field {} from column {} to {} - a field with this name already "
                    "exists: table \"{}\"",
                    name, parent.name, info.new_name, table));
  }
  member->name = info.new_name;
}

}  // namespace icefall
