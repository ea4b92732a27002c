#include "sql/index/index_entry.h"

#include <utility>

#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/parsed_data/create_index_info.hpp"

#include "log/log_entry.h"
#include "sql/ddl/stored_statement.h"
#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/icefall_schema_entry.h"
#include "sql/icefall_transaction.h"
#include "sql/object_number.h"
#include "sql/visible_objects.h"

namespace icefall {
namespace {

duckdb::CreateIndexInfo InfoOf(const IcefallTableEntry& table, const Constraint& constraint) {
  duckdb::CreateIndexInfo info;
  info.catalog = table.schema.catalog.GetName();
  info.schema = table.schema.name;
  info.table = table.name;
  info.index_name = constraint.name;
  info.index_type = "BTREE";
  info.constraint_type = constraint.kind == Constraint::Kind::kUniqueIndex
                             ? duckdb::IndexConstraintType::UNIQUE
                             : duckdb::IndexConstraintType::NONE;
  const auto& properties = table.object()->properties;
  const auto comment = properties.find(kIndexComment + constraint.name);
  if (comment != properties.end()) info.comment = duckdb::Value(comment->second);
  for (const auto id : constraint.fields) {
    const auto& fields = table.table_schema().fields;
    for (size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].id != id) continue;
      info.column_ids.push_back(i);
      auto column = duckdb::make_uniq<duckdb::ColumnRefExpression>(fields[i].name);
      info.parsed_expressions.push_back(column->Copy());
      info.expressions.push_back(std::move(column));
    }
  }
  return info;
}

}  // namespace

IcefallIndexEntry::IcefallIndexEntry(TableEntryPointer table, duckdb::CreateIndexInfo& info)
    : IndexCatalogEntry(table->schema.catalog, table->schema, info), table_(std::move(table)) {
  index_constraint_type = info.constraint_type;
  oid = ObjectNumber(table_->uuid() + "." + name);
  sql = info.ToString();
}

void ForEachIndex(IcefallTransaction& transaction, const std::string& schema,
                  const std::function<void(IcefallIndexEntry&)>& visit) {
  const auto names = transaction.Names();
  for (const auto& [name, object] : names->relations) {
    if (object->kind != ObjectKind::kTable) continue;
    if (!duckdb::StringUtil::CIEquals(name.schema, schema)) continue;
    if (!IsVisible(transaction.catalog().settings().tables, *names, *object)) continue;
    const auto found = transaction.engine().Table(object->uuid);
    // A damaged table is in nobody's way but its own.
    if (!found && IsDamage(found.error().code())) continue;
    const auto snapshot = Unwrap(found);
    for (const auto& constraint : snapshot->schema->constraints) {
      if (!IsIndex(constraint.kind)) continue;
      auto table = transaction.TableEntry(object, snapshot).shared_from_this();
      auto info = InfoOf(*table, constraint);
      visit(*transaction.Pin(std::make_shared<IcefallIndexEntry>(std::move(table), info)));
    }
  }
}

IcefallIndexEntry* FindIndex(IcefallTransaction& transaction, const std::string& schema,
                             const std::string& name) {
  IcefallIndexEntry* found = nullptr;
  ForEachIndex(transaction, schema, [&](IcefallIndexEntry& entry) {
    if (duckdb::StringUtil::CIEquals(entry.name, name)) found = &entry;
  });
  return found;
}

}  // namespace icefall
