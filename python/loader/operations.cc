#include "python/loader/operations.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/clock.h"
#include "database/database.h"
#include "maintenance/check.h"
#include "session/identifier.h"
#include "session/location.h"
#include "session/parquet_reader.h"

namespace icefall::python {

namespace {

using Json = nlohmann::json;

// A database as it is now, and the table that the arguments name, if they do.
struct Opened {
  Location location;
  std::unique_ptr<Database> database;
  CatalogSnapshotPointer catalog;
  CatalogObjectPointer table;  // null for the whole database
};

std::optional<std::string> OptionalText(const Json& arguments, const char* name) {
  const auto found = arguments.find(name);
  if (found == arguments.end() || found->is_null()) return std::nullopt;
  return found->get<std::string>();
}

ObjectName NameOf(const std::string& text) {
  QualifiedName name = ParseName(text);
  return {std::move(name.schema), std::move(name.name)};
}

CatalogObjectPointer TableByDirectory(const CatalogSnapshot& catalog, const std::string& name) {
  for (const auto& table : catalog.Tables()) {
    if (table->directory == name) return table;
  }
  return nullptr;
}

Result<CatalogObjectPointer> FindTable(const CatalogSnapshot& catalog, const Location& location,
                                       const std::optional<std::string>& name) {
  CatalogObjectPointer table;
  if (name) {
    table = catalog.Find(ObjectKind::kTable, NameOf(*name));
  } else if (location.table_directory) {
    table = TableByDirectory(catalog, *location.table_directory);
  } else {
    return table;
  }
  if (!table) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("table '{}' not found", name ? *name : *location.table_directory));
  }
  return table;
}

Result<Opened> Open(const Json& arguments) {
  const std::string path = arguments.at("path");
  const bool create = arguments.value("create", false);
  Opened opened;
  if (auto location = ResolveLocation(path); location.has_value()) {
    opened.location = *std::move(location);
  } else if (create && !path.empty()) {
    opened.location.database = path;
  } else {
    return Fail(std::move(location).error());
  }
  ICEFALL_ASSIGN_OR_RETURN(opened.database,
                           Database::Open(opened.location.database,
                                          {.read_only = !create, .create_if_missing = create}));
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, opened.database->Begin());
  ICEFALL_ASSIGN_OR_RETURN(opened.catalog, transaction->Catalog());
  ICEFALL_ASSIGN_OR_RETURN(
      opened.table, FindTable(*opened.catalog, opened.location, OptionalText(arguments, "table")));
  return opened;
}

Result<Opened> OpenTable(const Json& arguments) {
  ICEFALL_ASSIGN_OR_RETURN(auto opened, Open(arguments));
  if (!opened.table) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("expected a table, '{}' is a whole database", opened.location.database));
  }
  return opened;
}

Result<void> CheckTables(const CatalogSnapshot& catalog, const Json& arguments) {
  const auto names = arguments.find("tables");
  if (names == arguments.end() || names->is_null()) return {};
  for (const std::string name : *names) {
    if (!catalog.Find(ObjectKind::kTable, NameOf(name)) &&
        !catalog.Find(ObjectKind::kView, NameOf(name))) {
      return Fail(ErrorCode::kNotFound, fmt::format("table '{}' not found", name));
    }
  }
  return {};
}

Result<uint64_t> DatabaseSequenceOf(const Opened& opened, uint64_t snapshot) {
  if (!opened.table) {
    if (snapshot > 0 && snapshot <= opened.catalog->database_sequence.value) return snapshot;
  } else {
    ICEFALL_ASSIGN_OR_RETURN(const auto commits, opened.database->History(opened.table->uuid));
    const auto found = std::ranges::find(commits, Sequence(snapshot), &CommitSummary::sequence);
    if (found != commits.end()) return found->database_sequence.value;
  }
  return Fail(ErrorCode::kNotFound, fmt::format("snapshot {} not found", snapshot));
}

}  // namespace

Result<Json> Resolve(const Json& arguments) {
  ICEFALL_ASSIGN_OR_RETURN(const Opened opened, Open(arguments));
  ICEFALL_RETURN_IF_ERROR(CheckTables(*opened.catalog, arguments));
  Json answer = {{"database", opened.location.database},
                 {"schema", "main"},
                 {"table", nullptr},
                 {"sequence", nullptr}};
  if (opened.table) {
    answer["schema"] = opened.table->name.schema;
    answer["table"] = opened.table->name.name;
  }
  if (const auto snapshot = arguments.find("snapshot");
      snapshot != arguments.end() && !snapshot->is_null()) {
    ICEFALL_ASSIGN_OR_RETURN(answer["sequence"],
                             DatabaseSequenceOf(opened, snapshot->get<uint64_t>()));
  }
  return answer;
}

Result<Json> History(const Json& arguments) {
  ICEFALL_ASSIGN_OR_RETURN(const Opened opened, OpenTable(arguments));
  ICEFALL_ASSIGN_OR_RETURN(const auto commits, opened.database->History(opened.table->uuid));
  Json answer = Json::array();
  for (const CommitSummary& commit : commits) {
    answer.push_back({{"sequence", commit.sequence.value},
                      {"committed_at", FormatTimestamp(commit.committed_at)},
                      {"rows", commit.live_rows},
                      {"fragments", commit.fragments},
                      {"parent_hash", nullptr}});
    if (!commit.parent_hash.empty()) answer.back()["parent_hash"] = commit.parent_hash;
  }
  return answer;
}

Result<Json> Check(const Json& arguments) {
  ICEFALL_ASSIGN_OR_RETURN(const Opened opened, OpenTable(arguments));
  ICEFALL_ASSIGN_OR_RETURN(const auto reader, MakeParquetReader());
  ICEFALL_ASSIGN_OR_RETURN(const CheckReport report,
                           CheckTable(*opened.database, opened.table->name, *reader,
                                      {.data = arguments.value("data", false)}));
  Json answer = Json::array();
  for (const Finding& finding : report.findings) {
    answer.push_back({{"severity", SeverityName(finding.severity)},
                      {"code", finding.code},
                      {"message", finding.message}});
  }
  return answer;
}

}  // namespace icefall::python
