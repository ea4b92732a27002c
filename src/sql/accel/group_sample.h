// How many groups some keys make of the rows of a unit.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "duckdb/main/client_context.hpp"

#include "sql/accel/scan_path.h"

namespace icefall {

// What was found of one database. Thread-safe.
class GroupSamples {
 public:
  // What the first rows of the first data file let expect; they are looked at once for the same
  // keys. UINT64_MAX where there is no telling. `signatures`: of the keys; `keys`: over the scan's
  // columns.
  uint64_t GroupsOfUnit(duckdb::ClientContext& context, const ScanPath& path,
                        const std::vector<std::string>& signatures,
                        std::vector<duckdb::unique_ptr<duckdb::Expression>> keys);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, uint64_t> answers_;  // guarded by mutex_
};

}  // namespace icefall
