// What is noted of a data file's columns while it is written, so that nobody has to look for it
// when rows are deleted: the rows with the smallest and the largest values, and which are NULL.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "duckdb/common/types/column/column_data_collection.hpp"

#include "format/null_positions.h"
#include "sql/accel/live_extremes.h"
#include "table/ids.h"

namespace icefall {

// So many rows of each end, so many deletes of the extreme itself pass.
inline constexpr size_t kExtremeCountMax = 64;
// Of a longer text only this is noted: it ends the list.
inline constexpr size_t kExtremeTextSizeMax = 1024;

struct FactsOfColumn {
  FieldId field;
  duckdb::LogicalType type;
  // In LiveExtremes' order, equal ones by position. Empty where the type is not noted.
  std::vector<LiveExtremes::Row> smallest;
  std::vector<LiveExtremes::Row> largest;
  std::string nulls;  // see EncodeNulls; empty when no row is NULL
};

// Of one column in one row group; positions count from its start.
struct GroupFacts {
  std::vector<LiveExtremes::Row> smallest;
  std::vector<LiveExtremes::Row> largest;
  GroupNulls nulls;
};

// Of the first `column_count` columns. Reads the rows, and leaves them as they are.
std::vector<GroupFacts> CollectGroupFacts(const duckdb::ColumnDataCollection& rows,
                                          size_t column_count);

// Of a file that is being written. Not thread-safe.
class FactsOfFile {
 public:
  // Row groups in the file's order.
  void Append(std::vector<GroupFacts> columns, uint64_t row_count);
  uint64_t row_count() const { return row_count_; }
  // `fields` and `types` of the columns that were appended, in their order. Once.
  std::vector<FactsOfColumn> Finish(const std::vector<FieldId>& fields,
                                    const duckdb::vector<duckdb::LogicalType>& types);

 private:
  struct Column {
    std::vector<LiveExtremes::Row> smallest;
    std::vector<LiveExtremes::Row> largest;
    std::vector<GroupNulls> nulls;
    bool has_nulls = false;
  };

  std::vector<Column> columns_;
  uint64_t row_count_ = 0;
};

}  // namespace icefall
