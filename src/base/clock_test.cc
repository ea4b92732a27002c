#include "base/clock.h"

#include <cstdint>
#include <utility>

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(Timestamp, FormatsAndParsesKnownInstants) {
  // Seconds computed with `date -u -d <text> +%s`.
  const std::pair<TimestampMicros, const char*> instants[] = {
      {0, "1970-01-01T00:00:00.000000Z"},
      {-1, "1969-12-31T23:59:59.999999Z"},
      {1704164645123456, "2024-01-02T03:04:05.123456Z"},
      {951827696000001, "2000-02-29T12:34:56.000001Z"},
      {-62167219200000000, "0000-01-01T00:00:00.000000Z"},
      {253402300799999999, "9999-12-31T23:59:59.999999Z"}};
  for (const auto& [micros, text] : instants) {
    EXPECT_EQ(FormatTimestamp(micros), text);
    const auto parsed = ParseTimestamp(text);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
    EXPECT_EQ(*parsed, micros);
  }
}

TEST(Timestamp, OutsideFourDigitYearsIsNotADate) {
  EXPECT_EQ(FormatTimestamp(253402300800000000), "253402300800000000us");
  EXPECT_EQ(FormatTimestamp(INT64_MIN), "-9223372036854775808us");
}

TEST(Timestamp, RefusesOtherText) {
  for (const char* text :
       {"", "2024-01-02", "2024-01-02T03:04:05Z", "2024-01-02 03:04:05.123456Z",
        "2024-01-02T03:04:05.123456", "2024-01-02T03:04:05.1234567Z", "2024-13-02T03:04:05.123456Z",
        "2023-02-29T03:04:05.123456Z", "2024-01-00T03:04:05.123456Z", "2024-01-02T24:04:05.123456Z",
        "2024-01-02T03:60:05.123456Z", "2024-01-02T03:04:60.123456Z", "2024-01-02T03:04:05.12345-Z",
        "-024-01-02T03:04:05.123456Z"}) {
    const auto parsed = ParseTimestamp(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(parsed.error().message().find(text), std::string::npos);
  }
}

TEST(SystemClock, IsBetween2024And2200) {
  const TimestampMicros now = SystemClock().NowMicros();
  EXPECT_GT(now, *ParseTimestamp("2024-01-01T00:00:00.000000Z"));
  EXPECT_LT(now, *ParseTimestamp("2200-01-01T00:00:00.000000Z"));
}

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock(5);
  EXPECT_EQ(clock.NowMicros(), 5);
  EXPECT_EQ(clock.NowMicros(), 5);
  clock.AdvanceMicros(7);
  EXPECT_EQ(clock.NowMicros(), 12);
}

}  // namespace
}  // namespace icefall
