// One cell of a result, for programs that read rows rather than Arrow batches.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace icefall {

// NULL, BOOLEAN, the integers that fit 64 bits signed, FLOAT and DOUBLE as themselves. Everything
// else as text: VARCHAR as it is, BLOB as its bytes, nested values as JSON, the rest (HUGEINT,
// DECIMAL, dates, times, UUID, …) in the form of SQL's cast to VARCHAR, timestamps as in JSON.
using Value = std::variant<std::monostate, bool, int64_t, double, std::string>;

using Row = std::vector<Value>;

}  // namespace icefall
