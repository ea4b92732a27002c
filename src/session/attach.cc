#include "session/attach.h"

#include <string>

#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/main/client_data.hpp"
#include <fmt/format.h>

#include "database/database.h"
#include "session/identifier.h"
#include "session/names.h"
#include "sql/icedb/icedb_attach.h"
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

// An icedb table is all of its database, and has no numbered past.
Result<std::string> IcedbStatement(const Session::Impl& session) {
  const SessionOptions& options = session.options;
  if (options.snapshot || options.table || !options.tables.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is an icedb table: expected neither a snapshot, which is a time "
                            "there, as in AT (TIMESTAMP => ...), nor tables to choose from",
                            session.location.database));
  }
  return fmt::format("ATTACH {} AS {} (TYPE icefall, FORMAT icedb{})",
                     QuoteLiteral(session.location.database), QuoteIdentifier(kDatabaseAlias),
                     options.read_only ? ", READ_ONLY" : "");
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

// Whether there is nothing to find out before ATTACH, which opens the database itself: to open one
// twice takes as many requests again where it is in a bucket.
bool IsAllOfABucket(const Session::Impl& session) {
  const SessionOptions& options = session.options;
  return session.location.is_in_bucket() && !session.location.table_directory &&
         !options.create_if_missing && !options.snapshot && !options.table &&
         options.tables.empty();
}

Result<std::string> AttachStatement(Session::Impl& session) {
  if (session.location.is_icedb) return IcedbStatement(session);
  if (IsAllOfABucket(session)) {
    return fmt::format("ATTACH {} AS {} (TYPE icefall, CREATE_IF_NOT_EXISTS false{})",
                       QuoteLiteral(session.location.database), QuoteIdentifier(kDatabaseAlias),
                       session.options.read_only ? ", READ_ONLY" : "");
  }
  const auto found = FindNames(session);
  if (!found.has_value()) {
    if (IsIcedb(session.location.database)) return IcedbStatement(session);
    return Fail(found.error());
  }
  const auto& names = *found;
  if (names.path_table) session.table = names.path_table->name.name;
  std::string attach =
      fmt::format("ATTACH {} AS {} (TYPE icefall", QuoteLiteral(session.location.database),
                  QuoteIdentifier(kDatabaseAlias));
  if (session.options.read_only || names.sequence) attach += ", READ_ONLY";
  if (names.sequence) attach += fmt::format(", SNAPSHOT {}", names.sequence->value);
  if (!names.tables.empty()) attach += fmt::format(", TABLES [{}]", QuotedNames(names));
  return attach + ")";
}

}  // namespace

Result<void> AttachDatabase(Session::Impl& session) {
  ICEFALL_ASSIGN_OR_RETURN(const std::string attach, AttachStatement(session));
  ICEFALL_RETURN_IF_ERROR(CatchDuckdb([&] { RegisterIcefall(*session.database->instance); }));
  const auto result = session.connection->Query(attach);
  if (result->HasError()) return Fail(FromDuckdb(result->GetErrorObject()));
  // As USE does, which begins a transaction to see that the schema is there: a request in a bucket.
  return CatchDuckdb([&] {
    duckdb::ClientData::Get(*session.connection->context)
        .catalog_search_path->Set(
            duckdb::CatalogSearchEntry(std::string(kDatabaseAlias), DEFAULT_SCHEMA),
            duckdb::CatalogSetPathType::SET_DIRECTLY);
  });
}

}  // namespace icefall
