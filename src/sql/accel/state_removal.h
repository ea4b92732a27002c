// Takes what removed rows had added to states out of them.
#pragma once

#include <string>
#include <vector>

#include "sql/accel/state_rows.h"

namespace icefall {

// What `kept` is without rows that amount to `removed`, in the columns of that: the group keys, and
// states of these kinds, as StateColumn has them. What is answered has what computing it of the
// rows that are left would. Null where that cannot be told: of a minimum that one of the rows had,
// a sum that comes to 0 and may be NULL, a group that may be gone, and states that only grow.
StateRowsPointer StatesWithout(const StatePart& kept, const StateRows& removed,
                               const std::vector<std::string>& kinds);

}  // namespace icefall
