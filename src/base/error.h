// The kinds of failure, chosen by what the caller does next, and the error value that carries one.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace icefall {

// Values are never stored on disk and may be reordered.
enum class ErrorCode {
  kInvalidArgument,    // the caller's input is wrong: fix the input
  kNotFound,           // the named thing does not exist
  kAlreadyExists,      // a conditional create found something there
  kConflict,           // lost a race: re-read the state, rebase, try again
  kOutcomeUnknown,     // the write may or may not have happened: re-read, delete nothing
  kConstraint,         // a NOT NULL, CHECK, PRIMARY KEY or UNIQUE constraint refuses the rows
  kOutOfRange,         // a position or number past the end
  kCorruption,         // stored bytes contradict themselves: run check
  kPermissionDenied,   // the operating system or the store refuses access
  kResourceExhausted,  // disk, memory or quota is used up
  kUnavailable,        // a passing fault: the same call may succeed later
  kUnsupported,        // a valid request that this store, log or format version cannot serve
  kInternal,           // a bug of ours
};

// The code's stable lower-case name, such as "not_found".
std::string_view ErrorCodeName(ErrorCode code);

// A failure. The message names the object (path, table, version, column), what was expected and
// what was found; it starts in lower case and has no final stop.
class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same failure with "<context>: " in front of the message.
  Error WithContext(std::string_view context) const;

 private:
  ErrorCode code_;
  std::string message_;
};

}  // namespace icefall
