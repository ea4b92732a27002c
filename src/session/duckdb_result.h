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
#include "session/query_result.h"
#include "session/session.h"

namespace icefall {

class WorkMonitor;

struct QueryResult::Stream {
  duckdb::unique_ptr<duckdb::QueryResult> result;
  Session::Impl* session = nullptr;

  // The next rows with flat vectors; null at the end.
  Result<duckdb::unique_ptr<duckdb::DataChunk>> Fetch();
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

  ~Impl();
};

StatementKind KindOf(duckdb::StatementType type);

// The engine's error for a DuckDB one; the message is DuckDB's without its kind in front.
Error FromDuckdb(const duckdb::ErrorData& error);

// Runs `body` and turns what it throws into an Error: DuckDB's exceptions end in this folder.
template <typename Body>
auto CatchDuckdb(Body&& body) -> Result<decltype(body())> {
  try {
    if constexpr (std::is_void_v<decltype(body())>) {
      body();
      return {};
    } else {
      return body();
    }
  } catch (const std::exception& exception) {
    return Fail(FromDuckdb(duckdb::ErrorData(exception)));
  }
}

}  // namespace icefall
