// What a connection has set.
#pragma once

#include <cstdint>

#include "duckdb/main/client_context.hpp"

namespace icefall {

// The value of a setting that an extension has added; false when there is none. As DuckDB answers
// by its name, without what it copies to find the name.
bool FindSetting(duckdb::ClientContext& context, const char* name, duckdb::Value& value);

// `otherwise`: where it is NULL, or there is no such setting.
uint64_t NumberSetting(duckdb::ClientContext& context, const char* name, uint64_t otherwise = 0);

// True where there is no such setting.
bool IsSettingOn(duckdb::ClientContext& context, const char* name);

}  // namespace icefall
