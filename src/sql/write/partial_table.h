// Tables that show only some rows of a snapshot, for what a statement itself must look at.
#pragma once

#include <functional>

#include "sql/icefall_table_entry.h"
#include "sql/write/position_set.h"

namespace icefall {

// The table of `table`, at another state. Only for reading in the same statement.
TableEntryPointer TableWith(const IcefallTableEntry& table, Snapshot snapshot);

// Exactly the rows in `positions`.
TableEntryPointer OnlyRows(const IcefallTableEntry& table, const DeletedPositions& positions);

// The fragments that `wanted` accepts, and the inline rows.
TableEntryPointer OnlyFragments(const IcefallTableEntry& table,
                                const std::function<bool(const Fragment&)>& wanted);

// All rows of the fragment's file, deleted ones too.
TableEntryPointer OnlyFileOf(const IcefallTableEntry& table, const FragmentPointer& fragment);

// The inline rows but those in `deleted`, which may be null.
TableEntryPointer OnlyInlineRows(const IcefallTableEntry& table, const PositionSet* deleted);

}  // namespace icefall
