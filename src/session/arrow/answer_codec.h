// Kept answers as Arrow IPC, the stream format.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "session/cached_answer.h"

namespace icefall {

// Absent when a type cannot be written.
std::optional<std::string> EncodeAnswer(duckdb::Connection& connection, const CachedAnswer& answer);

// Null when the bytes cannot be read. `connection` must be idle.
CachedAnswerPointer DecodeAnswer(duckdb::Connection& connection, std::string_view bytes);

}  // namespace icefall
