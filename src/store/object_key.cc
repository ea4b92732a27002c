#include <algorithm>

#include <fmt/format.h>

#include "store/object_store.h"

namespace icefall {
namespace {

// The limits of the narrowest stores: names in Linux file systems, keys in S3.
constexpr size_t kSegmentBytesMax = 255;
constexpr size_t kKeyBytesMax = 1024;
// Enough of a refused key to recognise it by.
constexpr size_t kQuotedBytesMax = 80;

std::unexpected<Error> Refuse(std::string_view key, std::string_view rule) {
  std::string quoted(key.substr(0, kQuotedBytesMax));
  // A message must survive being printed as a C string.
  std::replace(quoted.begin(), quoted.end(), '\0', '?');
  if (key.size() > kQuotedBytesMax) quoted += "...";
  return Fail(ErrorCode::kInvalidArgument, fmt::format("key '{}' {}", quoted, rule));
}

}  // namespace

Result<void> ValidateKey(std::string_view key) {
  if (key.empty()) return Refuse(key, "is empty");
  if (key.size() > kKeyBytesMax) {
    return Refuse(key, fmt::format("has {} bytes, expected at most {}", key.size(), kKeyBytesMax));
  }
  if (key.find('\0') != std::string_view::npos) return Refuse(key, "has a NUL byte");
  for (size_t begin = 0; begin <= key.size();) {
    const size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view segment = key.substr(begin, end - begin);
    if (segment.empty()) return Refuse(key, "has an empty segment");
    if (segment.front() == '.') return Refuse(key, "has a segment that starts with '.'");
    if (segment.size() > kSegmentBytesMax) {
      return Refuse(key, fmt::format("has a segment of {} bytes, expected at most {}",
                                     segment.size(), kSegmentBytesMax));
    }
    begin = end + 1;
  }
  return {};
}

}  // namespace icefall
