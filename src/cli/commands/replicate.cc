// `replicate`: data files as DuckDB files, too.
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/open_session.h"
#include "session/identifier.h"
#include "session/import/table_files.h"
#include "session/output/output.h"

namespace icefall::cli {

namespace {

using nlohmann::json;

struct Arguments {
  std::string database;
  std::string table;
  std::string format = "text";
  bool status = false;
  std::optional<uint64_t> rows_min;
  std::optional<uint64_t> budget_mib;
};

Result<std::vector<json>> Ask(Session& session, const std::string& query) {
  ICEFALL_ASSIGN_OR_RETURN(auto result, session.Query(query));
  output::StringSink sink;
  ICEFALL_RETURN_IF_ERROR(output::WriteJsonLines(result, sink));
  std::vector<json> rows;
  const std::string& text = sink.text();
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    rows.push_back(json::parse(text.substr(begin, end - begin)));
    begin = end == std::string::npos ? text.size() : end + 1;
  }
  return rows;
}

Result<std::vector<QualifiedName>> Tables(Session& session, const Arguments& arguments) {
  std::vector<QualifiedName> tables;
  if (!arguments.table.empty()) {
    tables.push_back(ParseName(arguments.table));
    ICEFALL_RETURN_IF_ERROR(DescribeTable(session, tables.front()));
    return tables;
  }
  ICEFALL_ASSIGN_OR_RETURN(const auto rows,
                           Ask(session,
                               "SELECT schema_name, table_name FROM duckdb_tables() WHERE "
                               "database_name = current_database() ORDER BY ALL"));
  for (const auto& row : rows) {
    tables.push_back(
        {row.at("schema_name").get<std::string>(), row.at("table_name").get<std::string>()});
  }
  return tables;
}

// Answers how many data files have replicas, or would if there were room.
uint64_t PrintReport(const std::string& table, const json& row) {
  const auto number = [&](const char* name) { return row.at(name).get<uint64_t>(); };
  fmt::print("replicated {}: built {} files of {} bytes, kept {}, removed {}, skipped {}\n", table,
             number("built_files"), number("built_bytes"), number("kept_files"),
             number("removed_files"), number("skipped_files"));
  return number("built_files") + number("kept_files") + number("skipped_files");
}

void PrintStatus(const std::string& table, const json& row) {
  const bool is_there = !row.at("replica").is_null();
  fmt::print("{} {} {} rows {} bytes, {}\n", table, row.at("path").get<std::string>(),
             row.at("row_count").get<uint64_t>(), row.at("size_bytes").get<uint64_t>(),
             is_there
                 ? fmt::format("replica of {} bytes", row.at("replica_size_bytes").get<uint64_t>())
                 : "no replica");
}

CommandResult Run(const Arguments& arguments) {
  if (arguments.format != "text" && arguments.format != "json") {
    return Usage(fmt::format("unknown format '{}' (known: text, json)", arguments.format));
  }
  ICEFALL_ASSIGN_OR_RETURN(const auto session, OpenSession(arguments.database));
  const auto set = [&](const char* setting, uint64_t value) {
    return session->Query(fmt::format("SET {} = {}", setting, value));
  };
  if (arguments.rows_min) {
    ICEFALL_RETURN_IF_ERROR(set("icefall_replica_rows_min", *arguments.rows_min));
  }
  if (arguments.budget_mib) {
    ICEFALL_RETURN_IF_ERROR(set("icefall_replicas_mib", *arguments.budget_mib));
  }
  const char* function = arguments.status ? "icefall_replicas" : "icefall_replicate";
  ICEFALL_ASSIGN_OR_RETURN(const auto tables, Tables(*session, arguments));
  uint64_t wanted_files = 0;
  for (const auto& table : tables) {
    const std::string name = QuoteName(table);
    ICEFALL_ASSIGN_OR_RETURN(
        const auto rows, Ask(*session, fmt::format("FROM {}({})", function, QuoteLiteral(name))));
    for (const auto& row : rows) {
      if (arguments.format == "json") {
        json labelled = row;
        labelled["table"] = table.name;
        fmt::print("{}\n", labelled.dump());
      } else if (arguments.status) {
        PrintStatus(table.name, row);
      } else {
        wanted_files += PrintReport(table.name, row);
      }
    }
  }
  if (arguments.format == "text" && !arguments.status && wanted_files == 0) {
    fmt::print(stderr,
               "icefalldb replicate: nothing to do: tables get replicas that ask for them (ALTER "
               "TABLE t SET (replica = 'duckdb')), of data files of {} rows or more (--rows-min)\n",
               arguments.rows_min.value_or(122'880));
  }
  return 0;
}

}  // namespace

void AddReplicate(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command =
      line.Add("replicate", "Keep data files of tables as DuckDB files, too, for faster queries",
               "icefalldb replicate /tmp/mydb orders", [arguments] { return Run(*arguments); });
  command.add_option("DB", arguments->database, "Database directory")->required();
  command.add_option("TABLE", arguments->table, "Table (default: all)");
  command.add_flag("--status", arguments->status, "Only list data files and their replicas");
  command.add_option("--rows-min", arguments->rows_min,
                     "Data files of at least so many rows (default 122880)");
  command.add_option("--budget-mib", arguments->budget_mib,
                     "Disk for all replicas of the database (default 10240)");
  command.add_option("--format", arguments->format, "text or json (default: text)");
}

}  // namespace icefall::cli
