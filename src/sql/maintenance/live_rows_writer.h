// Live rows of a table as a Parquet file of their own, for readers that know nothing of the log.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "database/catalog_snapshot.h"
#include "table/schema.h"

namespace icefall {

struct LiveRowsSettings {
  std::string location;  // of the database
  uint64_t point = 0;    // the database's sequence that is read
  std::string temp_directory;
  uint64_t memory_limit_bytes = uint64_t{512} << 20;
};

// A DuckDB instance that reads one snapshot of a database. Thread-safe.
class LiveRowsWriter {
 public:
  // Errors: those of attaching the database.
  static Result<std::unique_ptr<LiveRowsWriter>> Open(const LiveRowsSettings& settings);
  virtual ~LiveRowsWriter() = default;

  // Writes the live rows of one fragment, or the inline rows where `fragment` is 0, in the columns,
  // types and field ids that the table's data files have under `schema`. The same call writes the
  // same bytes. Errors: the engine's, and those of writing the file.
  virtual Result<void> Write(const ObjectName& table, const Schema& schema, uint64_t fragment,
                             const std::string& path) = 0;
};

}  // namespace icefall
