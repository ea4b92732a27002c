// The rows of a statement, kept to be given again.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/main/connection.hpp"

#include "accel/result_cache.h"
#include "session/query_result.h"
#include "sql/accel/statement_facts.h"

namespace icefall {

// Immutable once shared.
struct CachedAnswer : public CachedRows {
  CachedAnswer(duckdb::vector<duckdb::LogicalType> column_types,
               duckdb::vector<duckdb::string> column_names);
  uint64_t size_bytes() const override { return rows.SizeInBytes(); }

  duckdb::vector<duckdb::LogicalType> types;
  duckdb::vector<duckdb::string> names;
  std::vector<ResultColumn> columns;
  duckdb::ColumnDataCollection rows;
};
using CachedAnswerPointer = std::shared_ptr<const CachedAnswer>;

// A copy of the rows as a result of the connection.
duckdb::unique_ptr<duckdb::QueryResult> AsDuckdbResult(duckdb::ClientProperties properties,
                                                       const CachedAnswer& answer);

// Looks up what planning found out; null when the answer has to be computed. `types`: of the
// columns that it must have.
CachedAnswerPointer FindAnswer(duckdb::DatabaseInstance& instance, const StatementFacts& facts,
                               const std::string& statement,
                               const duckdb::vector<duckdb::LogicalType>& types);

// Copies a result's chunks while they are fetched, and hands them to the cache after the last one.
class AnswerRecorder {
 public:
  // `started`: when the statement did. `empty`: what the chunks are added to.
  AnswerRecorder(duckdb::Connection& connection, StatementFacts facts, std::string statement,
                 std::chrono::steady_clock::time_point started,
                 std::shared_ptr<CachedAnswer> empty);

  void Add(duckdb::DataChunk& chunk);
  void Finish();

 private:
  duckdb::Connection& connection_;
  StatementFacts facts_;
  const std::string statement_;
  const std::chrono::steady_clock::time_point started_;
  std::shared_ptr<CachedAnswer> answer_;  // null: too large to keep
};

}  // namespace icefall
