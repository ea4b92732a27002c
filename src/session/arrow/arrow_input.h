// An Arrow C stream as a view that SQL can read once.
#pragma once

#include <string_view>

#include "duckdb/common/arrow/arrow.hpp"
#include "duckdb/main/connection.hpp"

#include "base/result.h"

namespace icefall {

// Owns the stream from construction on; the view goes with this object.
class ArrowInput {
 public:
  static constexpr std::string_view kViewName = "temp.main.icefall_input";

  ArrowInput(duckdb::Connection& connection, ArrowArrayStream* stream);
  ~ArrowInput();
  ArrowInput(const ArrowInput&) = delete;
  ArrowInput& operator=(const ArrowInput&) = delete;

  // Makes the view. Error: kInvalidArgument when the stream's schema cannot be read.
  Result<void> Bind();

 private:
  duckdb::Connection& connection_;
  ArrowArrayStream stream_;
};

}  // namespace icefall
