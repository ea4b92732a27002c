// A directory of Parquet files as a database: SQL, Arrow batches, transactions, history.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <icefalldb/arrow_c.h>
#include <icefalldb/error.h>
#include <icefalldb/export.h>
#include <icefalldb/options.h>
#include <icefalldb/query_result.h>
#include <icefalldb/snapshot.h>
#include <icefalldb/transaction.h>
#include <icefalldb/value.h>

namespace icefalldb {

// One connection: one thread at a time, but for Cancel. Open the same location again for another
// one; any number of them, in any number of processes, see each other's commits. Movable, but not
// while it has a transaction.
class ICEFALLDB_EXPORT Database {
 public:
  // `location`: a directory, or a URL whose scheme chooses the store. Errors: kNotFound for a
  // missing directory or snapshot; kInvalidArgument for a directory that is no database;
  // kCorruption; kUnsupported for a scheme or format that this version does not know.
  static Result<Database> Open(std::string_view location, const OpenOptions& options = {});

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  // Runs one SQL statement; `?` and $1 stand for parameters.
  Result<QueryResult> Query(std::string_view sql, std::span<const Value> parameters = {});

  // Runs any number of statements, drops their rows, and answers how many rows they changed. Stops
  // at the first error; what earlier statements committed stays.
  Result<uint64_t> Execute(std::string_view sql);

  // Adds the batches of an Arrow C stream to a table in one commit, columns matched by name; takes
  // the stream over. Answers the number of rows. Errors: kNotFound for the table; kInvalidArgument
  // for a column that the table lacks or a value that does not cast; kConstraint.
  Result<uint64_t> Append(std::string_view table, ArrowArrayStream* stream);

  // Error: kInvalidArgument when there is a transaction already.
  Result<Transaction> Begin();

  // Names of the tables in schema main, sorted.
  Result<std::vector<std::string>> Tables();

  // The commits of a table that can be travelled to, oldest first. Error: kNotFound.
  Result<std::vector<SnapshotInfo>> Snapshots(std::string_view table);

  // The data files of the table's newest committed state. Error: kNotFound.
  Result<std::vector<FragmentInfo>> Fragments(std::string_view table);

  // Ends the running statement, from any thread; it answers kUnavailable "interrupted".
  void Cancel();

 private:
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace icefalldb
