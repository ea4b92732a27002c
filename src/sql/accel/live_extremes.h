// The smallest and the largest values of a column that a data file has left after deletes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "duckdb/common/types/value.hpp"
#include "duckdb/main/client_context.hpp"

#include "sql/icefall_table_entry.h"
#include "table/fragment.h"

namespace icefall {

// Immutable.
struct LiveExtremes {
  struct Row {
    duckdb::Value value;
    uint64_t position = 0;
  };

  std::shared_ptr<const DeletionVector> deletes;  // of the file, when it was read; null: none
  // Not deleted then, the most extreme one first, no NULLs; rows that are not here come behind.
  std::vector<Row> smallest;
  std::vector<Row> largest;

  // The extremes of the file with `now` deleted, which may be null; absent when they are not known
  // from here: other rows are deleted than were then, or all of these are.
  std::optional<duckdb::Value> Minimum(const DeletionVector* now) const;
  std::optional<duckdb::Value> Maximum(const DeletionVector* now) const;
};

using LiveExtremesPointer = std::shared_ptr<const LiveExtremes>;

// Reads the row groups of the fragment that can have values near the bounds that its statistics
// have, and more of them while there are none. `column`: position in the schema's fields, of a type
// without a collation. Throws DuckDB's exceptions.
LiveExtremesPointer FindLiveExtremes(duckdb::ClientContext& context, const IcefallTableEntry& table,
                                     const FragmentPointer& fragment, size_t column);

}  // namespace icefall
