// What aggregates were found to be over parts of data files, kept for queries to come.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"

#include "format/deletion_vector.h"

namespace icefall {

// Positions of a file whose states are kept together: unit u has [u, u + 1) times this.
inline constexpr uint64_t kUnitRows = 122'880;

// The deleted positions of one unit; equal ones are the same rows.
struct DeletedRows {
  uint64_t count = 0;
  uint64_t hash_low = 0;
  uint64_t hash_high = 0;

  bool operator==(const DeletedRows&) const = default;
};

// Of each unit of a file of so many rows. `deletes` may be null.
std::vector<DeletedRows> DeletedRowsOfUnits(uint64_t row_count, const DeletionVector* deletes);

// What the columns of state rows are, as signatures: the group keys, then the states.
struct StateShape {
  std::vector<std::string> keys;
  std::vector<std::string> states;

  bool operator==(const StateShape&) const = default;
};

// Group keys and states of one unit; a key may come more than once. Immutable.
struct StateRows {
  std::vector<duckdb::unique_ptr<duckdb::DataChunk>> chunks;
  uint64_t row_count = 0;
  uint64_t size_bytes = 0;
};
using StateRowsPointer = std::shared_ptr<const StateRows>;

// Kept rows that answer what is wanted: of `rows`, these columns.
struct StatePart {
  StateRowsPointer rows;
  std::vector<size_t> columns;
};

struct PartialStatesCounters {
  uint64_t entries = 0;  // files with one set of filters
  uint64_t units = 0;
  uint64_t size_bytes = 0;
  uint64_t hits = 0;    // units
  uint64_t misses = 0;  // units
  uint64_t evicted = 0;
};

// One shape over the units of a file, some of them unknown.
struct StateFamily {
  struct Version {
    DeletedRows deleted;
    StateRowsPointer rows;  // null: unknown
  };
  // The newest first: a transaction that deletes, or a look at the past, must not drive out what
  // all others need.
  using Unit = std::array<Version, 2>;
  StateShape shape;
  std::vector<Unit> units;
};

// Of one database. A key names a data file, which never changes, and the filters that rows passed;
// deletions are compared, so that nothing here can be out of date. Thread-safe.
class PartialStates {
 public:
  // For each unit of the file: what answers `wanted`, with any of the kept shapes.
  std::vector<std::optional<StatePart>> Find(const std::string& key, const StateShape& wanted,
                                             const std::vector<DeletedRows>& units);
  // Remembers one unit, then drops the least recently used keys until all fit the budget.
  void Put(const std::string& key, const StateShape& shape, size_t unit, const DeletedRows& deleted,
           StateRowsPointer rows, uint64_t budget_bytes);
  // Which query of this kind it is, from 1; kinds that did not come for long are forgotten.
  uint64_t CountQuery(const std::string& kind);
  void Clear();
  PartialStatesCounters counters();

 private:
  struct Entry {
    std::string key;
    std::vector<StateFamily> families;  // the newest last
    uint64_t size_bytes = 0;
  };
  using Order = std::list<Entry>;

  void EvictLocked(uint64_t budget_bytes);

  std::mutex mutex_;  // guards all below
  Order order_;       // most recently used first
  std::unordered_map<std::string, Order::iterator> by_key_;
  PartialStatesCounters counters_;
  std::unordered_map<std::string, uint64_t> queries_;  // since it was last full, by kind
};

}  // namespace icefall
