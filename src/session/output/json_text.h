// JSON string literals.
#pragma once

#include <string>
#include <string_view>

namespace icefall::output {

// Appends `text` as a JSON string. Control characters are escaped, other bytes are copied: text in
// DuckDB is always valid UTF-8.
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace icefall::output
