// Turns the engine's errors into DuckDB exceptions, and DuckDB's into the engine's: the one table.
#pragma once

#include <exception>
#include <utility>

#include "duckdb/common/error_data.hpp"
#include "duckdb/common/exception.hpp"

#include "base/result.h"

namespace icefall {

// The DuckDB kind that `code` is reported as. Never INTERNAL or FATAL, which would make DuckDB
// refuse every later statement on the database.
duckdb::ExceptionType ExceptionTypeFor(ErrorCode code);

// For callbacks that report by value, such as TransactionManager::CommitTransaction.
duckdb::ErrorData ToErrorData(const Error& error);

// Throws the DuckDB exception for the error.
[[noreturn]] void ThrowError(const Error& error);

// The value, or the DuckDB exception for the error.
template <typename T>
T Unwrap(Result<T> result) {
  if (!result.has_value()) ThrowError(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace icefall
