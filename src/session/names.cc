#include "session/names.h"

#include <fmt/format.h>

#include "session/identifier.h"

namespace icefall {

namespace {

std::unexpected<Error> TableNotFound(std::string_view name) {
  return Fail(ErrorCode::kNotFound, fmt::format("table '{}' not found", name));
}

bool SameName(const ObjectName& a, const ObjectName& b) {
  const ObjectNameLess less;
  return !less(a, b) && !less(b, a);
}

// A name as it is, in the schema main, goes before one in SQL's form.
bool HasName(const CatalogObject& object, const std::string& text) {
  if (SameName(object.name, {"main", text})) return true;
  const QualifiedName parsed = ParseName(text);
  return SameName(object.name, {parsed.schema, parsed.name});
}

// Null when there is no such table or view.
CatalogObjectPointer FindRelation(const CatalogSnapshot& catalog, const std::string& text) {
  for (const auto& [name, object] : catalog.relations) {
    const bool is_relation =
        object->kind == ObjectKind::kTable || object->kind == ObjectKind::kView;
    if (is_relation && HasName(*object, text)) return object;
  }
  return nullptr;
}

// Null when nothing names a table.
Result<CatalogObjectPointer> FindTable(Database& database, const CatalogSnapshot& now,
                                       const NameRequest& request) {
  const auto& asked = request.table ? request.table : request.table_directory;
  if (!asked) return nullptr;
  const auto matches = [&](const CatalogObject& object) {
    return request.table ? HasName(object, *asked) : object.directory == *asked;
  };
  CatalogObjectPointer found;
  for (const auto& object : now.Tables()) {
    if (matches(*object)) return object;
  }
  if (!request.table) found = now.Find(ObjectKind::kTable, {"main", *asked});
  if (!found && request.snapshot) {
    ICEFALL_ASSIGN_OR_RETURN(found, database.FindTableEver(matches));
  }
  if (!found) return TableNotFound(*asked);
  return found;
}

Result<DatabaseSequence> SequenceOf(Database& database, const CatalogObjectPointer& table,
                                    uint64_t snapshot) {
  if (!table) return DatabaseSequence(snapshot);
  const auto state = database.TableAt(table->uuid, Sequence(snapshot));
  if (state) return (*state)->database_sequence;
  if (state.error().code() != ErrorCode::kNotFound) return Fail(state.error());
  return Fail(ErrorCode::kNotFound,
              fmt::format("snapshot {} not found: {}", snapshot, state.error().message()));
}

}  // namespace

Result<ResolvedNames> ResolveNames(Database& database, const NameRequest& request) {
  ResolvedNames names;
  ICEFALL_ASSIGN_OR_RETURN(auto transaction, database.Begin());
  ICEFALL_ASSIGN_OR_RETURN(names.catalog, transaction->Catalog());
  ICEFALL_ASSIGN_OR_RETURN(names.table, FindTable(database, *names.catalog, request));
  if (request.snapshot) {
    ICEFALL_ASSIGN_OR_RETURN(names.sequence, SequenceOf(database, names.table, *request.snapshot));
    ICEFALL_ASSIGN_OR_RETURN(transaction, database.BeginAt({.sequence = *names.sequence}));
    ICEFALL_ASSIGN_OR_RETURN(names.catalog, transaction->Catalog());
    if (names.table) names.table = names.catalog->FindTableByUuid(names.table->uuid);
  }
  if (request.table_directory) {
    for (const auto& object : names.catalog->Tables()) {
      if (object->directory == *request.table_directory) names.path_table = object;
    }
    if (!names.path_table) {
      names.path_table =
          names.catalog->Find(ObjectKind::kTable, {"main", *request.table_directory});
    }
    if (!names.path_table) return TableNotFound(*request.table_directory);
  }
  for (const std::string& name : request.tables) {
    const auto found = FindRelation(*names.catalog, name);
    if (!found) return TableNotFound(name);
    names.tables.push_back(found->name);
  }
  return names;
}

}  // namespace icefall
