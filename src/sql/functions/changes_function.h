// icefall_changes(table, from, to): the rows that the commits after `from` up to `to` inserted,
// deleted and updated.
#pragma once

#include "duckdb/function/table_function.hpp"

namespace icefall {

// Columns: snapshot_sequence, change_type ('insert', 'delete', 'update_preimage',
// 'update_postimage'), rowid, then the table's stored columns as of `to`. Rows come commit by
// commit, what it removed first. What only moved a row (compaction, a flush of inline rows) is no
// change of it.
duckdb::TableFunction ChangesFunction();

}  // namespace icefall
