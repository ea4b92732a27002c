// Failures as values: no function of this library throws on bad input, full disks or lost races.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace icefalldb {

// Chosen by what the caller does next.
enum class ErrorCode : uint8_t {
  kInvalidArgument,    // the input is wrong (SQL syntax and names included): fix it
  kNotFound,           // the named thing does not exist
  kAlreadyExists,      // something has that name already
  kConflict,           // another transaction changed the same rows: run the transaction again
  kOutcomeUnknown,     // the commit may or may not have happened: look before writing again
  kConstraint,         // a NOT NULL, CHECK, PRIMARY KEY or UNIQUE constraint refuses the rows
  kOutOfRange,         // a number past its limits
  kCorruption,         // stored bytes contradict themselves: run `icefalldb check`
  kPermissionDenied,   // the operating system or the store refuses access
  kResourceExhausted,  // disk, memory or quota is used up
  kUnavailable,        // a passing fault, or the statement was cancelled
  kUnsupported,        // a valid request that this version cannot serve
  kInternal,           // a bug of IcefallDB
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  // Names the object, what was expected and what was found.
  std::string message;
};

template <typename T>
using Result = std::expected<T, Error>;

}  // namespace icefalldb
