// Whether grouping by some keys makes so few groups that states of them pay.
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
  // Looks at the first rows of the first data file, once for the same keys. `signatures`: of the
  // keys; `keys`: over the scan's columns.
  bool HasFewGroups(duckdb::ClientContext& context, const ScanPath& path,
                    const std::vector<std::string>& signatures,
                    std::vector<duckdb::unique_ptr<duckdb::Expression>> keys);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, bool> answers_;  // guarded by mutex_
};

}  // namespace icefall
