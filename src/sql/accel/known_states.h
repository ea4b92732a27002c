// States of aggregates that statistics of a data file tell.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "duckdb/common/types.hpp"

#include "sql/accel/partial_states.h"
#include "table/snapshot.h"

namespace icefall {

// A group key or the state of an aggregate.
struct StateSource {
  std::string kind;              // of a state, as StateColumn has it; empty: a group key
  const Field* field = nullptr;  // a key, or the argument, as the column that it is; null: neither
  duckdb::LogicalType type;
};

// One row for all live rows of the fragment, where each key has one value there, and all states are
// counts, minima and maxima that the statistics tell. Absent where a scan is needed.
std::optional<StateRows> StatesOfStatistics(const Fragment& fragment,
                                            const std::vector<StateSource>& columns);

}  // namespace icefall
