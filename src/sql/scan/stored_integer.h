// Values whose order is that of integers.
#pragma once

#include <cstdint>
#include <optional>

#include "duckdb/common/types/value.hpp"

namespace icefall {

// What DuckDB stores for a value that is not NULL; absent for one that it does not store as an
// integer of at most 64 signed bits.
inline std::optional<int64_t> StoredInteger(const duckdb::Value& value) {
  switch (value.type().InternalType()) {
    case duckdb::PhysicalType::INT8:
      return value.GetValueUnsafe<int8_t>();
    case duckdb::PhysicalType::INT16:
      return value.GetValueUnsafe<int16_t>();
    case duckdb::PhysicalType::INT32:
      return value.GetValueUnsafe<int32_t>();
    case duckdb::PhysicalType::INT64:
      return value.GetValueUnsafe<int64_t>();
    case duckdb::PhysicalType::UINT8:
      return value.GetValueUnsafe<uint8_t>();
    case duckdb::PhysicalType::UINT16:
      return value.GetValueUnsafe<uint16_t>();
    case duckdb::PhysicalType::UINT32:
      return value.GetValueUnsafe<uint32_t>();
    default:
      return std::nullopt;
  }
}

}  // namespace icefall
