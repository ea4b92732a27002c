#include "session/attach.h"

#include <fmt/format.h>

#include "database/database.h"
#include "session/identifier.h"
#include "session/names.h"
#include "sql/storage_extension.h"

namespace icefall {

namespace {

// The snapshot to attach, if any.
Result<std::optional<DatabaseSequence>> FindSnapshot(Session::Impl& session) {
  const SessionOptions& options = session.options;
  DatabaseOptions database_options;
  database_options.read_only = options.read_only || options.snapshot.has_value();
  database_options.create_if_missing = options.create_if_missing;
  ICEFALL_ASSIGN_OR_RETURN(const auto database,
                           Database::Open(session.location.database, database_options));
  ICEFALL_ASSIGN_OR_RETURN(const auto names,
                           ResolveNames(*database, {session.location.table_directory, options.table,
                                                    options.tables, options.snapshot}));
  if (names.path_table) session.table = names.path_table->name.name;
  return names.sequence;
}

}  // namespace

Result<void> AttachDatabase(Session::Impl& session) {
  ICEFALL_ASSIGN_OR_RETURN(const auto snapshot, FindSnapshot(session));
  std::string attach =
      fmt::format("ATTACH {} AS {} (TYPE icefall", QuoteLiteral(session.location.database),
                  QuoteIdentifier(kDatabaseAlias));
  if (session.options.read_only || snapshot) attach += ", READ_ONLY";
  if (snapshot) attach += fmt::format(", SNAPSHOT {}", snapshot->value);
  attach += ")";
  ICEFALL_RETURN_IF_ERROR(CatchDuckdb([&] { RegisterIcefall(*session.database->instance); }));
  for (const auto& statement : {attach, "USE " + QuoteIdentifier(kDatabaseAlias)}) {
    const auto result = session.connection->Query(statement);
    if (result->HasError()) return Fail(FromDuckdb(result->GetErrorObject()));
  }
  return {};
}

}  // namespace icefall
