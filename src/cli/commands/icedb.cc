// `icedb`: maintenance of tables in IceDB's format.
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "cli/commands/commands.h"
#include "cli/open_session.h"
#include "cli/requests.h"
#include "cli/terminal.h"
#include "session/identifier.h"
#include "session/output/output.h"

namespace icefall::cli {

namespace {

constexpr int64_t kHourMs = 3'600'000;

struct Arguments {
  std::string location;
  std::string format;
  std::string function;  // of the action that was chosen
  // Writes the SQL arguments behind the location.
  std::function<std::string()> more = [] { return std::string(); };
  bool repeats = false;  // until there is nothing left to do
  bool verbose = false;

  std::optional<std::string> query, sort, codec, order, partition_prefix, partition_by;
  std::optional<uint64_t> size_bytes_max, file_count_max, merge_logs_after;
  int64_t min_age_ms = kHourMs;
  std::vector<std::string> partitions;
  std::vector<std::string> types;
  std::string partition;
  bool deletes = false;
};

void AddText(std::string& sql, const char* name, const std::optional<std::string>& value) {
  if (value) sql += fmt::format(", {} := {}", name, QuoteLiteral(*value));
}

void AddNumber(std::string& sql, const char* name, const std::optional<uint64_t>& value) {
  if (value) sql += fmt::format(", {} := {}", name, *value);
}

std::string List(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const auto& text : texts) quoted.push_back(QuoteLiteral(text));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

std::string WriteArguments(const Arguments& arguments) {
  std::string sql;
  AddText(sql, "sort_order", arguments.sort);
  AddText(sql, "codec", arguments.codec);
  return sql;
}

std::string MergeArguments(const Arguments& arguments) {
  std::string sql = WriteArguments(arguments);
  AddNumber(sql, "max_file_size", arguments.size_bytes_max);
  AddNumber(sql, "max_file_count", arguments.file_count_max);
  AddText(sql, "query", arguments.query);
  AddText(sql, "partition_order", arguments.order);
  AddText(sql, "partition_prefix", arguments.partition_prefix);
  return sql;
}

// "column=TYPE" each.
std::string TypeArguments(const Arguments& arguments) {
  std::string list;
  for (const auto& text : arguments.types) {
    const size_t sign = std::min(text.find('='), text.size());
    const std::string type = text.substr(std::min(sign + 1, text.size()));
    list += fmt::format("{}{}", list.empty() ? "" : ", ", List({text.substr(0, sign), type}));
  }
  return list.empty() ? "" : fmt::format(", types := [{}]", list);
}

// One row, whose column `log` is NULL when there was nothing to do.
CommandResult RunOnce(Session& session, const std::string& sql, output::Format format,
                      bool& did_something) {
  ICEFALL_ASSIGN_OR_RETURN(auto result, session.Query(sql));
  output::StringSink sink;
  ICEFALL_RETURN_IF_ERROR(output::Write(result, format, sink, {.width = TerminalWidth()}));
  did_something = sink.text().find("\"log\":null") == std::string::npos &&
                  sink.text().find("\"log\": null") == std::string::npos;
  fmt::print("{}", sink.text());
  return 0;
}

CommandResult Run(const Arguments& arguments) {
  const std::string name = !arguments.format.empty()    ? arguments.format
                           : StandardOutputIsTerminal() ? "table"
                                                        : "ndjson";
  const auto format = output::ParseFormat(name);
  if (!format.has_value()) return Usage(format.error().message());
  if (arguments.repeats && name != "ndjson") return Usage("--all answers in --format ndjson only");
  ICEFALL_ASSIGN_OR_RETURN(const auto session, OpenSession(arguments.location));
  const std::string sql = fmt::format("FROM {}({}{})", arguments.function,
                                      QuoteLiteral(arguments.location), arguments.more());
  bool goes_on = true;
  while (goes_on) {
    const CommandResult ran = RunOnce(*session, sql, *format, goes_on);
    if (!ran.has_value()) return ran;
    goes_on &= arguments.repeats;
  }
  if (arguments.verbose) ICEFALL_RETURN_IF_ERROR(PrintRequests(*session));
  return 0;
}

class Actions {
 public:
  Actions(CLI::App& command, std::shared_ptr<Arguments> arguments)
      : command_(command), arguments_(std::move(arguments)) {}

  CLI::App& Add(const char* name, const char* description, const char* function,
                std::string (*more)(const Arguments&)) {
    CLI::App* action = command_.add_subcommand(name, description);
    action->add_option("LOCATION", arguments_->location, "Directory or s3:// URL of the table")
        ->required();
    action->add_option("--format", arguments_->format,
                       "table, json, ndjson, csv or tsv (default: table on a terminal, ndjson "
                       "elsewhere)");
    action->add_flag("-v,--verbose", arguments_->verbose,
                     "Say on standard error what was asked of a bucket");
    action->callback([arguments = arguments_.get(), function, more] {
      arguments->function = function;
      arguments->more = [arguments, more] { return more(*arguments); };
    });
    return *action;
  }

  void AddWriteOptions(CLI::App& action) {
    action.add_option("--sort", arguments_->sort, "ORDER BY list of the rows of a file");
    action.add_option("--codec", arguments_->codec, "UNCOMPRESSED, SNAPPY, ZSTD or GZIP");
  }

  void AddAge(CLI::App& action) {
    action.add_option("--min-age-ms", arguments_->min_age_ms, "Younger ones stay")
        ->capture_default_str();
  }

 private:
  CLI::App& command_;
  const std::shared_ptr<Arguments> arguments_;
};

std::string NoArguments(const Arguments&) { return ""; }

void AddReads(Actions& actions) {
  actions.Add("files", "List the data files that the log names", "icedb_files", NoArguments);
  actions.Add("logs", "List the log files", "icedb_logs", NoArguments);
  actions.Add("columns", "List the columns, and what contradicts them", "icedb_columns",
              NoArguments);
}

void AddMerges(Actions& actions, Arguments& arguments) {
  CLI::App& merge =
      actions.Add("merge", "Merge files of one partition", "icedb_merge", MergeArguments);
  merge.add_option("--max-file-size", arguments.size_bytes_max, "Files of so many bytes stay");
  merge.add_option("--max-file-count", arguments.file_count_max, "Merge so many at most");
  merge.add_option("--query", arguments.query, "SQL that reads source_files");
  merge.add_option("--order", arguments.order,
                   "Partition to begin with: most_files, fewest_files, name_desc or name_asc");
  merge.add_option("--partition-prefix", arguments.partition_prefix,
                   "Partitions that begin so only");
  merge.add_flag("--all", arguments.repeats, "Until there is nothing left to merge");
  actions.AddWriteOptions(merge);
  actions.Add("merge-logs", "Put the log files into one", "icedb_merge_logs", NoArguments);
}

void AddRemovals(Actions& actions, Arguments& arguments) {
  CLI::App& remove = actions.Add(
      "remove", "Remove partitions", "icedb_remove_partitions",
      [](const Arguments& given) { return fmt::format(", {}", List(given.partitions)); });
  remove.add_option("PARTITION", arguments.partitions, "Its name, as u=a/d=2024-01-01")->required();
  CLI::App& cleanup =
      actions.Add("cleanup", "Delete what was superseded", "icedb_cleanup",
                  [](const Arguments& given) { return fmt::format(", {}", given.min_age_ms); });
  actions.AddAge(cleanup);
  CLI::App& orphans = actions.Add(
      "orphans", "List data files that no log names", "icedb_orphans", [](const Arguments& given) {
        return fmt::format(", {}, dry_run := {}", given.min_age_ms, !given.deletes);
      });
  actions.AddAge(orphans);
  orphans.add_flag("--delete", arguments.deletes, "Delete them, too");
}

void AddChanges(Actions& actions, Arguments& arguments) {
  CLI::App& rewrite = actions.Add("rewrite", "Write the files of a partition anew",
                                  "icedb_rewrite_partition", [](const Arguments& given) {
                                    return fmt::format(", {}, {}{}", QuoteLiteral(given.partition),
                                                       QuoteLiteral(given.query.value_or("")),
                                                       WriteArguments(given));
                                  });
  rewrite.add_option("PARTITION", arguments.partition, "Its name")->required();
  rewrite.add_option("QUERY", arguments.query, "SQL that reads _rows")->required();
  actions.AddWriteOptions(rewrite);
  CLI::App& repair = actions.Add("repair", "End contradictions about columns, or widen them",
                                 "icedb_repair", TypeArguments);
  repair.add_option("--type", arguments.types, "column=TYPE that it gets; repeat for more")
      ->allow_extra_args(false)
      ->take_all();
  CLI::App& options = actions.Add("options", "Show or set what writers agree on",
                                  "icedb_set_options", [](const Arguments& given) {
                                    std::string sql = WriteArguments(given);
                                    AddText(sql, "partition_by", given.partition_by);
                                    AddNumber(sql, "merge_logs_after", given.merge_logs_after);
                                    return sql;
                                  });
  options.add_option("--partition-by", arguments.partition_by, "As 'u = user, d = day(ts)'");
  options.add_option("--merge-logs-after", arguments.merge_logs_after,
                     "Log files that an insert puts into one; 0: never");
  actions.AddWriteOptions(options);
}

}  // namespace

void AddIcedb(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command = line.Add("icedb", "Maintain a table in IceDB's format",
                               "icefalldb icedb merge s3://bucket/events --max-file-count 100",
                               [arguments] { return Run(*arguments); });
  command.require_subcommand(1);
  Actions actions(command, arguments);
  AddReads(actions);
  AddMerges(actions, *arguments);
  AddRemovals(actions, *arguments);
  AddChanges(actions, *arguments);
}

}  // namespace icefall::cli
