// What a connection has set.
#pragma once

#include <cstdint>

#include "duckdb/main/client_context.hpp"

namespace icefall {

// `otherwise`: where it is NULL, or there is no such setting.
inline uint64_t NumberSetting(duckdb::ClientContext& context, const char* name,
                              uint64_t otherwise) {
  duckdb::Value value;
  if (!context.TryGetCurrentSetting(name, value) || value.IsNull()) return otherwise;
  return value.GetValue<uint64_t>();
}

// True where there is no such setting.
inline bool IsSettingOn(duckdb::ClientContext& context, const char* name) {
  duckdb::Value value;
  return !context.TryGetCurrentSetting(name, value) || value.GetValue<bool>();
}

}  // namespace icefall
