// The numbers of catalog entries.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

#include "duckdb/common/types/hash.hpp"

namespace icefall {

// What an object has as table_oid and the like in DuckDB's lists and in pg_catalog: the same at
// every statement and in every process, as long as the object lives. Two objects have the same one
// by chance only. pg_catalog multiplies it by a million, within 64 bits.
inline duckdb::idx_t ObjectNumber(std::string_view uuid) {
  constexpr duckdb::idx_t kMask = (duckdb::idx_t{1} << 40) - 1;
  return duckdb::Hash(uuid.data(), uuid.size()) & kMask;
}

// The same of a macro, in the order in which macros are made, to an eighth of a millisecond: EXPORT
// DATABASE writes them by their numbers, because one may use another.
inline duckdb::idx_t MacroNumber(std::string_view uuid) {
  const auto hex = [&](size_t begin, size_t size) {
    uint64_t value = 0;
    std::from_chars(uuid.data() + begin, uuid.data() + begin + size, value, 16);
    return value;
  };
  // See NewUuid.
  constexpr uint64_t kMillisOf2025 = 1'735'689'600'000;
  constexpr duckdb::idx_t kMask = (duckdb::idx_t{1} << 43) - 1;
  const uint64_t millis = (hex(0, 8) << 16 | hex(9, 4)) - kMillisOf2025;
  return (millis << 3 | hex(15, 3) >> 9) & kMask;
}

}  // namespace icefall
