#include "accel/exact_sum.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace icefall {
namespace {

double SumOf(const std::vector<double>& values) {
  ExactSum sum;
  for (const double value : values) sum.Add(value);
  return sum.Round();
}

TEST(ExactSum, RoundsOnceAtTheEnd) {
  EXPECT_EQ(SumOf({}), 0.0);
  EXPECT_EQ(SumOf({0.1, 0.2, 0.3}), 0.6);
  EXPECT_EQ(SumOf({1e308, 1e308, -1e308, -1e308, 1e-320}), 1e-320);
  EXPECT_EQ(SumOf({1e16, 1, 1e-16, -1e16}), 1.0);
  EXPECT_EQ(SumOf({-1, -1e-300}), -1.0);
  const double one_up = std::nextafter(1.0, 2.0);
  EXPECT_EQ(SumOf({1.0, std::ldexp(1.0, -53)}), 1.0);                             // a tie, to even
  EXPECT_EQ(SumOf({1.0, std::ldexp(1.0, -53), std::ldexp(1.0, -1074)}), one_up);  // not a tie
  EXPECT_EQ(SumOf({-5e-324, -5e-324}), -1e-323);
  EXPECT_EQ(SumOf({std::numeric_limits<double>::max(), std::numeric_limits<double>::max()}),
            std::numeric_limits<double>::infinity());
}

TEST(ExactSum, KnowsNanAndInfinity) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(SumOf({1, infinity}), infinity);
  EXPECT_EQ(SumOf({-infinity, 1}), -infinity);
  EXPECT_TRUE(std::isnan(SumOf({infinity, -infinity})));
  EXPECT_TRUE(std::isnan(SumOf({1, std::numeric_limits<double>::quiet_NaN()})));
}

// Any order, any grouping, through bytes or not: the same bits, and those of integers are known.
TEST(ExactSum, DoesNotDependOnOrderOrGrouping) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> values;
    __extension__ __int128 expected = 0;
    const bool is_integer = round % 2 == 0;
    for (int i = 0; i < 3000; ++i) {
      const auto integer =
          static_cast<int64_t>(random() >> (random() % 11 + 11)) * (random() % 2 == 0 ? 1 : -1);
      expected += integer;
      auto value = static_cast<double>(integer);
      if (!is_integer) value = std::ldexp(value, static_cast<int>(random() % 1900) - 1000);
      values.push_back(value);
    }
    const double sum = SumOf(values);
    if (is_integer) {
      EXPECT_EQ(sum, static_cast<double>(expected));
    }
    std::ranges::shuffle(values, random);
    ExactSum merged;
    size_t next = 0;
    while (next < values.size()) {
      ExactSum part;
      const auto end = std::min(values.size(), next + random() % 700);
      while (next < end) part.Add(values[next++]);
      if (random() % 2 == 0) {
        merged.Merge(part);
      } else {
        ASSERT_TRUE(merged.AddSerialized(part.Serialize()));
      }
    }
    EXPECT_EQ(std::bit_cast<uint64_t>(merged.Round()), std::bit_cast<uint64_t>(sum));
    EXPECT_EQ(merged.count(), values.size());
  }
}

TEST(ExactSum, AddsSquaresWithoutRounding) {
  ExactSum squares;
  squares.AddSquare(94906267);  // its square has 54 bits
  squares.AddSquare(1);
  EXPECT_EQ(static_cast<int64_t>(squares.RoundToQuad()), 94906267LL * 94906267 + 1);
  EXPECT_EQ(squares.count(), 0U);
}

// The bytes of a sum that never had what was taken out.
TEST(ExactSum, TakesOutWhatWasAdded) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    ExactSum all;
    ExactSum rest;
    ExactSum removed;
    for (int i = 0; i < 500; ++i) {
      const double value =
          std::ldexp(static_cast<double>(random() >> 12), static_cast<int>(random() % 900) - 500) *
          (random() % 2 == 0 ? 1 : -1);
      auto& part = random() % 4 == 0 ? removed : rest;
      for (auto* sum : {&all, &part}) {
        sum->Add(value);
        if (round % 2 == 0) sum->AddSquare(value);
      }
    }
    ASSERT_TRUE(all.Subtract(removed));
    EXPECT_EQ(all.Serialize(), rest.Serialize());
    ASSERT_TRUE(all.Subtract(rest));
    EXPECT_EQ(all.Serialize(), ExactSum().Serialize());
  }
}

TEST(ExactSum, TakesOutNoNanAndNoInfinity) {
  for (const double special :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    ExactSum sum;
    for (const double value : {1.5, special, 2.0}) sum.Add(value);
    ExactSum removed;
    removed.Add(special);
    EXPECT_FALSE(sum.Subtract(removed));
    EXPECT_EQ(sum.count(), 3U);
    // Others can go; it stays.
    ExactSum finite;
    finite.Add(1.5);
    EXPECT_TRUE(sum.Subtract(finite));
    EXPECT_EQ(sum.count(), 2U);
    EXPECT_EQ(std::isnan(sum.Round()), std::isnan(special));
    EXPECT_FALSE(std::isfinite(sum.Round()));
  }
}

TEST(ExactSum, RefusesOtherBytes) {
  ExactSum sum;
  sum.Add(2);
  const auto bytes = sum.Serialize();
  EXPECT_FALSE(sum.AddSerialized(""));
  EXPECT_FALSE(sum.AddSerialized(std::string_view(bytes).substr(0, bytes.size() - 1)));
  EXPECT_FALSE(sum.AddSerialized(bytes + std::string(400, '\1')));
  EXPECT_EQ(sum.Round(), 2.0);
}

}  // namespace
}  // namespace icefall
