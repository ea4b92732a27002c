// Maintenance of icedb tables that moves rows: files become other files through a query.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "duckdb/main/client_context.hpp"

#include "icedb/operations.h"
#include "sql/icedb/file_writer.h"
#include "sql/icedb/icedb_tables.h"

namespace icefall {

struct IcedbReplacement {
  std::optional<icedb::CommittedLog> log;  // absent: nothing to do
  std::string partition;
  std::vector<std::string> old_paths;
  std::vector<icedb::FileMarker> old_files;
  std::vector<icedb::FileMarker> new_files;
};

// Merges files of one partition. `query` reads `source_files`; empty: all their rows. Throws.
IcedbReplacement MergeIcedb(duckdb::ClientContext& context, OpenIcedbTable& open,
                            const icedb::MergeOptions& merge, const std::string& query,
                            const IcedbWriteOptions& options);

// Writes each file of the partition anew through `query`, which reads `_rows`. Throws.
IcedbReplacement RewriteIcedb(duckdb::ClientContext& context, OpenIcedbTable& open,
                              const std::string& partition, const std::string& query,
                              const IcedbWriteOptions& options);

// Gives columns of which log files say different things the type that holds both, or the one in
// `types`, writing the files anew that have another one. Throws.
IcedbReplacement RepairIcedb(duckdb::ClientContext& context, OpenIcedbTable& open,
                             const icedb::Columns& types, const IcedbWriteOptions& options);

}  // namespace icefall
