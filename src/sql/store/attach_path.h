// Lets ATTACH take URLs that DuckDB would hand to an extension of its own.
#pragma once

#include <string>
#include <string_view>

#include "duckdb/main/config.hpp"

namespace icefall {

// DuckDB attaches a URL such as s3://bucket/path read-only, and only with its httpfs extension.
// From here on ATTACH ... (TYPE icefall) of such a URL comes to this extension as it is, writable,
// with a mark before it.
void RegisterAttachPaths(duckdb::DBConfig& config);

// What the user wrote.
std::string_view WithoutAttachMark(std::string_view path);

}  // namespace icefall
