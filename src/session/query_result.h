// The result of one SQL statement: a stream of rows, a count, or nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "session/value.h"

struct ArrowArrayStream;

namespace icefall {

enum class ResultKind : uint8_t { kRows, kAffected, kNothing };

// What a statement does, as far as a front end words its outcome by it.
enum class StatementKind : uint8_t { kRead, kInsert, kUpdate, kDelete, kMerge, kOther };

struct ResultColumn {
  std::string name;
  std::string type;  // SQL spelling
};

// Produced by Session::Run. Must not outlive its session, and ends when the session runs the next
// statement. One thread at a time.
class QueryResult {
 public:
  // Defined in session/duckdb_result.h; the outputs read DuckDB's chunks through it.
  struct Stream;

  QueryResult(std::unique_ptr<Stream> stream, ResultKind kind, StatementKind statement);
  QueryResult(QueryResult&&) noexcept;
  QueryResult& operator=(QueryResult&&) noexcept;
  ~QueryResult();

  ResultKind kind() const { return kind_; }
  StatementKind statement() const { return statement_; }
  // Of kRows; empty otherwise.
  const std::vector<ResultColumn>& columns() const { return columns_; }
  // Of kAffected: the rows that the statement inserted, updated, deleted or merged.
  uint64_t affected() const { return affected_; }
  void set_affected(uint64_t rows) { affected_ = rows; }

  // Replaces `rows` with the next few thousand rows; leaves it empty at the end. Errors: whatever
  // ends the statement; it stays ended.
  Result<void> FetchRows(std::vector<Row>& rows);

  // Moves the rows into an Arrow C stream of batches of about `batch_rows` rows. The stream must be
  // released before the session ends. Errors while reading come through get_last_error.
  void ExportArrow(ArrowArrayStream* stream, uint64_t batch_rows = 65536) &&;

  Stream& stream() { return *stream_; }

 private:
  std::unique_ptr<Stream> stream_;
  std::vector<ResultColumn> columns_;
  ResultKind kind_;
  StatementKind statement_;
  uint64_t affected_ = 0;
};

}  // namespace icefall
