// What DuckDB's Parquet writer tells of a written file, in the form of the table model.
#pragma once

#include <vector>

#include "duckdb/function/copy_function.hpp"

#include "sql/write/data_file_format.h"
#include "table/fragment.h"

namespace icefall {

// Statistics of the top-level columns. `has_long_text[i]`: column i holds a text or blob that the
// writer may have cut in its bounds, which then are no values of the column.
std::vector<ColumnStatistics> WrittenStatistics(const DataFileFormat& format,
                                                const duckdb::CopyFunctionFileStatistics& written,
                                                const std::vector<bool>& has_long_text);

// Texts and blobs longer than this are cut in the bounds that the writer keeps.
inline constexpr uint64_t kBoundSizeMax = 256;

}  // namespace icefall
