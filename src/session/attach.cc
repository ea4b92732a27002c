#include "session/attach.h"

#include <algorithm>

#include <fmt/format.h>

#include "database/database.h"
#include "session/identifier.h"
#include "sql/storage_extension.h"

namespace icefall {

namespace {

std::unexpected<Error> TableNotFound(std::string_view name) {
  return Fail(ErrorCode::kNotFound, fmt::format("table '{}' not found", name));
}

std::unexpected<Error> SnapshotNotFound(uint64_t snapshot) {
  return Fail(ErrorCode::kNotFound, fmt::format("snapshot {} not found", snapshot));
}

CatalogObjectPointer FindByDirectory(const CatalogSnapshot& catalog, std::string_view directory) {
  for (const auto& table : catalog.Tables()) {
    if (table->directory == directory) return table;
  }
  return catalog.Find(ObjectKind::kTable, {"main", std::string(directory)});
}

// The database's sequence at the commit `snapshot` of a table, or `snapshot` itself when no table
// is meant.
Result<uint64_t> ResolveSnapshot(Database& database, const CatalogSnapshot& catalog,
                                 const std::optional<std::string>& table, uint64_t snapshot) {
  if (!table) {
    if (snapshot == 0 || snapshot > catalog.database_sequence.value) {
      return SnapshotNotFound(snapshot);
    }
    return snapshot;
  }
  const auto object = catalog.Find(ObjectKind::kTable, {"main", *table});
  if (!object) return TableNotFound(*table);
  ICEFALL_ASSIGN_OR_RETURN(const auto commits, database.History(object->uuid));
  const auto found = std::ranges::find(commits, Sequence(snapshot), &CommitSummary::sequence);
  if (found == commits.end()) return SnapshotNotFound(snapshot);
  return found->database_sequence.value;
}

// Looks the names up in the catalog; answers the snapshot to attach, if any.
Result<std::optional<uint64_t>> ResolveNames(Session::Impl& session) {
  const SessionOptions& options = session.options;
  DatabaseOptions database_options;
  database_options.read_only = options.read_only || options.snapshot.has_value();
  database_options.create_if_missing = options.create_if_missing;
  ICEFALL_ASSIGN_OR_RETURN(const auto database,
                           Database::Open(session.location.database, database_options));
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database->Begin());
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());

  if (session.location.table_directory) {
    const auto table = FindByDirectory(*catalog, *session.location.table_directory);
    if (!table) return TableNotFound(*session.location.table_directory);
    session.table = table->name.name;
  }
  for (const auto& name : options.tables) {
    if (!catalog->Find(ObjectKind::kTable, {"main", name}) &&
        !catalog->Find(ObjectKind::kView, {"main", name})) {
      return TableNotFound(name);
    }
  }
  if (!options.snapshot) return std::nullopt;
  const auto& table = options.table ? options.table : session.table;
  ICEFALL_ASSIGN_OR_RETURN(const uint64_t sequence,
                           ResolveSnapshot(*database, *catalog, table, *options.snapshot));
  return sequence;
}

}  // namespace

Result<void> AttachDatabase(Session::Impl& session) {
  ICEFALL_ASSIGN_OR_RETURN(const auto snapshot, ResolveNames(session));
  std::string attach =
      fmt::format("ATTACH {} AS {} (TYPE icefall", QuoteLiteral(session.location.database),
                  QuoteIdentifier(kDatabaseAlias));
  if (session.options.read_only || snapshot) attach += ", READ_ONLY";
  if (snapshot) attach += fmt::format(", SNAPSHOT {}", *snapshot);
  attach += ")";
  ICEFALL_RETURN_IF_ERROR(CatchDuckdb([&] { RegisterIcefall(*session.database->instance); }));
  for (const auto& statement : {attach, "USE " + QuoteIdentifier(kDatabaseAlias)}) {
    const auto result = session.connection->Query(statement);
    if (result->HasError()) return Fail(FromDuckdb(result->GetErrorObject()));
  }
  return {};
}

}  // namespace icefall
