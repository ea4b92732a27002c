#include "cli/commands/maintenance_call.h"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/interrupt.h"
#include "cli/open_session.h"
#include "maintenance/gc.h"
#include "session/identifier.h"
#include "session/import/table_files.h"
#include "session/output/output.h"

namespace icefall::cli {

void AddMaintenanceArguments(CLI::App& command, MaintenanceArguments& arguments) {
  command.add_option("DB", arguments.database, "Database directory")->required();
  command.add_option("TABLE", arguments.table, "Table")->required();
  command.add_option("--format", arguments.format, "text or json (default: text)");
}

CommandResult CallMaintenance(const MaintenanceArguments& arguments, const std::string& function,
                              const std::string& more,
                              const std::function<std::string(const nlohmann::json& row)>& text) {
  if (arguments.format != "text" && arguments.format != "json") {
    return Usage(fmt::format("unknown format '{}' (known: text, json)", arguments.format));
  }
  const QualifiedName table = ParseName(arguments.table);
  ICEFALL_ASSIGN_OR_RETURN(const auto session, OpenSession(arguments.database));
  if (!arguments.may_be_dropped) ICEFALL_RETURN_IF_ERROR(DescribeTable(*session, table));
  ICEFALL_ASSIGN_OR_RETURN(
      auto result,
      session->Query(fmt::format("CALL {}({}{})", function, QuoteLiteral(QuoteName(table)), more)));
  output::StringSink sink;
  ICEFALL_RETURN_IF_ERROR(output::WriteJsonLines(result, sink));
  if (arguments.format == "json") {
    fmt::print("{}", sink.text());
  } else {
    fmt::print("{}\n", text(nlohmann::json::parse(sink.text())));
  }
  return 0;
}

CommandResult SayFilesMayBeDeleted(CommandResult result) {
  if (result.has_value() || !WasInterrupted()) return result;
  std::string& message = result.error().message;
  if (message.starts_with("interrupted: ")) return result;
  message = fmt::format("interrupted: {}", kGcStopped);
  return result;
}

std::string DescribeCompaction(const nlohmann::json& row) {
  const auto number = [&](const char* name) { return row.at(name).get<uint64_t>(); };
  return fmt::format("{} input row groups -> {} output row groups, {} rows -> {} rows",
                     number("files_before"), number("files_after"), number("rows_before"),
                     number("rows_after"));
}

std::string DescribeCollection(const nlohmann::json& row) {
  const auto retained = row.at("retained_snapshots").get<std::vector<uint64_t>>();
  return fmt::format("deleted {} files, retained snapshots [{}]",
                     row.at("deleted_files").get<uint64_t>(), fmt::join(retained, ", "));
}

}  // namespace icefall::cli
