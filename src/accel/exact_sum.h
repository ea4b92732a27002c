// Sums of doubles without rounding: the same in whatever order and grouping values are added.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace icefall {

// A fixed-point number that spans the range of double; trivially copyable, and all zero bytes are
// the empty sum. Of up to 2^63 values.
class ExactSum {
 public:
  void Add(double value) {
    ++count_;
    AddTerm(value);
  }
  // The square of `value`, without rounding unless that leaves the range of double. Not counted.
  void AddSquare(double value);
  void Merge(const ExactSum& other);
  // Takes out values that were added before. False, and nothing changes, where it cannot be told
  // whether others like them are left: of NaN and infinity.
  bool Subtract(const ExactSum& other);

  // Values that were added, NaN and infinity included.
  uint64_t count() const { return count_; }
  // The nearest double, ties to even; infinity past the range; NaN where adding one by one would
  // answer it.
  double Round() const;
  // With 113 bits, for differences of large numbers. NaN for anything that is not finite.
  __extension__ using Quad = __float128;
  Quad RoundToQuad() const;

  // Its size follows the spread of the values' magnitudes: about 30 bytes as a rule.
  std::string Serialize() const;
  // Adds what was serialized. False, and nothing is added, when the bytes are no such thing.
  bool AddSerialized(std::string_view bytes);

 private:
  static constexpr size_t kLimbs = 67;
  // Each limb takes so many additions before a carry has to be moved on.
  static constexpr uint32_t kAdditionsMax = 1024;
  using Limbs = std::array<int64_t, kLimbs>;

  struct Magnitude {
    std::array<uint32_t, kLimbs + 1> limbs{};
    bool is_negative = false;
  };

  void AddTerm(double value);
  void AddLimbs(Limbs theirs, int64_t sign);
  static void MoveCarries(Limbs& limbs);
  Magnitude ToMagnitude() const;
  bool is_finite() const { return nan_ + positive_infinity_ + negative_infinity_ == 0; }

  Limbs limbs_{};  // limb i stands for limbs_[i] * 2^(32 i - 1075)
  uint64_t count_ = 0;
  uint32_t additions_ = 0;  // since carries were moved
  uint8_t nan_ = 0;         // 1: one was added; so below
  uint8_t positive_infinity_ = 0;
  uint8_t negative_infinity_ = 0;
};

}  // namespace icefall
