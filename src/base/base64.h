// Base64 with the standard alphabet and padding (RFC 4648 section 4).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace icefall {

std::string Base64Encode(std::string_view bytes);

// Error: kInvalidArgument for a character outside the alphabet, wrong padding or length.
Result<std::string> Base64Decode(std::string_view text);

}  // namespace icefall
