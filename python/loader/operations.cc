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
#include "maintenance/doctor.h"
#include "session/identifier.h"
#include "session/location.h"
#include "session/names.h"
#include "sql/maintenance/parquet_reader.h"

namespace icefall::python {

namespace {

using Json = nlohmann::json;

// A database as it is now or was at a snapshot, and the table that the arguments name, if they do.
struct Opened {
  Location location;
  std::unique_ptr<Database> database;
  CatalogSnapshotPointer catalog;
  CatalogObjectPointer table;  // null for the whole database
  // The tables and views that are to be seen, when the arguments name some.
  std::optional<std::vector<ObjectName>> tables;
  std::optional<DatabaseSequence> sequence;  // of the snapshot, when one was asked for
};

std::optional<std::string> OptionalText(const Json& arguments, const char* name) {
  const auto found = arguments.find(name);
  if (found == arguments.end() || found->is_null()) return std::nullopt;
  return found->get<std::string>();
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
  NameRequest request{opened.location.table_directory, OptionalText(arguments, "table"), {}, {}};
  if (const auto names = arguments.find("tables"); names != arguments.end() && !names->is_null()) {
    request.tables = names->get<std::vector<std::string>>();
  }
  if (const auto snapshot = arguments.find("snapshot");
      snapshot != arguments.end() && !snapshot->is_null()) {
    request.snapshot = snapshot->get<uint64_t>();
  }
  ICEFALL_ASSIGN_OR_RETURN(auto names, ResolveNames(*opened.database, request));
  opened.catalog = std::move(names.catalog);
  opened.table = std::move(names.table);
  opened.sequence = names.sequence;
  if (arguments.contains("tables") && !arguments["tables"].is_null()) {
    opened.tables = std::move(names.tables);
    if (opened.table) opened.tables->push_back(opened.table->name);
  }
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

}  // namespace

Result<Json> Resolve(const Json& arguments, const Stop&) {
  ICEFALL_ASSIGN_OR_RETURN(const Opened opened, Open(arguments));
  Json answer = {{"database", opened.location.database},
                 {"schema", "main"},
                 {"table", nullptr},
                 {"sequence", nullptr},
                 {"tables", nullptr}};
  if (opened.table) {
    answer["schema"] = opened.table->name.schema;
    answer["table"] = opened.table->name.name;
  }
  if (opened.sequence) answer["sequence"] = opened.sequence->value;
  if (opened.tables) {
    answer["tables"] = Json::array();
    for (const auto& name : *opened.tables) {
      answer["tables"].push_back(QuoteName({name.schema, name.name}));
    }
  }
  return answer;
}

Result<Json> History(const Json& arguments, const Stop&) {
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

Result<Json> Check(const Json& arguments, const Stop&) {
  ICEFALL_ASSIGN_OR_RETURN(const Opened opened, OpenTable(arguments));
  ICEFALL_ASSIGN_OR_RETURN(const auto reader, MakeParquetReader());
  ICEFALL_ASSIGN_OR_RETURN(const CheckReport report,
                           CheckTable(*opened.database, opened.table->name, *reader,
                                      {.data = arguments.value("data", false),
                                       .checksums = arguments.value("checksums", false)}));
  Json answer = Json::array();
  for (const Finding& finding : report.findings) {
    answer.push_back({{"severity", SeverityName(finding.severity)},
                      {"code", finding.code},
                      {"message", finding.message}});
  }
  return answer;
}

Result<Json> Doctor(const Json& arguments, const Stop&) {
  ICEFALL_ASSIGN_OR_RETURN(const Opened opened, OpenTable(arguments));
  ICEFALL_ASSIGN_OR_RETURN(const auto reader, MakeParquetReader());
  const ObjectName& table = opened.table->name;
  ICEFALL_ASSIGN_OR_RETURN(const DoctorReport found, Examine(*opened.database, table, *reader));
  Json findings = Json::array();
  for (const Diagnosis& diagnosis : found.diagnoses) {
    findings.push_back({{"severity", SeverityName(diagnosis.finding.severity)},
                        {"code", diagnosis.finding.code},
                        {"message", diagnosis.finding.message},
                        {"remedy", RemedyName(diagnosis.remedy)},
                        {"explanation", diagnosis.explanation}});
  }
  bool healthy = found.is_healthy();
  if (arguments.value("repair", false) && found.Has(Remedy::kRepair)) {
    ICEFALL_RETURN_IF_ERROR(Repair(*opened.database, table, *reader));
    ICEFALL_ASSIGN_OR_RETURN(const Opened again, OpenTable(arguments));
    ICEFALL_ASSIGN_OR_RETURN(const DoctorReport left, Examine(*again.database, table, *reader));
    healthy = left.is_healthy();
  }
  return Json{{"findings", std::move(findings)}, {"healthy", healthy}};
}

}  // namespace icefall::python
