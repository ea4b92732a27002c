// The numbers of catalog entries.
#pragma once

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

}  // namespace icefall
