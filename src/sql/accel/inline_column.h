// What the live inline rows of a table have in a column.
#pragma once

#include <cstdint>
#include <optional>

#include "duckdb/common/types/value.hpp"
#include "duckdb/main/client_context.hpp"

#include "sql/scan/inline_block.h"
#include "table/snapshot.h"

namespace icefall {

struct InlineColumn {
  uint64_t value_count = 0;  // rows without NULL
  duckdb::Value minimum;     // NULL without values; as minimum:
  duckdb::Value maximum;
};

// Absent when there are so many rows that a scan is as fast, where some were written under another
// type, and of types other than numbers, texts, dates and times.
std::optional<InlineColumn> FindInlineColumn(duckdb::ClientContext& context,
                                             const Snapshot& snapshot, InlineBlockCache& blocks,
                                             const Field& field, const duckdb::LogicalType& type);

}  // namespace icefall
