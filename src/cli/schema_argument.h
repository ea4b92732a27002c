// The texts in which a command line describes columns.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace icefall::cli {

// The column list of a CREATE TABLE statement for the value of --schema: SQL ("id BIGINT NOT NULL,
// name VARCHAR"), JSON ({"columns": [{"name": "id", "type": "int64", "nullable": false}, …]} or
// just the array), or the path of a file that ends in .json. Types in JSON are SQL's or Arrow's
// names. Error: kInvalidArgument naming what is missing.
Result<std::string> ColumnListFromSchema(const std::string& schema);

// --types: "name=type,name=type", or a JSON object of names and types. Commas inside parentheses
// belong to the type.
Result<std::map<std::string, std::string>> ParseTypes(std::string_view text);

}  // namespace icefall::cli
