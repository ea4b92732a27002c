// Checking that bytes are UTF-8, as DuckDB requires of every text.
#pragma once

#include <string>
#include <string_view>

namespace icefall {

// False for overlong forms, surrogates and code points past U+10FFFF, too.
bool IsUtf8(std::string_view text);

// The bytes outside printable ASCII as \xNN, for error messages.
std::string HexEscaped(std::string_view bytes);

}  // namespace icefall
