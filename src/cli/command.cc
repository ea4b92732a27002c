#include "cli/command.h"

#include <iostream>

#include <fmt/format.h>

#include "cli/interrupt.h"

namespace icefall::cli {

void AddTableArguments(CLI::App& command, TableArguments& arguments,
                       const std::string& table_description) {
  command.add_option("DB", arguments.database, "Database directory")->required();
  command.add_option("TABLE", arguments.table, table_description)->required();
}

CommandLine::CommandLine()
    : app_("A database in a directory of Parquet files: SQL, transactions, time travel.",
           "icefalldb") {
  app_.require_subcommand(1);
  app_.set_version_flag("--version", "icefalldb " ICEFALLDB_VERSION, "Print the version and exit");
  app_.get_formatter()->column_width(34);
  app_.footer(
      "Example: icefalldb query /tmp/mydb \"SELECT 42\"\n"
      "`icefalldb COMMAND --help` describes a command.");
}

CLI::App& CommandLine::Add(const std::string& name, const std::string& description,
                           const std::string& example, CommandFunction run) {
  CLI::App* command = app_.add_subcommand(name, description);
  command->footer("Example: " + example);
  command->callback([this, run = std::move(run)] { chosen_ = run; });
  return *command;
}

std::string CommandLine::ChosenName() const {
  const auto chosen = app_.get_subcommands();
  return chosen.empty() ? "" : chosen.front()->get_name();
}

int CommandLine::ReportParseError(const CLI::ParseError& error) {
  // Calls for help and version are exceptions of the parser, too; they go to standard output.
  if (error.get_exit_code() == 0) return app_.exit(error);
  const std::string name = ChosenName();
  const auto unknown = app_.remaining();
  if (name.empty() && !unknown.empty() && !unknown.front().starts_with("-")) {
    std::cerr << fmt::format(
        "icefalldb: there is no command '{}'\nRun `icefalldb --help` for a list.\n",
        unknown.front());
    return kExitUsage;
  }
  std::cerr << fmt::format("icefalldb{}{}: {}\nRun `icefalldb {}{}--help` for usage.\n",
                           name.empty() ? "" : " ", name, error.what(), name,
                           name.empty() ? "" : " ");
  return kExitUsage;
}

int CommandLine::Run(int argc, char** argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ReportParseError(error);
  }
  const CommandResult result = chosen_();
  if (result.has_value()) return *result;
  if (WasInterrupted()) {
    // Commands of which something is kept say so.
    const std::string& message = result.error().message;
    std::cerr << fmt::format("icefalldb {}: {}\n", ChosenName(),
                             message.starts_with("interrupted: ")
                                 ? message
                                 : "interrupted: nothing of what was running was kept");
    return kExitInterrupted;
  }
  std::cerr << fmt::format("icefalldb {}: {}\n", ChosenName(), result.error().message);
  return result.error().exit_code;
}

}  // namespace icefall::cli
