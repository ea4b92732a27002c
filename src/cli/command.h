// The shape of a subcommand: one file in commands/, one line in main.cc.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/result.h"

namespace icefall::cli {

inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;

// Why a command ends early. Made from an engine error it is a failure (exit 1).
struct CommandError {
  CommandError(const Error& error) : message(error.message()) {}  // NOLINT: errors pass up as is
  CommandError(int code, std::string text) : exit_code(code), message(std::move(text)) {}

  int exit_code = kExitFailure;
  std::string message;
};

// What the command line asked for is contradictory or not understood (exit 2).
inline std::unexpected<CommandError> Usage(std::string message) {
  return std::unexpected(CommandError(kExitUsage, std::move(message)));
}

// The exit code, or why there is none.
using CommandResult = std::expected<int, CommandError>;
using CommandFunction = std::function<CommandResult()>;

// The arguments that most commands begin with.
struct TableArguments {
  std::string database;
  std::string table;
};
void AddTableArguments(CLI::App& command, TableArguments& arguments,
                       const std::string& table_description = "Table");

// The parser and, once a command line is parsed, the command that it chose.
class CommandLine {
 public:
  CommandLine();

  // Adds a subcommand; `run` is called when the command line names it. `example` is shown by
  // --help. Options bind to variables that `run` captures.
  CLI::App& Add(const std::string& name, const std::string& description, const std::string& example,
                CommandFunction run);

  // Parses, runs, reports: the process's exit code.
  int Run(int argc, char** argv);

 private:
  int ReportParseError(const CLI::ParseError& error);
  // The chosen subcommand's name, "" when there is none.
  std::string ChosenName() const;

  CLI::App app_;
  CommandFunction chosen_;
};

}  // namespace icefall::cli
