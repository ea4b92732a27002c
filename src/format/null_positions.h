// Which rows of a data file's column are NULL, as bytes from which some rows are looked up without
// reading the others.
//
// The bytes: the number of row groups n; then for each group its first row, its number of rows, its
// number of NULLs and where its NULLs begin, behind these numbers; then the NULLs, of a group that
// has others too: with fewer than one in 32, the rows that are NULL as ascending 32-bit numbers
// from the group's start; else a bit for each row, rounded up to whole bytes. Numbers are 64-bit
// where nothing else is said, all are little-endian.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/deletion_vector.h"

namespace icefall {

// Of one row group.
struct GroupNulls {
  uint64_t row_count = 0;
  uint64_t null_count = 0;
  std::string bytes;  // as above
};

// `rows`: those that are NULL, ascending, from the group's start, below `row_count`.
GroupNulls EncodeGroupNulls(std::span<const uint32_t> rows, uint64_t row_count);

// Of a column in a whole file, whose row groups come in order.
std::string EncodeNulls(const std::vector<GroupNulls>& groups);

// How many of the positions are NULL; absent when `bytes` are not of this form, or a position is
// behind their last row.
std::optional<uint64_t> CountNullsAt(std::string_view bytes, const DeletionVector& positions);

}  // namespace icefall
