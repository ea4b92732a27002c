// What aggregates are over parts of data files, and what it holds for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"

#include "sql/accel/deleted_rows.h"

namespace icefall {

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

// One after the other, which have to live as long.
class PartReader {
 public:
  explicit PartReader(std::span<const StatePart> parts) : parts_(parts) {}

  // Adds rows to those of `chunk`, of a type for each column of a part. False: there are more, for
  // which there is no room.
  bool Read(duckdb::DataChunk& chunk);

 private:
  const std::span<const StatePart> parts_;
  size_t part_ = 0;
  size_t chunk_ = 0;
};

}  // namespace icefall
