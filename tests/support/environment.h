// Numbers that the environment sets for tests.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>

namespace icefall {

inline std::optional<uint64_t> NumberFromEnvironment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::nullopt : std::optional<uint64_t>(std::strtoull(text, nullptr, 10));
}

}  // namespace icefall
