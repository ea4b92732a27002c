// An icedb table as SQL sees it at one moment: its columns and alive files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "duckdb/main/client_context.hpp"

#include "icedb/partition_rule.h"
#include "icedb/table_state.h"

namespace icefall {

// Immutable.
struct IcedbView {
  struct File {
    icedb::FileMarker marker;
    std::string partition;
    // One for each key column; absent where the partition's name says NULL or has no such key.
    std::vector<std::optional<std::string>> keys;
  };

  // What data files store, then the keys of partitions, which are VARCHAR; a key that is called as
  // a stored column is none. Names differ, whatever their case.
  duckdb::vector<duckdb::string> names;
  duckdb::vector<duckdb::LogicalType> types;
  size_t stored_count = 0;
  std::vector<File> files;
  std::vector<icedb::TypeConflict> conflicts;
  // The keys in the names of partitions, and those of the rule, as they were first seen.
  std::vector<std::string> keys;
  // Some file's partition has a name without keys.
  bool has_unkeyed_partition = false;

  size_t column_count() const { return names.size(); }
};
using IcedbViewPointer = std::shared_ptr<const IcedbView>;

// `columns` and `files`, which are alive, are the table's; `prefix` is that of its data. A column
// of which log files say different things is VARCHAR where no type holds both. Throws for a type
// that this DuckDB does not know.
IcedbViewPointer MakeIcedbView(duckdb::ClientContext& context, std::string_view prefix,
                               const icedb::Columns& columns,
                               std::vector<icedb::TypeConflict> conflicts,
                               const icedb::PartitionRule& rule,
                               const std::vector<icedb::FileMarker>& files);

std::vector<icedb::FileMarker> AliveFiles(const icedb::TableState& state);

}  // namespace icefall
