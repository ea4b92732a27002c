// Single rows of a data file, taken from its pages or from decoded blocks instead of by a scan.
#pragma once

#include "duckdb/common/multi_file/base_file_reader.hpp"

#include "sql/scan/fragment_list.h"

namespace icefall {

// An index has found few rows of the file. Where pages cannot be read, a block that is not decoded
// yet costs about what the scan would; the next row of it costs microseconds.
bool IsFetchedByRow(const ScanFile& file);

// Stands for the file's reader then: answers the rows found, with the columns of the scan.
duckdb::shared_ptr<duckdb::BaseFileReader> OpenFetchedRows(duckdb::ClientContext& context,
                                                           const duckdb::OpenFileInfo& info,
                                                           const ScanFile& file);

// Instead of a scan, what stands in the way of which costs more than a few rows: the rows of the
// list that an index finds by `filters`, whose keys are positions in `columns`. `rows` is made for
// them, with columns of `types`. It may have others that do not pass. False when the rows have to
// be scanned: they are not all found, or more than one vector.
bool FetchRows(duckdb::ClientContext& context, const FragmentList& list,
               const duckdb::vector<duckdb::column_t>& columns,
               const duckdb::vector<duckdb::LogicalType>& types, duckdb::TableFilterSet& filters,
               duckdb::DataChunk& rows);

}  // namespace icefall
