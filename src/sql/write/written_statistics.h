// What DuckDB's Parquet writer tells of a written file, in the form of the table model.
#pragma once

#include <vector>

#include "duckdb/function/copy_function.hpp"

#include "sql/write/data_file_format.h"
#include "table/fragment.h"

namespace icefall {

// Statistics of the top-level columns. `longest_text[i]`: no text or blob of column i has more
// bytes, or it has one of more than kBoundSizeMax: the writer may have cut that in its bounds,
// which then are no values of the column.
std::vector<ColumnStatistics> WrittenStatistics(const DataFileFormat& format,
                                                const duckdb::CopyFunctionFileStatistics& written,
                                                const std::vector<uint32_t>& longest_text);

// Texts and blobs longer than this are cut in the bounds that the writer keeps.
inline constexpr uint64_t kBoundSizeMax = 256;

}  // namespace icefall
