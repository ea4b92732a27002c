// The result of one SQL statement.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <icefalldb/arrow_c.h>
#include <icefalldb/error.h>
#include <icefalldb/export.h>
#include <icefalldb/value.h>

namespace icefalldb {

struct Column {
  std::string name;
  std::string type;  // SQL spelling, such as "DECIMAL(10,2)"
};

// Rows are computed while they are read. Ends when its database runs the next statement or is
// destroyed; reading then answers an error. One thread at a time. Movable.
class ICEFALLDB_EXPORT QueryResult {
 public:
  struct Impl;
  explicit QueryResult(std::unique_ptr<Impl> impl);
  QueryResult(QueryResult&&) noexcept;
  QueryResult& operator=(QueryResult&&) noexcept;
  ~QueryResult();

  // Empty for statements without rows.
  const std::vector<Column>& columns() const;

  // Rows that an INSERT, UPDATE, DELETE or MERGE changed; 0 for other statements.
  uint64_t affected_rows() const;

  // The next few thousand rows; empty at the end. Error: whatever ends the statement.
  Result<std::vector<Row>> FetchRows();

  // Moves the rows into an Arrow C stream of batches; the result is empty then. The caller releases
  // the stream, before the database ends. Errors met while reading come from the stream.
  void ExportArrow(ArrowArrayStream* stream) &&;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace icefalldb
