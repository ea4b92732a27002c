// Between the engine's types and those of the installed headers.
#pragma once

#include <span>
#include <vector>

#include <icefalldb/error.h>
#include <icefalldb/value.h>

#include "base/result.h"
#include "session/value.h"

namespace icefalldb {

Error ToPublic(const icefall::Error& error);

inline std::unexpected<Error> PublicError(const icefall::Error& error) {
  return std::unexpected(ToPublic(error));
}

// The engine's result, errors converted.
template <typename T>
Result<T> ToPublic(icefall::Result<T> result) {
  if (!result.has_value()) return PublicError(result.error());
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

}  // namespace icefalldb
