// Between which rows of a data file the values of a column ascend, as its replica notes it: filters
// on such a column leave few vectors of a row group to read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"

namespace icefall {

// Of a column whose values are stored as integers of at most 64 signed bits.
class AscendingRows {
 public:
  // Of more places than this nothing is known.
  static constexpr size_t kDescentsMax = 64;

  AscendingRows() = default;
  explicit AscendingRows(std::vector<uint64_t> descents) : descents_(std::move(descents)) {}

  // The next rows, from the first on.
  void Add(duckdb::Vector& values, uint64_t count);

  // False: there are NULLs, values of another kind, or too many descents.
  bool is_known() const { return is_known_; }
  // Rows whose value is smaller than that of the row before, ascending.
  const std::vector<uint64_t>& descents() const { return descents_; }
  // Whether no value of the rows from `begin` to before `end` is smaller than the one before it.
  bool Ascends(uint64_t begin, uint64_t end) const;

 private:
  template <typename T>
  void AddIntegers(duckdb::Vector& values, uint64_t count);

  std::vector<uint64_t> descents_;
  uint64_t row_count_ = 0;
  int64_t last_ = INT64_MIN;
  bool is_known_ = true;
};

// By their places in the chunks.
void AddRows(std::vector<AscendingRows>& columns, duckdb::DataChunk& rows);

// A line for each column that is known: its number and its descents.
std::string EncodeAscendingRows(const std::vector<AscendingRows>& columns);
// Absent for what is no such text, or names a column beyond `column_count`. Columns that it does
// not name are not known.
std::optional<std::vector<std::optional<AscendingRows>>> DecodeAscendingRows(std::string_view text,
                                                                             size_t column_count);

}  // namespace icefall
