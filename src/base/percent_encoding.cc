#include "base/percent_encoding.h"

#include <fmt/format.h>

#include "base/hex.h"

namespace icefall {

std::string PercentEncode(std::string_view text, std::string_view plain) {
  std::string result;
  for (const char c : text) {
    const bool is_plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                          (c >= '0' && c <= '9') || plain.find(c) != std::string_view::npos;
    if (is_plain) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

std::string PercentDecode(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      if (const auto byte = FromHex(text.substr(i + 1, 2))) {
        result += *byte;
        i += 2;
        continue;
      }
    }
    result += text[i];
  }
  return result;
}

}  // namespace icefall
