#include "s3proxy/byte_range.h"

#include <algorithm>
#include <charconv>

namespace icefall::s3proxy {
namespace {

// Numbers too large to hold are as good as the largest one.
std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return UINT64_MAX;
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

}  // namespace

ByteRange ParseByteRange(std::string_view header, uint64_t object_size_bytes) {
  constexpr std::string_view kUnit = "bytes=";
  const ByteRange whole{ByteRange::Kind::kWhole, 0, object_size_bytes};
  const ByteRange unsatisfiable{ByteRange::Kind::kUnsatisfiable, 0, 0};
  if (!header.starts_with(kUnit)) return whole;
  header.remove_prefix(kUnit.size());
  const size_t dash = header.find('-');
  if (dash == std::string_view::npos) return whole;
  const auto first = ParseNumber(header.substr(0, dash));
  const auto last = ParseNumber(header.substr(dash + 1));
  const bool last_is_empty = dash + 1 == header.size();
  if (dash == 0) {
    if (!last) return whole;
    const uint64_t size_bytes = std::min(*last, object_size_bytes);
    if (size_bytes == 0) return unsatisfiable;
    return {ByteRange::Kind::kPart, object_size_bytes - size_bytes, size_bytes};
  }
  if (!first || (!last && !last_is_empty) || (last && *last < *first)) return whole;
  if (*first >= object_size_bytes) return unsatisfiable;
  const uint64_t end = last ? std::min(*last, object_size_bytes - 1) : object_size_bytes - 1;
  return {ByteRange::Kind::kPart, *first, end - *first + 1};
}

}  // namespace icefall::s3proxy
