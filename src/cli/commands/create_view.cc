// `create-view`: a named query.
#include <memory>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/open_session.h"
#include "cli/standard_input.h"
#include "session/identifier.h"

namespace icefall::cli {

namespace {

struct Arguments {
  std::string database;
  std::string view;
  std::string file;
};

CommandResult Run(const Arguments& arguments) {
  ICEFALL_ASSIGN_OR_RETURN(const std::string query, ReadTextFile(arguments.file));
  ICEFALL_ASSIGN_OR_RETURN(const auto session, OpenSession(arguments.database));
  ICEFALL_ASSIGN_OR_RETURN(const auto statements, session->Parse(query));
  if (statements.size() != 1 || !statements.front().is_select()) {
    return std::unexpected(CommandError(
        kExitFailure, fmt::format("'{}': expected one SELECT statement", arguments.file)));
  }
  ICEFALL_RETURN_IF_ERROR(session->Execute(
      fmt::format("CREATE VIEW {} AS {}", QuoteName(ParseName(arguments.view)), query)));
  fmt::print("created view {}\n", arguments.view);
  return 0;
}

}  // namespace

void AddCreateView(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command = line.Add("create-view", "Name a query",
                               "icefalldb create-view /tmp/mydb open_orders open_orders.sql",
                               [arguments] { return Run(*arguments); });
  command.add_option("DB", arguments->database, "Database directory")->required();
  command.add_option("VIEW", arguments->view, "Name of the view")->required();
  command.add_option("FILE", arguments->file, "File with one SELECT statement")->required();
}

}  // namespace icefall::cli
