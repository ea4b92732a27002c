// The Range header.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace icefall::s3proxy {

struct ByteRange {
  enum class Kind : uint8_t {
    kWhole,          // no header, or one that is to be ignored: other units, several ranges
    kPart,           // 206
    kUnsatisfiable,  // 416
  };
  Kind kind = Kind::kWhole;
  uint64_t offset = 0;
  uint64_t size_bytes = 0;  // of the part, cut at the object's end
};

// "bytes=a-b", "bytes=a-" or "bytes=-n", of an object of `object_size_bytes`.
ByteRange ParseByteRange(std::string_view header, uint64_t object_size_bytes);

}  // namespace icefall::s3proxy
