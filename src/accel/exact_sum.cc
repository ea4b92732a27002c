#include "accel/exact_sum.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace icefall {
namespace {

constexpr int kLowestExponent = -1075;  // of the lowest bit of limb 0
constexpr uint32_t kSpecial = 0x7ff;    // the exponent of NaN and infinity
constexpr size_t kHeaderBytes = 8 + 1 + 1;

struct Parts {
  uint64_t mantissa = 0;
  uint32_t exponent = 0;
  bool is_negative = false;
};

Parts Split(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  Parts parts{bits & ((uint64_t{1} << 52) - 1), static_cast<uint32_t>(bits >> 52) & kSpecial,
              (bits >> 63) != 0};
  if (parts.exponent == 0) {
    parts.exponent = 1;
  } else if (parts.exponent != kSpecial) {
    parts.mantissa |= uint64_t{1} << 52;
  }
  return parts;
}

}  // namespace

void ExactSum::AddTerm(double value) {
  const auto [mantissa, exponent, is_negative] = Split(value);
  if (exponent == kSpecial) {
    if (mantissa != 0) {
      nan_ = 1;
    } else {
      (is_negative ? negative_infinity_ : positive_infinity_) = 1;
    }
    return;
  }
  const uint32_t shift = exponent & 31;
  const size_t limb = exponent >> 5;
  const auto low = static_cast<int64_t>((mantissa << shift) & 0xffffffff);
  const auto high = static_cast<int64_t>(mantissa >> (32 - shift));
  limbs_[limb] += is_negative ? -low : low;
  limbs_[limb + 1] += is_negative ? -high : high;
  if (++additions_ >= kAdditionsMax) {
    MoveCarries(limbs_);
    additions_ = 0;
  }
}

void ExactSum::AddSquare(double value) {
  const double square = value * value;
  AddTerm(square);
  if (std::isfinite(square)) AddTerm(std::fma(value, value, -square));
}

void ExactSum::MoveCarries(Limbs& limbs) {
  for (size_t i = 0; i + 1 < kLimbs; ++i) {
    const int64_t carry = limbs[i] >> 32;
    limbs[i] -= carry * (int64_t{1} << 32);
    limbs[i + 1] += carry;
  }
}

void ExactSum::AddLimbs(Limbs theirs, int64_t sign) {
  // Limbs without pending additions are below 2^32 in magnitude, so that a merge is one addition.
  MoveCarries(theirs);
  for (size_t i = 0; i < kLimbs; ++i) limbs_[i] += sign * theirs[i];
  MoveCarries(limbs_);
  additions_ = 0;
}

bool ExactSum::Subtract(const ExactSum& other) {
  if (!other.is_finite() || other.count_ > count_) return false;
  AddLimbs(other.limbs_, -1);
  count_ -= other.count_;
  return true;
}

void ExactSum::Merge(const ExactSum& other) {
  AddLimbs(other.limbs_, 1);
  count_ += other.count_;
  nan_ |= other.nan_;
  positive_infinity_ |= other.positive_infinity_;
  negative_infinity_ |= other.negative_infinity_;
}

ExactSum::Magnitude ExactSum::ToMagnitude() const {
  auto limbs = limbs_;
  MoveCarries(limbs);
  Magnitude result;
  // The top limb has the sign; all others are not negative now.
  result.is_negative = limbs[kLimbs - 1] < 0;
  if (result.is_negative) {
    for (auto& limb : limbs) limb = -limb;
    MoveCarries(limbs);
  }
  for (size_t i = 0; i < kLimbs; ++i) result.limbs[i] = static_cast<uint32_t>(limbs[i]);
  result.limbs[kLimbs] = static_cast<uint32_t>(static_cast<uint64_t>(limbs[kLimbs - 1]) >> 32);
  return result;
}

double ExactSum::Round() const {
  if (nan_ != 0 || (positive_infinity_ != 0 && negative_infinity_ != 0)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (positive_infinity_ != 0) return std::numeric_limits<double>::infinity();
  if (negative_infinity_ != 0) return -std::numeric_limits<double>::infinity();
  const auto [limbs, is_negative] = ToMagnitude();
  size_t top = limbs.size() - 1;
  while (top > 0 && limbs[top] == 0) --top;
  // 97 bits or more of it, and whether there is anything below: enough to round once.
  __extension__ using Wide = unsigned __int128;
  Wide leading = 0;
  for (size_t i = 0; i < 4; ++i) leading = leading << 32 | (top >= i ? limbs[top - i] : 0);
  bool has_more = false;
  for (size_t i = 0; i + 4 <= top; ++i) has_more |= limbs[i] != 0;
  if (has_more) leading |= 1;
  const int exponent = 32 * (static_cast<int>(top) - 3) + kLowestExponent;
  const double result = std::ldexp(static_cast<double>(leading), exponent);
  return is_negative ? -result : result;
}

ExactSum::Quad ExactSum::RoundToQuad() const {
  if (!is_finite()) return std::numeric_limits<double>::quiet_NaN();
  const auto [limbs, is_negative] = ToMagnitude();
  Quad result = 0;
  // From the top, so that what is lost is below the last bit.
  for (size_t i = limbs.size(); i-- > 0;) {
    if (limbs[i] == 0) continue;
    const int exponent = 32 * static_cast<int>(i) + kLowestExponent;
    // In two steps: one alone leaves the range of double at both ends.
    const Quad scale = static_cast<Quad>(std::ldexp(1.0, exponent / 2)) *
                       static_cast<Quad>(std::ldexp(1.0, exponent - exponent / 2));
    result += static_cast<Quad>(limbs[i]) * scale;
  }
  return is_negative ? -result : result;
}

std::string ExactSum::Serialize() const {
  const auto [limbs, is_negative] = ToMagnitude();
  size_t first = 0;
  while (first < limbs.size() && limbs[first] == 0) ++first;
  size_t end = limbs.size();
  while (end > first && limbs[end - 1] == 0) --end;
  std::string bytes(kHeaderBytes + (end - first) * 4, '\0');
  std::memcpy(bytes.data(), &count_, 8);
  bytes[8] = static_cast<char>((is_negative ? 1 : 0) | nan_ << 1 | positive_infinity_ << 2 |
                               negative_infinity_ << 3);
  bytes[9] = static_cast<char>(first == end ? 0 : first);
  if (end > first) std::memcpy(bytes.data() + kHeaderBytes, &limbs[first], (end - first) * 4);
  return bytes;
}

bool ExactSum::AddSerialized(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || (bytes.size() - kHeaderBytes) % 4 != 0) return false;
  const auto flags = static_cast<uint8_t>(bytes[8]);
  const size_t first = static_cast<uint8_t>(bytes[9]);
  const size_t count = (bytes.size() - kHeaderBytes) / 4;
  if (flags > 15 || first + count > kLimbs + 1) return false;
  ExactSum other;
  std::memcpy(&other.count_, bytes.data(), 8);
  for (size_t i = 0; i < count; ++i) {
    uint32_t limb = 0;
    std::memcpy(&limb, bytes.data() + kHeaderBytes + i * 4, 4);
    // The last one has the upper half of the limb before it.
    auto& place = other.limbs_[std::min(first + i, kLimbs - 1)];
    place += static_cast<int64_t>(limb) << (first + i == kLimbs ? 32 : 0);
  }
  if ((flags & 1) != 0) {
    for (auto& limb : other.limbs_) limb = -limb;
  }
  other.nan_ = flags >> 1 & 1;
  other.positive_infinity_ = flags >> 2 & 1;
  other.negative_infinity_ = flags >> 3 & 1;
  Merge(other);
  return true;
}

}  // namespace icefall
