// SQL text from names and values.
#pragma once

#include <string>
#include <string_view>

namespace icefall {

// `name` as an SQL identifier, always in double quotes, so that spaces, quotes, reserved words and
// any other characters stand for themselves.
std::string QuoteIdentifier(std::string_view name);

// `text` as an SQL string literal.
std::string QuoteLiteral(std::string_view text);

}  // namespace icefall
