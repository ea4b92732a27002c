// One set of states of one unit, row by row.
#pragma once

#include "duckdb/execution/aggregate_hashtable.hpp"

#include "sql/accel/physical_partial_states.h"

namespace icefall {

// Used by one thread.
class UnitAggregate {
 public:
  // `plan` and its `set` have to live as long.
  UnitAggregate(duckdb::ClientContext& context, const PartialPlan& plan, const StateSet& set);
  ~UnitAggregate();
  UnitAggregate(const UnitAggregate&) = delete;
  UnitAggregate& operator=(const UnitAggregate&) = delete;

  // `rows`: all keys of the plan, then arguments.
  void Add(duckdb::DataChunk& rows);
  // Adds keys and states of what was added since the last call to `result`.
  void Take(StateRows& result);

 private:
  void AddUngrouped(duckdb::DataChunk& rows);
  void TakeUngrouped(StateRows& result);
  void InitializeStates();
  void DestroyStates();

  duckdb::ClientContext& context_;
  const PartialPlan& plan_;
  const StateSet& set_;
  duckdb::vector<duckdb::LogicalType> types_;        // of the set's columns
  std::vector<duckdb::AggregateObject> aggregates_;  // of the set's states
  bool is_empty_ = true;
  // With keys.
  duckdb::unique_ptr<duckdb::GroupedAggregateHashTable> table_;
  duckdb::unsafe_vector<duckdb::idx_t> all_aggregates_;
  duckdb::DataChunk keys_;
  duckdb::DataChunk payload_;
  // Without: the aggregates' states, one after the other.
  duckdb::ArenaAllocator arena_;
  std::vector<std::vector<uint64_t>> states_;
};

}  // namespace icefall
