// A scan's filters on rows that DuckDB's readers did not filter.
#pragma once

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/selection_vector.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/table_filter.hpp"

namespace icefall {

// Leaves of the first `count` entries of `selection`, rows of the chunk, those that pass; answers
// how many. The filters' keys are columns of the chunk; without any, all pass.
duckdb::idx_t FilterRows(duckdb::ClientContext& context,
                         duckdb::optional_ptr<duckdb::TableFilterSet> filters,
                         duckdb::DataChunk& rows, duckdb::SelectionVector& selection,
                         duckdb::idx_t count);

// The same of one filter and of the first `size` values of a vector.
duckdb::idx_t FilterValues(duckdb::ClientContext& context, const duckdb::TableFilter& filter,
                           duckdb::Vector& values, duckdb::idx_t size,
                           duckdb::SelectionVector& selection, duckdb::idx_t count);

}  // namespace icefall
