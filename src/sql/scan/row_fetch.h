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

// All rows of the list, one vector at most, have been found by an index, and can be had without
// any reader.
bool AreFetchedByRow(const FragmentList& list);
// Precondition: AreFetchedByRow. How many they are.
uint64_t FetchedRowCount(const FragmentList& list);
// Precondition: AreFetchedByRow. Adds the rows to `rows`, whose columns are those of the list, and
// which has room for them. What stands in the way of a scan costs more than reading some rows.
void AppendFetchedRows(duckdb::ClientContext& context, const FragmentList& list,
                       duckdb::DataChunk& rows);

}  // namespace icefall
