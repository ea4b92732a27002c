// Text as the test language splits and joins it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace icefall::sqllogic {

std::string Lower(std::string_view text);
std::string Trim(std::string_view text);
std::vector<std::string> Words(std::string_view text);
// Keeps empty parts.
std::vector<std::string> SplitAt(std::string_view text, std::string_view separator);
std::string ReplaceAll(std::string text, std::string_view from, std::string_view to);
// Line ends may be CR LF.
std::vector<std::string> Lines(std::string_view text);

}  // namespace icefall::sqllogic
