// Decisions that bytes make, so that a fuzzer can steer and shorten what follows from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace icefall {

class Choices {
 public:
  Choices(const uint8_t* bytes, size_t size) : next_(bytes), end_(bytes + size) {}

  // No bytes are left; every further choice is 0.
  bool done() const { return next_ == end_; }

  // A number below `count`, from as few bytes as that needs.
  uint64_t Below(uint64_t count) {
    uint64_t value = 0;
    for (uint64_t reach = 1; reach < count; reach *= 256) {
      value = value * 256 + (done() ? 0 : *next_++);
    }
    return count == 0 ? 0 : value % count;
  }
  uint64_t Between(uint64_t first, uint64_t last) { return first + Below(last - first + 1); }
  bool Percent(uint64_t percent) { return Below(100) < percent; }

  const std::string& Of(const std::vector<std::string>& items) {
    return items[Below(items.size())];
  }
  std::string Of(std::initializer_list<std::string> items) {
    return *(items.begin() + Below(items.size()));
  }

 private:
  const uint8_t* next_;
  const uint8_t* end_;
};

}  // namespace icefall
