#include "session/attach.h"

#include <fmt/format.h>

#include "database/database.h"
#include "session/identifier.h"
#include "session/names.h"
#include "sql/storage_extension.h"

namespace icefall {

namespace {

Result<ResolvedNames> FindNames(Session::Impl& session) {
  const SessionOptions& options = session.options;
  DatabaseOptions database_options;
  database_options.read_only = options.read_only || options.snapshot.has_value();
  database_options.create_if_missing = options.create_if_missing;
  ICEFALL_ASSIGN_OR_RETURN(const auto database,
                           Database::Open(session.location.database, database_options));
  return ResolveNames(*database, {session.location.table_directory, options.table, options.tables,
                                  options.snapshot});
}

// The list of the attach option TABLES.
std::string QuotedNames(const ResolvedNames& names) {
  std::string list;
  const auto add = [&](const ObjectName& name) {
    const std::string quoted = QuoteLiteral(QuoteName({name.schema, name.name}));
    list += fmt::format("{}{}", list.empty() ? "" : ", ", quoted);
  };
  for (const auto& name : names.tables) add(name);
  if (names.path_table) add(names.path_table->name);
  return list;
}

}  // namespace

Result<void> AttachDatabase(Session::Impl& session) {
  ICEFALL_ASSIGN_OR_RETURN(const auto names, FindNames(session));
  if (names.path_table) session.table = names.path_table->name.name;
  std::string attach =
      fmt::format("ATTACH {} AS {} (TYPE icefall", QuoteLiteral(session.location.database),
                  QuoteIdentifier(kDatabaseAlias));
  if (session.options.read_only || names.sequence) attach += ", READ_ONLY";
  if (names.sequence) attach += fmt::format(", SNAPSHOT {}", names.sequence->value);
  if (!names.tables.empty()) attach += fmt::format(", TABLES [{}]", QuotedNames(names));
  attach += ")";
  ICEFALL_RETURN_IF_ERROR(CatchDuckdb([&] { RegisterIcefall(*session.database->instance); }));
  for (const auto& statement : {attach, "USE " + QuoteIdentifier(kDatabaseAlias)}) {
    const auto result = session.connection->Query(statement);
    if (result->HasError()) return Fail(FromDuckdb(result->GetErrorObject()));
  }
  return {};
}

}  // namespace icefall
