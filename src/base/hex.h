// Bytes as hexadecimal digits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace icefall {

// Two lower-case digits for each byte.
std::string ToHex(std::string_view bytes);

// The bytes that pairs of digits of either case stand for. Nothing when the number of digits is odd
// or another character is among them.
std::optional<std::string> FromHex(std::string_view digits);

}  // namespace icefall
