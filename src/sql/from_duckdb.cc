#include "sql/from_duckdb.h"

#include <algorithm>
#include <string>

namespace icefall {

namespace {

ErrorCode CodeFor(duckdb::ExceptionType type) {
  using duckdb::ExceptionType;
  switch (type) {
    case ExceptionType::OUT_OF_RANGE:
      return ErrorCode::kOutOfRange;
    case ExceptionType::CONSTRAINT:
      return ErrorCode::kConstraint;
    case ExceptionType::TRANSACTION:
      return ErrorCode::kConflict;
    case ExceptionType::NOT_IMPLEMENTED:
      return ErrorCode::kUnsupported;
    case ExceptionType::CATALOG:
      return ErrorCode::kNotFound;
    case ExceptionType::IO:
    case ExceptionType::NETWORK:
    case ExceptionType::HTTP:
    case ExceptionType::INTERRUPT:
      return ErrorCode::kUnavailable;
    case ExceptionType::OUT_OF_MEMORY:
    case ExceptionType::OBJECT_SIZE:
      return ErrorCode::kResourceExhausted;
    case ExceptionType::PERMISSION:
      return ErrorCode::kPermissionDenied;
    case ExceptionType::SERIALIZATION:
      return ErrorCode::kCorruption;
    case ExceptionType::INTERNAL:
    case ExceptionType::FATAL:
      return ErrorCode::kInternal;
    default:
      return ErrorCode::kInvalidArgument;
  }
}

}  // namespace

Error FromDuckdb(const duckdb::ErrorData& error) {
  std::string message = error.RawMessage();
  if (error.Type() == duckdb::ExceptionType::INTERRUPT) {
    // Who cannot take everything back says what stays.
    const bool says_more = message != duckdb::InterruptException::INTERRUPT_MESSAGE;
    return Error(ErrorCode::kUnavailable, says_more ? "interrupted: " + message : "interrupted");
  }
  // DuckDB wraps what a commit reports; the statement that failed is known to the caller.
  constexpr std::string_view kCommitPrefix = "Failed to commit: ";
  if (message.starts_with(kCommitPrefix)) message.erase(0, kCommitPrefix.size());
  // Internal errors carry addresses, which say nothing to users.
  message.resize(std::min(message.size(), message.find("\n\nStack Trace:")));
  while (!message.empty() && (message.back() == '\n' || message.back() == '.')) message.pop_back();
  return Error(CodeFor(error.Type()), std::move(message));
}

}  // namespace icefall
