// In which partition the rows of an SQL statement belong.
#pragma once

#include <string>

#include "icedb/partition_rule.h"
#include "sql/icedb/table_view.h"

namespace icefall {

// The column that says where an updated row was.
inline constexpr const char* kOldPartition = "_icedb_partition";

// The expression of the partition's name over the view's columns, for rows that are new: by the
// rule, or where there is none by the key columns that partitions have had so far. Empty: there are
// no partitions. Throws where neither says it.
std::string PartitionOfNewRows(const IcedbView& view, const icedb::PartitionRule& rule);

// The same for rows that were in the table, with kOldPartition as one more column: where nothing
// says how rows are partitioned they stay where they were.
std::string PartitionOfChangedRows(const IcedbView& view, const icedb::PartitionRule& rule);

// The condition, over the view's columns, of a row for whose key column the rule gives another
// value; empty: there is none.
std::string ContradictsRule(const IcedbView& view, const icedb::PartitionRule& rule);

// The rule computes this column, which is not stored.
bool IsComputed(const IcedbView& view, const icedb::PartitionRule& rule, size_t column);

}  // namespace icefall
