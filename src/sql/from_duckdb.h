// DuckDB's failures as the engine's, for what is called from outside of a DuckDB query.
#pragma once

#include <type_traits>

#include "duckdb/common/error_data.hpp"

#include "base/result.h"

namespace icefall {

// The engine's error for a DuckDB one; the message is DuckDB's without its kind in front.
Error FromDuckdb(const duckdb::ErrorData& error);

// Runs `body` and turns what it throws into an Error.
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
