// A point in the history of a whole database.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "table/ids.h"

namespace icefall {

// What was committed not after either of the two; by default everything.
struct PointInTime {
  DatabaseSequence sequence{UINT64_MAX};
  TimestampMicros time = INT64_MAX;

  bool Includes(DatabaseSequence committed, TimestampMicros committed_at) const {
    return committed <= sequence && committed_at <= time;
  }
  bool operator==(const PointInTime&) const = default;
};

}  // namespace icefall
