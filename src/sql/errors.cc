#include "sql/errors.h"

namespace icefall {

duckdb::ExceptionType ExceptionTypeFor(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kOutOfRange:
      return duckdb::ExceptionType::INVALID_INPUT;
    case ErrorCode::kNotFound:
    case ErrorCode::kAlreadyExists:
      return duckdb::ExceptionType::CATALOG;
    case ErrorCode::kConflict:
    case ErrorCode::kOutcomeUnknown:
      return duckdb::ExceptionType::TRANSACTION;
    case ErrorCode::kConstraint:
      return duckdb::ExceptionType::CONSTRAINT;
    case ErrorCode::kPermissionDenied:
      return duckdb::ExceptionType::PERMISSION;
    case ErrorCode::kUnsupported:
      return duckdb::ExceptionType::NOT_IMPLEMENTED;
    case ErrorCode::kCorruption:
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kUnavailable:
    // A bug of ours must not make DuckDB refuse the whole database, as its INTERNAL would.
    case ErrorCode::kInternal:
      return duckdb::ExceptionType::IO;
  }
  return duckdb::ExceptionType::IO;
}

duckdb::ErrorData ToErrorData(const Error& error) {
  return duckdb::ErrorData(ExceptionTypeFor(error.code()), error.message());
}

void ThrowError(const Error& error) {
  ToErrorData(error).Throw();
  std::terminate();
}

}  // namespace icefall
