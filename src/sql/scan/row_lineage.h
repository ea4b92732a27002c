// Row ids and commit numbers of the rows of a data file, as expressions over what it stores.
#pragma once

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/planner/expression.hpp"

#include "table/fragment.h"

namespace icefall {

// The row id: what the file stores for a moved row, else first_row_id + position. Reads the
// position from the reader's column `local_index`; when the file stores ids, adds the column of
// ids to the reader in that place and reads the position from the one after.
duckdb::unique_ptr<duckdb::Expression> RowIdExpression(duckdb::ClientContext& context,
                                                       const Fragment& fragment,
                                                       duckdb::BaseFileReader& reader,
                                                       duckdb::idx_t local_index);

// The number of the commit that last wrote the row: what the file stores, else added_at.
duckdb::unique_ptr<duckdb::Expression> SequenceExpression(duckdb::ClientContext& context,
                                                          const Fragment& fragment,
                                                          duckdb::BaseFileReader& reader,
                                                          duckdb::idx_t local_index);

}  // namespace icefall
