// What aggregates are over parts of data files, and what it holds for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
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
  // In the file, ascending. Null: there are none, or they are many or not known.
  std::shared_ptr<const std::vector<uint64_t>> positions = nullptr;

  bool operator==(const DeletedRows& other) const {
    return count == other.count && hash_low == other.hash_low && hash_high == other.hash_high;
  }
  uint64_t size_bytes() const { return positions == nullptr ? 0 : 8 * positions->size(); }
};

// The positions that are deleted now and were not before; absent where they are more than
// `count_max`, some of those before are not deleted now, or positions are not known.
std::optional<std::vector<uint64_t>> DeletedSince(const DeletedRows& before, const DeletedRows& now,
                                                  uint64_t count_max);

// Of each unit of a file of so many rows. `deletes` may be null.
std::vector<DeletedRows> DeletedRowsOfUnits(uint64_t row_count, const DeletionVector* deletes);

// What the columns of state rows are, as signatures: the group keys, then the states.
struct StateShape {
  std::vector<std::string> keys;
  std::vector<std::string> states;

  bool operator==(const StateShape&) const = default;
};

// Where the wanted columns are; absent unless all are there.
std::optional<std::vector<size_t>> ColumnsOf(const StateShape& wanted, const StateShape& kept);

// Group keys and states of one unit; a key may come more than once. Immutable.
struct StateRows {
  std::vector<duckdb::unique_ptr<duckdb::DataChunk>> chunks;
  uint64_t row_count = 0;
  uint64_t size_bytes = 0;

  // With memory of its own.
  void Add(duckdb::unique_ptr<duckdb::DataChunk> chunk);
};
using StateRowsPointer = std::shared_ptr<const StateRows>;

// In the place of a column: NULL.
inline constexpr size_t kNoColumn = SIZE_MAX;

// Kept rows that answer what is wanted: of `rows`, these columns.
struct StatePart {
  StateRowsPointer rows;
  std::vector<size_t> columns;
};

}  // namespace icefall
