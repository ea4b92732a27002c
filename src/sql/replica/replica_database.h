// A replica as a DuckDB database that no statement can name.
#pragma once

#include <string>

#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/client_context.hpp"

namespace icefall {

// Of the one table, whose comment is the identity of what it is a copy of.
inline constexpr const char* kReplicaTable = "rows";
// Of a table without rows, whose comment is what EncodeAscendingRows tells of the other one's.
inline constexpr const char* kAscendingTable = "ascending";

using ReplicaDatabase = duckdb::shared_ptr<duckdb::AttachedDatabase>;

// Opens the file, or makes it when it is to be written. In no list of attached databases, so that
// it closes with its last pointer. Throws DuckDB's exceptions, such as those for damaged files.
ReplicaDatabase OpenReplicaDatabase(duckdb::ClientContext& context, const std::string& path,
                                    duckdb::AccessMode access);

}  // namespace icefall
