// The columns that every table has beside its own.
#pragma once

#include "duckdb/common/constants.hpp"
#include "duckdb/common/table_column.hpp"
#include "duckdb/common/vector.hpp"

namespace icefall {

// "rowid", BIGINT: the row's id for its life. DuckDB's own number for it.
inline constexpr duckdb::column_t kRowIdColumn = ~duckdb::column_t{0};
// "file_row_number", BIGINT: position in the fragment, or in the inline fragment. DuckDB's number.
inline constexpr duckdb::column_t kPositionColumn = (duckdb::column_t{1} << 63) + 1;
// "file_index", UBIGINT: FragmentId of the row; kInlineFragment for inline rows. DuckDB's number,
// but not its meaning: a position in the list of files would change with every pruning.
inline constexpr duckdb::column_t kFragmentColumn = (duckdb::column_t{1} << 63) + 2;
// "snapshot_sequence", BIGINT: number of the commit that last wrote the row.
inline constexpr duckdb::column_t kSequenceColumn = (duckdb::column_t{1} << 63) + 1002;

// Fragment ids start at 1, so 0 is free to stand for the inline fragment.
inline constexpr uint64_t kInlineFragment = 0;

// All of them, "filename" included.
duckdb::virtual_column_map_t VirtualColumns();

// What DELETE, UPDATE and MERGE get per row, in this order: file_index UBIGINT, file_row_number
// BIGINT (a position in Fragment::deletes, or in InlineRows::deletes), rowid BIGINT.
duckdb::vector<duckdb::column_t> RowIdColumns();

}  // namespace icefall
