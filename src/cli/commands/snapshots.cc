// `snapshots`: the commits of a table that can be travelled to.
#include <iostream>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/commands/commands.h"
#include "cli/terminal.h"
#include "database/database.h"
#include "session/identifier.h"
#include "session/location.h"

namespace icefall::cli {

namespace {

constexpr size_t kShownHashLength = 16;

struct Arguments : TableArguments {
  std::string format = "text";
};

Result<std::vector<CommitSummary>> Commits(const Arguments& arguments) {
  ICEFALL_ASSIGN_OR_RETURN(const Location location, ResolveLocation(arguments.database));
  ICEFALL_ASSIGN_OR_RETURN(const auto database,
                           Database::Open(location.database, {.read_only = true}));
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database->Begin());
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());
  const QualifiedName name = ParseName(arguments.table);
  const auto table = catalog->Find(ObjectKind::kTable, {name.schema, name.name});
  if (!table) {
    return Fail(ErrorCode::kNotFound, fmt::format("table '{}' not found", arguments.table));
  }
  return database->History(table->uuid);
}

void PrintText(const std::vector<CommitSummary>& commits) {
  // The heading is for people; a program that reads lines gets commits only.
  if (StandardOutputIsTerminal()) {
    fmt::print("{:>8} {:<27} {:>10} {:>9} {}\n", "sequence", "committed_at", "rows", "fragments",
               "parent_hash");
  }
  for (const CommitSummary& commit : commits) {
    fmt::print("{:>8} {:<27} {:>10} {:>9} {}\n", commit.sequence.value,
               FormatTimestamp(commit.committed_at), commit.live_rows, commit.fragments,
               commit.parent_hash.empty() ? "-" : commit.parent_hash.substr(0, kShownHashLength));
  }
}

void PrintJson(const std::vector<CommitSummary>& commits) {
  auto array = nlohmann::ordered_json::array();
  for (const CommitSummary& commit : commits) {
    nlohmann::ordered_json object;
    object["sequence"] = commit.sequence.value;
    object["committed_at"] = FormatTimestamp(commit.committed_at);
    object["rows"] = commit.live_rows;
    object["fragments"] = commit.fragments;
    object["parent_hash"] = nullptr;
    if (!commit.parent_hash.empty()) object["parent_hash"] = commit.parent_hash;
    object["operation"] = commit.operation;
    object["database_sequence"] = commit.database_sequence.value;
    array.push_back(std::move(object));
  }
  fmt::print("{}\n", array.dump());
}

CommandResult Run(const Arguments& arguments) {
  if (arguments.format != "text" && arguments.format != "json") {
    return Usage(fmt::format("unknown format '{}' (known: text, json)", arguments.format));
  }
  ICEFALL_ASSIGN_OR_RETURN(const auto commits, Commits(arguments));
  if (arguments.format == "json") {
    PrintJson(commits);
  } else {
    PrintText(commits);
  }
  return 0;
}

}  // namespace

void AddSnapshots(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command =
      line.Add("snapshots", "List the commits of a table", "icefalldb snapshots /tmp/mydb orders",
               [arguments] { return Run(*arguments); });
  AddTableArguments(command, *arguments);
  command.add_option("--format", arguments->format, "text or json (default: text)");
}

}  // namespace icefall::cli
