// Time as an injected dependency, so that tests never sleep.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace icefall {

// Microseconds since 1970-01-01T00:00:00Z, UTC, leap seconds ignored.
using TimestampMicros = int64_t;

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimestampMicros NowMicros() = 0;
};

// The machine's wall clock; lives as long as the process.
Clock& SystemClock();

// A clock that moves only when told to.
class ManualClock : public Clock {
 public:
  explicit ManualClock(TimestampMicros start) : now_(start) {}
  TimestampMicros NowMicros() override { return now_.load(); }
  void AdvanceMicros(int64_t delta) { now_ += delta; }

 private:
  std::atomic<TimestampMicros> now_;
};

// RFC 3339 with six fractional digits: "2024-01-02T03:04:05.123456Z". Outside the years 0000 to
// 9999, which that form cannot hold, the number with its unit: "253402300800000000us".
std::string FormatTimestamp(TimestampMicros timestamp);

// Parses the RFC 3339 form that FormatTimestamp writes. Error: kInvalidArgument naming the text.
Result<TimestampMicros> ParseTimestamp(std::string_view text);

}  // namespace icefall
