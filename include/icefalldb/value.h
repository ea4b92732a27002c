// One cell of a result, and one parameter of a statement.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace icefalldb {

// NULL is std::monostate. BOOLEAN, FLOAT, DOUBLE and the integers that fit 64 bits signed are
// themselves. All else is text: VARCHAR as it is, BLOB as its bytes, nested values as JSON,
// timestamps as 2024-01-02T03:04:05.123456, the rest in the form of SQL's cast to VARCHAR.
using Value = std::variant<std::monostate, bool, int64_t, double, std::string>;

using Row = std::vector<Value>;

}  // namespace icefalldb
