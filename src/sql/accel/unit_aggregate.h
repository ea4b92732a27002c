// One set of aggregates of some rows, whose groups come out as rows.
#pragma once

#include <vector>

#include "duckdb/execution/aggregate_hashtable.hpp"
#include "duckdb/execution/operator/aggregate/aggregate_object.hpp"

#include "sql/accel/state_rows.h"

namespace icefall {

// What is computed of rows that have keys and arguments.
struct RowAggregates {
  duckdb::vector<duckdb::LogicalType> types;  // of what is answered: keys, then aggregates
  std::vector<size_t> keys;                   // columns of the rows
  std::vector<duckdb::AggregateObject> aggregates;
  size_t first_argument = 0;  // the first argument's column; the others follow
  duckdb::vector<duckdb::LogicalType> argument_types;
};

// Used by one thread.
class UnitAggregate {
 public:
  UnitAggregate(duckdb::ClientContext& context, RowAggregates computed);
  ~UnitAggregate();
  UnitAggregate(const UnitAggregate&) = delete;
  UnitAggregate& operator=(const UnitAggregate&) = delete;

  void Add(duckdb::DataChunk& rows);
  // Adds keys and aggregates of what was added since the last call to `result`. Without keys: none
  // where no row was added.
  void Take(StateRows& result);

 private:
  void AddUngrouped(duckdb::DataChunk& rows);
  void TakeUngrouped(StateRows& result);
  void InitializeStates();
  void DestroyStates();

  duckdb::ClientContext& context_;
  const RowAggregates computed_;
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
