// Compares a replica with what it is a copy of.
#pragma once

#include <optional>
#include <string>

#include "duckdb/main/client_context.hpp"

#include "maintenance/data_file_reader.h"
#include "sql/icefall_table_entry.h"

namespace icefall {

// What about the replica of the fragment's data file is not as it was written, opened in a DuckDB
// instance of its own: nothing that it does to that reaches `context`. Absent: nothing, or there is
// no replica. Inside a transaction of `context`. Throws what reading the data file throws, which
// only `kValues` reads, and only where its bytes are those that were committed.
std::optional<std::string> FindReplicaDamage(duckdb::ClientContext& context,
                                             const IcefallTableEntry& table,
                                             const FragmentPointer& fragment, const ObjectKey& key,
                                             DerivedDepth depth);

}  // namespace icefall
