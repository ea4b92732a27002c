// What the rows of an ORDER BY ... LIMIT reach, known before any row is read.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "duckdb/common/types/value.hpp"

#include "sql/scan/fragment_list.h"

namespace icefall {

// The last value that rows of the list's files can have among the first `row_count` by a column,
// NULLs last: so many live rows are known to come as early, from what was noted of the files when
// they were written (column_facts.h). Rows beside those, such as inline ones, only move the bound
// that is true to the front. `column`: position in the schema's fields. Absent when too little is
// known.
std::optional<duckdb::Value> FindTopBound(const FragmentList& list, size_t column, bool descending,
                                          uint64_t row_count);

// The list's files with all rows that reach `bound`, in ScanFile::index_rows, and its inline rows.
// Absent where they are not all known, or are many.
std::optional<std::vector<ScanFile>> FindTopRows(const FragmentList& list, size_t column,
                                                 bool descending, const duckdb::Value& bound);

}  // namespace icefall
