// How a database is opened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace icefalldb {

struct OpenOptions {
  // Refuses every change; works on directories that cannot be written.
  bool read_only = false;
  // Makes an empty database where the location is missing or an empty directory.
  bool create_if_missing = false;
  // Opens the past, read-only: the commit with this number of `snapshot_table`, with all other
  // tables as of the same moment; without a table, of the database.
  std::optional<uint64_t> snapshot;
  std::optional<std::string> snapshot_table;
  // Memory that queries may use before they spill to disk, in bytes. 0: 80 % of the machine's.
  uint64_t memory_limit_bytes = 0;
  // Threads of a query. 0: one per core.
  uint32_t threads = 0;
};

}  // namespace icefalldb
