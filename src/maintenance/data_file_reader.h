// What a check asks of stored rows: implemented over DuckDB, which this layer does not know.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "database/catalog_snapshot.h"
#include "store/object_store.h"
#include "table/schema.h"

namespace icefall {

// Of one top-level column, over all rows of a file.
struct ColumnFacts {
  FieldId field;
  uint64_t null_count = 0;
  // In the text form of the SQL cast to VARCHAR; absent for no value, or a type whose bounds are
  // not compared.
  std::optional<std::string> minimum;
  std::optional<std::string> maximum;
  std::optional<uint64_t> longest_text;  // in bytes; absent for no value, or no text
};

struct DataFileFacts {
  uint64_t row_count = 0;
  std::vector<ColumnFacts> columns;
  // The stored `_row_id` values; empty when the file has none.
  std::vector<std::optional<uint64_t>> row_ids;
};

// How much of a derived file is looked at.
enum class DerivedDepth : uint8_t {
  kHead,    // whether it is what its name says
  kBytes,   // and every checksum
  kValues,  // and, of a replica, whether it has the rows of its data file
};

// A file below `_cache` that its readers pass over, wholly or in part.
struct DamagedDerivedFile {
  ObjectKey key;
  std::string what;  // "replica of data/….parquet", "states of aggregates", …
  std::string why;   // what was expected and found
};

class DataFileReader {
 public:
  virtual ~DataFileReader() = default;

  // From the footer. Error: whatever makes the file unreadable, naming it.
  virtual Result<uint64_t> RowCount(const std::string& external_path) = 0;

  // Reads every value. `schema` is the one that the file was written under.
  virtual Result<DataFileFacts> ReadAll(const std::string& external_path, const Schema& schema,
                                        bool has_row_ids) = 0;

  // A value of `columns`, without NULLs, that more than one live row of the table has now, as text.
  // Absent: there is none. Trusts no constraint. `location` is the database's.
  virtual Result<std::optional<std::string>> FindDuplicateKey(
      const std::string& location, const ObjectName& table,
      const std::vector<std::string>& columns) = 0;

  // How many live rows have NULL in the column. Trusts no constraint.
  virtual Result<uint64_t> CountNulls(const std::string& location, const ObjectName& table,
                                      const std::string& column) = 0;

  // For how many live rows the expression of a CHECK is false. Trusts no constraint.
  virtual Result<uint64_t> CountViolations(const std::string& location, const ObjectName& table,
                                           const std::string& expression) = 0;

  // Keys of the index files that are not what the data files they are made from lead to; those that
  // are not there are not missed.
  virtual Result<std::vector<std::string>> FindWrongIndexes(const std::string& location,
                                                            const ObjectName& table) = 0;

  // Of the table's replicas, states of aggregates and facts about columns those that are damaged;
  // those that are not there are not missed. `data_files`: the SHA-256 of every data file that the
  // table's snapshots need, by path.
  virtual Result<std::vector<DamagedDerivedFile>> FindDamagedDerivedFiles(
      const std::string& location, const ObjectName& table,
      const std::map<std::string, std::string>& data_files, DerivedDepth depth) = 0;
};

}  // namespace icefall
