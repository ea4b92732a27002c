// Result<T>: a value or an Error, and the macros that pass errors up.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/error.h"

namespace icefall {

template <typename T>
using Result = std::expected<T, Error>;

// One way to make a failure: `return Fail(ErrorCode::kNotFound, fmt::format(…));`
inline std::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return std::unexpected<Error>(Error(code, std::move(message)));
}
inline std::unexpected<Error> Fail(Error error) { return std::unexpected<Error>(std::move(error)); }

}  // namespace icefall

#define ICEFALL_CONCAT_INNER(a, b) a##b
#define ICEFALL_CONCAT(a, b) ICEFALL_CONCAT_INNER(a, b)

// Evaluates a Result, copying nothing and dropping a value; returns its error from the enclosing
// function.
#define ICEFALL_RETURN_IF_ERROR(expression)                                  \
  do {                                                                       \
    if (auto&& icefall_status = (expression); !icefall_status.has_value()) { \
      return ::std::unexpected(::std::move(icefall_status).error());         \
    }                                                                        \
  } while (false)

// `ICEFALL_ASSIGN_OR_RETURN(auto x, F());` binds the value or returns the error.
#define ICEFALL_ASSIGN_OR_RETURN(declaration, expression) \
  ICEFALL_ASSIGN_OR_RETURN_IMPL(ICEFALL_CONCAT(icefall_result_, __LINE__), declaration, expression)
#define ICEFALL_ASSIGN_OR_RETURN_IMPL(result, declaration, expression) \
  auto result = (expression);                                          \
  if (!result.has_value()) {                                           \
    return ::std::unexpected(::std::move(result).error());             \
  }                                                                    \
  declaration = *::std::move(result)
