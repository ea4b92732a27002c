// Parquet's hybrid of runs and packed bits, in which it stores levels and indexes
// (github.com/apache/parquet-format, Encodings.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace icefall {

// Numbers of `width` bits, of which the first is number 0. Not thread-safe.
class RleRuns {
 public:
  static constexpr uint8_t kWidthMax = 32;

  struct Run {
    uint64_t first = 0;
    uint64_t count = 0;  // more than there are numbers, perhaps, in the last run
    uint8_t width = 0;
    std::string_view packed;  // empty: all are `value`
    size_t behind_bytes = 0;  // that may be read behind `packed`, whatever they are
    uint64_t value = 0;

    // Precondition: index < count.
    uint64_t Value(uint64_t index) const;
    // Sets `values` to `size` numbers from `begin` on. Precondition: begin + size <= count.
    void Unpack(uint64_t begin, uint64_t size, uint32_t* values) const;
    // How many of the first `end` numbers of one bit are 1. Precondition: end <= count.
    uint64_t CountOnes(uint64_t end) const;
  };

  // Precondition: width <= kWidthMax.
  RleRuns(std::string_view bytes, uint8_t width) : bytes_(bytes), width_(width) {}

  // Absent at the end, and where the bytes are none.
  std::optional<Run> Next();

  // How many numbers were in the runs before.
  uint64_t passed() const { return next_; }

 private:
  std::string_view bytes_;
  const uint8_t width_;
  uint64_t next_ = 0;
};

}  // namespace icefall
