// The icedb tables that a DuckDB instance has used, kept open so that what was read of their logs
// is not read again.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "duckdb/function/table_function.hpp"

#include "icedb/location.h"
#include "icedb/table.h"
#include "sql/store/store_mounts.h"

namespace icefall {

struct OpenIcedbTable {
  OpenIcedbTable(icedb::TablePlace place, Clock& clock) : table(std::move(place), clock) {}
  icedb::Table table;
  // Where it is, without the options of the location, which may hold secrets.
  std::string name;
  // Put before a key of the data store: the path under which DuckDB reads and writes the object.
  std::string path_prefix;
  // Counts the changes of the table's options by this process.
  std::atomic<uint64_t> options_version = 0;

  const std::string& data_prefix() const { return table.place().data_prefix; }
  std::string PathOf(const std::string& key) const { return path_prefix + key; }
  bool is_remote() const { return table.place().data->requests().has_value(); }
  // That data and log were asked for since they are open; absent where no call is a request.
  std::optional<RequestCounts> requests() const;
  // Reads small ones of these into memory, where DuckDB finds them.
  void ReadSmallFiles(const std::vector<icedb::FileMarker>& files) const;

  std::shared_ptr<StoreMounts> mounts;
};
using OpenIcedbTablePointer = std::shared_ptr<OpenIcedbTable>;

// Thread-safe.
class IcedbTables : public duckdb::TableFunctionInfo {
 public:
  explicit IcedbTables(std::shared_ptr<StoreMounts> mounts) : mounts_(std::move(mounts)) {}

  // Errors: those of icedb::OpenPlace.
  Result<OpenIcedbTablePointer> Open(const icedb::TableLocation& location);
  // All that were opened, by location.
  std::vector<OpenIcedbTablePointer> All() const;
  // Has DuckDB read and write the table's data store under `prefix`, too.
  void AddAlias(const std::string& prefix, OpenIcedbTable& open) {
    mounts_->AddAlias(prefix, open.table.place().data);
  }

 private:
  const std::shared_ptr<StoreMounts> mounts_;
  mutable std::mutex mutex_;
  std::map<std::string, OpenIcedbTablePointer> tables_;  // by all of a location; guarded by mutex_
};

// The table that the first argument and the named ones `prefix`, `log_location` and `log_prefix`
// of a function say; throws.
OpenIcedbTablePointer OpenIcedbArgument(duckdb::TableFunctionBindInput& input);
void AddLocationParameters(duckdb::TableFunction& function);

// A named argument, or what it is without; throws for NULL where `otherwise` is given.
std::string TextArgument(const duckdb::named_parameter_map_t& named, const std::string& name,
                         const std::string& otherwise = "");
int64_t NumberArgument(const duckdb::named_parameter_map_t& named, const std::string& name,
                       int64_t otherwise);

}  // namespace icefall
