#include "base/clock.h"

#include <chrono>
#include <optional>

#include <fmt/format.h>

namespace icefall {
namespace {

constexpr int64_t kMicrosPerSecond = 1000000;
constexpr int64_t kMicrosPerDay = 86400 * kMicrosPerSecond;

class WallClock : public Clock {
 public:
  TimestampMicros NowMicros() override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  }
};

std::optional<int> ParseDigits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<TimestampMicros> TryParse(std::string_view text) {
  constexpr std::string_view kPattern = "dddd-dd-ddTdd:dd:dd.ddddddZ";
  if (text.size() != kPattern.size()) return std::nullopt;
  for (size_t i = 0; i < kPattern.size(); ++i) {
    if (kPattern[i] != 'd' && text[i] != kPattern[i]) return std::nullopt;
  }
  const auto year = ParseDigits(text.substr(0, 4));
  const auto month = ParseDigits(text.substr(5, 2));
  const auto day = ParseDigits(text.substr(8, 2));
  const auto hour = ParseDigits(text.substr(11, 2));
  const auto minute = ParseDigits(text.substr(14, 2));
  const auto second = ParseDigits(text.substr(17, 2));
  const auto micros = ParseDigits(text.substr(20, 6));
  if (!year || !month || !day || !hour || !minute || !second || !micros) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * kMicrosPerDay + ((*hour * 60 + *minute) * 60 + *second) * kMicrosPerSecond +
         *micros;
}

}  // namespace

Clock& SystemClock() {
  // Never destroyed: other static objects may ask for the time while the process ends.
  static WallClock* clock = new WallClock();
  return *clock;
}

std::string FormatTimestamp(TimestampMicros timestamp) {
  int64_t day_number = timestamp / kMicrosPerDay;
  int64_t micros = timestamp % kMicrosPerDay;
  if (micros < 0) {
    micros += kMicrosPerDay;
    --day_number;
  }
  // Days beyond the calendar of std::chrono would wrap around into a plausible but wrong date.
  constexpr int64_t kFirstDay = -719528;  // 0000-01-01
  constexpr int64_t kLastDay = 2932896;   // 9999-12-31
  if (day_number < kFirstDay || day_number > kLastDay) return fmt::format("{}us", timestamp);
  const std::chrono::year_month_day date(
      std::chrono::sys_days(std::chrono::days(static_cast<int>(day_number))));
  const int64_t seconds = micros / kMicrosPerSecond;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     seconds / 3600, seconds / 60 % 60, seconds % 60, micros % kMicrosPerSecond);
}

Result<TimestampMicros> ParseTimestamp(std::string_view text) {
  if (const auto timestamp = TryParse(text)) return *timestamp;
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is not a timestamp, expected YYYY-MM-DDTHH:MM:SS.ffffffZ", text));
}

}  // namespace icefall
