// `query`: SQL on a database or a table directory.
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/commands/commands.h"
#include "cli/open_session.h"
#include "cli/requests.h"
#include "cli/standard_input.h"
#include "cli/terminal.h"
#include "session/output/output.h"

namespace icefall::cli {

namespace {

struct Arguments {
  std::string path;
  std::optional<std::string> sql;
  std::optional<std::string> sql_file;
  std::string format;
  std::vector<std::string> tables;
  std::optional<uint64_t> snapshot;
  std::optional<std::string> server;
  std::optional<uint64_t> result_cache_mb;
  std::optional<std::string> key_file;
  bool create = false;
  bool verbose = false;
};

std::expected<std::string, CommandError> SqlText(const Arguments& arguments) {
  if (arguments.sql && arguments.sql_file) {
    return Usage("expected SQL either as an argument or in --file, found both");
  }
  if (arguments.sql && *arguments.sql != "-") return *arguments.sql;
  if (arguments.sql_file && *arguments.sql_file != "-") {
    ICEFALL_ASSIGN_OR_RETURN(auto text, ReadTextFile(*arguments.sql_file));
    return text;
  }
  ICEFALL_ASSIGN_OR_RETURN(auto text, ReadStandardInput());
  return text;
}

std::string_view Verb(StatementKind kind) {
  switch (kind) {
    case StatementKind::kDelete:
      return "deleted";
    case StatementKind::kUpdate:
      return "updated";
    default:
      return "affected";
  }
}

CommandResult RunStatement(Session& session, Statement statement, const std::string& format) {
  if (format == "parquet" && statement.is_select()) {
    // The file system knows standard output by this name, and Parquet is written front to back.
    ICEFALL_RETURN_IF_ERROR(session.CopyToParquet(std::move(statement), "/dev/stdout"));
    return 0;
  }
  ICEFALL_ASSIGN_OR_RETURN(auto result, session.Run(std::move(statement)));
  if (result.kind() == ResultKind::kAffected) {
    fmt::print(stderr, "{} row(s) {}\n", result.affected(), Verb(result.statement()));
  }
  if (result.kind() != ResultKind::kRows) return 0;
  if (format == "parquet") return Usage("--format parquet takes SELECT statements only");
  ICEFALL_ASSIGN_OR_RETURN(const auto output_format, output::ParseFormat(format));
  output::DescriptorSink sink(STDOUT_FILENO, "standard output");
  ICEFALL_RETURN_IF_ERROR(output::Write(result, output_format, sink, {.width = TerminalWidth()}));
  return 0;
}

// A mistyped path must not become a database, so making one is asked for.
Error WithAdvice(Error error, const std::string& path) {
  if (path.starts_with("s3:")) return error;  // it may be the bucket that is missing
  std::error_code ignored;
  const bool could_be_made = error.code() == ErrorCode::kNotFound
                                 ? !std::filesystem::exists(path, ignored)
                                 : std::filesystem::is_empty(path, ignored);
  if (!could_be_made) return error;
  return Error(error.code(), error.message() + "; --create makes a database there");
}

CommandResult Run(Arguments arguments) {
  if (arguments.snapshot && arguments.server) {
    return Usage("--snapshot and --server cannot be used together");
  }
  if (arguments.snapshot && arguments.create) {
    return Usage("--snapshot and --create cannot be used together");
  }
  if (arguments.server) return Usage("--server is not supported by this version");
  if (arguments.key_file) return Usage("--key-file is not supported by this version");
  if (arguments.format.empty()) arguments.format = StandardOutputIsTerminal() ? "table" : "json";
  if (arguments.format != "parquet") {
    const auto known = output::ParseFormat(arguments.format);
    if (!known.has_value()) return Usage(known.error().message());
  }
  const auto sql = SqlText(arguments);
  if (!sql.has_value()) return std::unexpected(sql.error());

  SessionOptions options;
  options.create_if_missing = arguments.create;
  options.snapshot = arguments.snapshot;
  options.tables = arguments.tables;
  if (arguments.result_cache_mb) options.result_cache_bytes = *arguments.result_cache_mb << 20;
  // One table named: the snapshot is one of its commits.
  if (arguments.snapshot && arguments.tables.size() == 1) options.table = arguments.tables.front();
  auto opened = OpenSession(arguments.path, options);
  if (!opened.has_value()) {
    if (arguments.create) return std::unexpected(std::move(opened).error());
    return std::unexpected(WithAdvice(std::move(opened).error(), arguments.path));
  }
  const auto session = std::move(opened).value();
  ICEFALL_ASSIGN_OR_RETURN(auto statements, session->Parse(*sql));
  if (statements.empty()) return Usage("there is no SQL statement to run");
  for (auto& statement : statements) {
    const CommandResult ran = RunStatement(*session, std::move(statement), arguments.format);
    if (!ran.has_value()) return ran;
  }
  if (arguments.verbose) ICEFALL_RETURN_IF_ERROR(PrintRequests(*session));
  if (session->has_transaction()) {
    return std::unexpected(CommandError(
        kExitFailure, "the SQL ended inside a transaction without COMMIT; it was rolled back"));
  }
  return 0;
}

}  // namespace

void AddQuery(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command = line.Add("query", "Run SQL statements and print their rows",
                               "icefalldb query /tmp/mydb/orders \"SELECT count(*) FROM orders\"",
                               [arguments] { return Run(*arguments); });
  command.add_option("PATH", arguments->path, "Database directory, or a table's directory in it")
      ->required();
  command.add_option("SQL", arguments->sql, "Statements; - or nothing: from standard input");
  command.add_option("-f,--file", arguments->sql_file, "Read the statements from a file");
  command
      .add_option("-t,--table", arguments->tables,
                  "Let the statements see this table; repeat for more (default: all)")
      ->take_all()
      ->allow_extra_args(false);
  command.add_option("--format", arguments->format,
                     "table, json, ndjson, csv, tsv, arrow or parquet (default: table on a "
                     "terminal, json elsewhere)");
  command.add_option("--snapshot", arguments->snapshot,
                     "Read the past, read-only: the commit N of the table at PATH (or of the one "
                     "-t), else of the database");
  command.add_option("--server", arguments->server, "Not supported yet: URL of a server to ask");
  command.add_option("--result-cache-mb", arguments->result_cache_mb,
                     "Memory, and as much disk, for cached results (default 1024, 0: none)");
  command.add_flag("--create", arguments->create,
                   "Make an empty database first where PATH is missing or an empty directory");
  command.add_flag("-v,--verbose", arguments->verbose,
                   "Say on standard error what was asked of a bucket");
  command.add_option("--key-file", arguments->key_file, "Not supported yet: encryption keys");
}

}  // namespace icefall::cli
