#include "python/loader/operations.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/clock.h"
#include "database/database.h"
#include "maintenance/check_database.h"
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

namespace {

void AddFindings(const CheckReport& report, const Json& table, Json& into) {
  for (const Finding& finding : report.findings) {
    into.push_back({{"severity", SeverityName(finding.severity)},
                    {"code", finding.code},
                    {"message", finding.message}});
    if (!table.is_discarded()) into.back()["table"] = table;
  }
}

void AddDiagnoses(const DoctorReport& report, const Json& table, Json& into) {
  for (const Diagnosis& diagnosis : report.diagnoses) {
    into.push_back({{"severity", SeverityName(diagnosis.finding.severity)},
                    {"code", diagnosis.finding.code},
                    {"message", diagnosis.finding.message},
                    {"remedy", RemedyName(diagnosis.remedy)},
                    {"explanation", diagnosis.explanation}});
    if (!table.is_discarded()) into.back()["table"] = table;
  }
}

// Of a finding about a table that was named: it has no member for that.
const Json kNoTable = Json(Json::value_t::discarded);

Result<Json> DoctorTable(const Json& arguments, const ObjectName& table, Database& database,
                         DataFileReader& reader) {
  ICEFALL_ASSIGN_OR_RETURN(const DoctorReport found, Examine(database, table, reader));
  Json findings = Json::array();
  AddDiagnoses(found, kNoTable, findings);
  bool healthy = found.is_healthy();
  if (arguments.value("repair", false) && found.Has(Remedy::kRepair)) {
    ICEFALL_RETURN_IF_ERROR(Repair(database, table, reader));
    ICEFALL_ASSIGN_OR_RETURN(const Opened again, Open(arguments));
    ICEFALL_ASSIGN_OR_RETURN(const DoctorReport left, Examine(*again.database, table, reader));
    healthy = left.is_healthy();
  }
  return Json{{"findings", std::move(findings)}, {"healthy", healthy}};
}

Result<Json> DoctorDatabase(const Json& arguments, const std::string& path,
                            DataFileReader& reader) {
  ICEFALL_ASSIGN_OR_RETURN(const DatabaseDiagnoses found, ExamineDatabase(path, reader));
  Json findings = Json::array();
  AddDiagnoses(found.database, nullptr, findings);
  for (const auto& [table, report] : found.tables) AddDiagnoses(report, TextOf(table), findings);
  bool healthy = found.is_healthy();
  if (arguments.value("repair", false) && found.Has(Remedy::kRepair)) {
    ICEFALL_RETURN_IF_ERROR(RepairDatabase(path, reader));
    ICEFALL_ASSIGN_OR_RETURN(const DatabaseDiagnoses left, ExamineDatabase(path, reader));
    healthy = left.is_healthy();
  }
  return Json{{"findings", std::move(findings)}, {"healthy", healthy}};
}

}  // namespace

Result<Json> Check(const Json& arguments, const Stop&) {
  ICEFALL_ASSIGN_OR_RETURN(const Opened opened, Open(arguments));
  ICEFALL_ASSIGN_OR_RETURN(const auto reader, MakeParquetReader());
  const CheckOptions options = {.data = arguments.value("data", false),
                                .checksums = arguments.value("checksums", false)};
  Json answer = Json::array();
  if (opened.table) {
    ICEFALL_ASSIGN_OR_RETURN(const CheckReport report,
                             CheckTable(*opened.database, opened.table->name, *reader, options));
    AddFindings(report, kNoTable, answer);
    return answer;
  }
  ICEFALL_ASSIGN_OR_RETURN(const DatabaseReport report,
                           CheckDatabase(*opened.database, *reader, options));
  AddFindings(report.database, nullptr, answer);
  for (const CheckedTable& table : report.tables) {
    AddFindings(table.report, TextOf(table.table), answer);
  }
  return answer;
}

Result<Json> Doctor(const Json& arguments, const Stop&) {
  ICEFALL_ASSIGN_OR_RETURN(const auto reader, MakeParquetReader());
  const std::string path = arguments.at("path");
  const auto location = ResolveLocation(path);
  if (!OptionalText(arguments, "table") && (!location || !location->table_directory)) {
    return DoctorDatabase(arguments, location ? location->database : path, *reader);
  }
  ICEFALL_ASSIGN_OR_RETURN(const Opened opened, Open(arguments));
  return DoctorTable(arguments, opened.table->name, *opened.database, *reader);
}

}  // namespace icefall::python
