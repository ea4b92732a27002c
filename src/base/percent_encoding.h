// Percent-encoding (RFC 3986, section 2.1): any bytes as text that URLs and paths can hold.
#pragma once

#include <string>
#include <string_view>

namespace icefall {

// Every byte but A-Z a-z 0-9 and those of `plain` becomes '%' and two upper-case digits.
std::string PercentEncode(std::string_view text, std::string_view plain);

// A '%' that no two digits follow stands for itself.
std::string PercentDecode(std::string_view text);

}  // namespace icefall
