// The bytes of a file, mapped into memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace icefall {

// Immutable bytes, wherever they live.
class StoredBytes {
 public:
  virtual ~StoredBytes() = default;
  virtual std::string_view view() const = 0;
};

// Read-only and shared; pages come from the disk as they are touched. Errors: kNotFound;
// kUnavailable naming the path and what the system said.
Result<std::unique_ptr<StoredBytes>> MapFile(const std::string& path);

std::unique_ptr<StoredBytes> KeepBytes(std::string bytes);

}  // namespace icefall
