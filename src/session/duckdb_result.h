// Inside of QueryResult and Session, for the sources of this folder that read DuckDB's chunks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/main/query_result.hpp"

#include "base/result.h"
#include "session/cached_answer.h"
#include "session/query_result.h"
#include "session/session.h"
#include "sql/from_duckdb.h"

namespace icefall {

class WorkMonitor;

struct QueryResult::Stream {
  Stream(Session::Impl& owner, duckdb::unique_ptr<duckdb::QueryResult> computed);
  Stream(Session::Impl& owner, CachedAnswerPointer kept);

  // Either what DuckDB computes, or an answer that was kept.
  duckdb::unique_ptr<duckdb::QueryResult> result;
  Session::Impl& session;
  CachedAnswerPointer answer;
  // Of `result`, when its answer may be kept.
  std::unique_ptr<AnswerRecorder> recorder;

  const duckdb::vector<duckdb::LogicalType>& types() const;

  // The next rows with flat vectors; null at the end.
  Result<duckdb::unique_ptr<duckdb::DataChunk>> Fetch();

  // What has not been fetched, as a result of DuckDB's.
  duckdb::unique_ptr<duckdb::QueryResult> TakeRest();

 private:
  duckdb::unique_ptr<duckdb::DataChunk> FetchComputed();
  duckdb::unique_ptr<duckdb::DataChunk> FetchKept();

  duckdb::ColumnDataScanState position_;  // in `answer`
  // Fetched already, to know whether the answer is complete.
  duckdb::unique_ptr<duckdb::DataChunk> next_;
  bool is_finished_ = false;
};

struct Statement::Parsed {
  duckdb::unique_ptr<duckdb::SQLStatement> statement;
  std::string text;
};

struct Session::Impl {
  Location location;
  SessionOptions options;
  std::optional<std::string> table;
  std::unique_ptr<duckdb::DuckDB> database;
  std::unique_ptr<duckdb::Connection> connection;
  std::unique_ptr<WorkMonitor> monitor;
  // Where answers are kept and what this session adds to a text, once planning a statement has
  // told; an empty context stands for "not known".
  std::shared_ptr<ResultCache> results;
  std::string context;

  ~Impl();
};

StatementKind KindOf(duckdb::StatementType type);

}  // namespace icefall
