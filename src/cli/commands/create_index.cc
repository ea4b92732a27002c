// `create-index`: a sorted index over columns.
#include <memory>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/open_session.h"
#include "session/import/table_files.h"

namespace icefall::cli {

namespace {

struct Arguments : TableArguments {
  std::string columns;
  std::string name;
  std::string type = "btree";
  bool unique = false;
};

std::vector<std::string> Split(const std::string& list) {
  std::vector<std::string> parts{""};
  for (const char c : list) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

CommandResult Run(Arguments arguments) {
  if (arguments.type != "btree") {
    return Usage(fmt::format("unknown --index-type '{}' (known: btree)", arguments.type));
  }
  const QualifiedName table = ParseName(arguments.table);
  std::string quoted;
  std::string default_name = table.name;
  for (const std::string& column : Split(arguments.columns)) {
    if (column.empty()) return Usage("COLUMN: expected names between the commas");
    quoted += (quoted.empty() ? "" : ", ") + QuoteIdentifier(column);
    default_name += "_" + column;
  }
  if (arguments.name.empty()) arguments.name = default_name + "_idx";
  ICEFALL_ASSIGN_OR_RETURN(const auto session, OpenSession(arguments.database));
  ICEFALL_RETURN_IF_ERROR(DescribeTable(*session, table));
  ICEFALL_RETURN_IF_ERROR(session->Execute(
      fmt::format("CREATE {}INDEX {} ON {} ({})", arguments.unique ? "UNIQUE " : "",
                  QuoteIdentifier(arguments.name), QuoteName(table), quoted)));
  fmt::print("created index {} on {}.{}\n", arguments.name, arguments.table, arguments.columns);
  return 0;
}

}  // namespace

void AddCreateIndex(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command = line.Add("create-index", "Make an index over columns of a table",
                               "icefalldb create-index /tmp/mydb orders order_id --unique",
                               [arguments] { return Run(*arguments); });
  AddTableArguments(command, *arguments);
  command.add_option("COLUMN", arguments->columns, "Column, or several with commas")->required();
  command.add_option("--name", arguments->name, "Name of the index (default: TABLE_COLUMN_idx)");
  command.add_option("--index-type", arguments->type, "btree");
  command.add_flag("--unique", arguments->unique, "Refuse rows whose key exists already");
}

}  // namespace icefall::cli
