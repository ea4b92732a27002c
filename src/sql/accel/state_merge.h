// Puts states of several units together, so that later queries have less to add up.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sql/accel/physical_partial_states.h"

namespace icefall {

// Of one plan, which has to live as long; used by one thread.
class StateMerge {
 public:
  // `kinds`: of the plan's states, as StateColumn has them.
  StateMerge(duckdb::ClientContext& context, const PartialPlan& plan,
             std::vector<std::string> kinds);

  // What the parts come to, which PartialPlan::PartOf made for this set: its columns, in its order.
  // Null where there are no functions for it, or one has no answer, as where a sum is too large.
  StateRowsPointer Run(const StateSet& set, std::span<const StatePart> parts);

 private:
  // Absent: not all states have one.
  const std::optional<std::vector<duckdb::AggregateObject>>& Functions();

  duckdb::ClientContext& context_;
  const PartialPlan& plan_;
  const std::vector<std::string> kinds_;
  bool are_found_ = false;
  std::optional<std::vector<duckdb::AggregateObject>> functions_;  // of states, once found
};

}  // namespace icefall
