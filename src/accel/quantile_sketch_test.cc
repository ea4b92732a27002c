#include "accel/quantile_sketch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace icefall {
namespace {

constexpr std::array<float, 7> kQuantiles = {0, 0.01F, 0.25F, 0.5F, 0.75F, 0.999F, 1};

QuantileSketch SketchOf(const std::vector<double>& values) {
  QuantileSketch sketch;
  for (const double value : values) sketch.Add(value);
  return sketch;
}

std::vector<double> ExactQuantiles(std::vector<double> values) {
  std::ranges::sort(values);
  std::vector<double> result;
  for (const float quantile : kQuantiles) {
    const auto last = static_cast<double>(values.size() - 1);
    result.push_back(values[static_cast<size_t>(std::round(quantile * last))]);
  }
  return result;
}

std::vector<double> RandomValues(std::mt19937_64& random, size_t count, int exponents) {
  std::vector<double> values;
  std::uniform_real_distribution<double> mantissa(1, 2);
  for (size_t i = 0; i < count; ++i) {
    const int exponent = static_cast<int>(random() % static_cast<uint64_t>(exponents));
    values.push_back(std::ldexp(mantissa(random), exponent) * (random() % 2 == 0 ? 1 : -1));
  }
  return values;
}

TEST(QuantileSketch, FewDifferentValuesAreExact) {
  std::vector<double> values;
  std::mt19937_64 random(1);
  for (int i = 0; i < 50'000; ++i) {
    const auto step = static_cast<double>(random() % QuantileSketch::kBucketsMax);
    values.push_back(std::sqrt(step) * (step < 1000 ? -1e300 : 1e-300));
  }
  EXPECT_EQ(SketchOf(values).Quantiles(kQuantiles), ExactQuantiles(values));
  EXPECT_EQ(SketchOf({7}).Quantiles(kQuantiles), std::vector<double>(7, 7.0));
  EXPECT_EQ(SketchOf({-0.0, 0.0, 5}).Quantiles(std::array{0.0F, 0.5F, 1.0F}),
            (std::vector<double>{0, 0, 5}));
}

TEST(QuantileSketch, BoundsTheErrorByThePowersOfTwoAmongTheValues) {
  std::mt19937_64 random(2);
  for (const int exponents : {1, 4, 16, 64}) {
    const auto values = RandomValues(random, 100'000, exponents);
    const auto exact = ExactQuantiles(values);
    const auto about = SketchOf(values).Quantiles(kQuantiles);
    // On both sides of 0.
    const double error_max = 2.0 * (2.0 * exponents) / QuantileSketch::kBucketsMax;
    for (size_t i = 0; i < exact.size(); ++i) {
      EXPECT_LE(std::abs(about[i] - exact[i]), std::abs(exact[i]) * error_max)
          << exponents << " exponents, " << kQuantiles[i];
    }
    EXPECT_EQ(about.front(), exact.front());
    EXPECT_EQ(about.back(), exact.back());
  }
}

TEST(QuantileSketch, IsTheSameInAnyOrderAndGrouping) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 30; ++round) {
    auto values = RandomValues(random, 6'000, 1 + static_cast<int>(random() % 40));
    const auto expected = SketchOf(values).Serialize();
    std::ranges::shuffle(values, random);
    EXPECT_EQ(SketchOf(values).Serialize(), expected);
    std::vector<QuantileSketch> parts(1 + random() % 20);
    for (const double value : values) parts[random() % parts.size()].Add(value);
    while (parts.size() > 1) {
      const auto from = random() % (parts.size() - 1);
      if (random() % 2 == 0) {
        parts.back().Merge(parts[from]);
      } else {
        EXPECT_TRUE(parts.back().AddSerialized(parts[from].Serialize()));
      }
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(from));
    }
    EXPECT_EQ(parts[0].Serialize(), expected);
    EXPECT_EQ(parts[0].count(), values.size());
  }
}

TEST(QuantileSketch, AddsNothingOfWhatIsNoSketch) {
  std::mt19937_64 random(4);
  const auto whole = SketchOf(RandomValues(random, 300, 8)).Serialize();
  QuantileSketch sketch;
  EXPECT_TRUE(sketch.AddSerialized(""));
  EXPECT_TRUE(sketch.AddSerialized(QuantileSketch().Serialize()));
  for (size_t size = 1; size < whole.size(); ++size) {
    EXPECT_FALSE(sketch.AddSerialized(whole.substr(0, size))) << size;
  }
  EXPECT_EQ(sketch.count(), 0U);
  for (int i = 0; i < 5'000; ++i) {
    auto damaged = whole;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    QuantileSketch other;
    if (!other.AddSerialized(damaged)) continue;
    for (const double value : other.Quantiles(kQuantiles)) EXPECT_TRUE(std::isfinite(value));
  }
}

}  // namespace
}  // namespace icefall
