// A database, open for SQL: what every front end (command line, C++ library, server) runs on.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "session/location.h"
#include "session/query_result.h"

namespace icefall {

// The name under which the database is attached and made the default.
inline constexpr std::string_view kDatabaseAlias = "icefall";

// Called from the thread that runs a statement or reads a file, ten times per second at most and
// only once that has taken `progress_delay_ms`: the part done in percent, negative while it cannot
// be told; nothing when rows are there or the work has ended.
using ProgressFunction = std::function<void(std::optional<double> percent)>;

struct SessionOptions {
  bool read_only = false;
  // Makes an empty database where the path is missing or an empty directory.
  bool create_if_missing = false;
  // Reads the past and refuses changes. With a table (`table` below, or a path that is a table
  // directory): that table's sequence, and the rest of the database as of the same commit.
  // Otherwise the database's sequence.
  std::optional<uint64_t> snapshot;
  // The table that `snapshot` counts the commits of.
  std::optional<std::string> table;
  // When not empty, the only tables and views that statements find (and, for a table directory, its
  // own), with what these views read.
  std::vector<std::string> tables;
  // 0: DuckDB's default, 80 % of the machine's memory, and all its cores.
  uint64_t memory_limit_bytes = 0;
  uint32_t threads = 0;
  // For the answers that are kept, in memory and on disk each; 0: none are.
  uint64_t result_cache_bytes = uint64_t{1024} << 20;
  ProgressFunction progress;
  uint64_t progress_delay_ms = 1000;
  // Once it is true, the running statement ends as with Cancel, and no other begins. May be set by
  // a signal handler; outlives the session.
  const std::atomic<bool>* stop = nullptr;
};

// One parsed statement.
class Statement {
 public:
  struct Parsed;
  explicit Statement(std::unique_ptr<Parsed> parsed);
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) noexcept;
  ~Statement();

  StatementKind kind() const;
  // A query whose rows a COPY could write.
  bool is_select() const;
  Parsed& parsed() { return *parsed_; }

 private:
  std::unique_ptr<Parsed> parsed_;
};

// One connection. One thread at a time, but for Cancel, which is safe from any thread.
class Session {
 public:
  // Errors: those of ResolveLocation and Database::Open; kNotFound "snapshot N not found", "table
  // 'T' not found".
  static Result<std::unique_ptr<Session>> Open(std::string_view path,
                                               const SessionOptions& options);
  ~Session();

  // The statements of an SQL text. Error: kInvalidArgument with the place of the syntax error.
  Result<std::vector<Statement>> Parse(std::string_view sql);

  // Runs one statement; rows are computed as they are fetched. An open result of an earlier
  // statement ends. Positional parameters (`?`, `$1`) take `parameters`.
  Result<QueryResult> Run(Statement statement, const std::vector<Value>& parameters = {});

  // Parses and runs exactly one statement. The text of a query that was asked before is not even
  // parsed while its tables are as they were.
  Result<QueryResult> Query(std::string_view sql, const std::vector<Value>& parameters = {});

  // Runs all statements of the text, throws their rows away and adds up the affected rows.
  Result<uint64_t> Execute(std::string_view sql);

  // Writes the rows of a SELECT statement to a Parquet file; answers their number.
  Result<uint64_t> CopyToParquet(Statement statement, const std::string& path);

  // Inserts the batches of an Arrow C stream into a table, columns matched by name; answers the
  // number of rows. Takes the stream over. Errors: kNotFound "table 'T' not found";
  // kInvalidArgument naming a column that the table lacks or that does not cast.
  Result<uint64_t> AppendArrow(std::string_view table, ArrowArrayStream* stream);

  // Ends the running statement; it answers kUnavailable "interrupted".
  void Cancel();

  bool has_transaction() const;
  const Location& location() const;
  // The table of a path that is a table directory, by its name in the catalog.
  const std::optional<std::string>& table() const;

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace icefall
