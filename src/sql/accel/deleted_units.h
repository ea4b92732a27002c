// The deleted rows of data files unit by unit, as the last query that asked found them.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/recently_used.h"
#include "sql/accel/deleted_rows.h"
#include "table/fragment.h"

namespace icefall {

// Of one database. Thread-safe.
class DeletedUnits {
 public:
  using Units = std::shared_ptr<const std::vector<DeletedRows>>;

  // Of each unit of a table's fragment; costs what differs from the last time. The files that were
  // asked for last are remembered in so many bytes.
  Units Of(const std::string& table_uuid, const Fragment& fragment, uint64_t budget_bytes);
  void Clear();
  uint64_t size_bytes();

 private:
  struct File {
    std::shared_ptr<const DeletionVector> deletes;
    Units units;
  };

  std::mutex mutex_;
  RecentlyUsed<std::string, File> files_;  // guarded by mutex_; sizes are bytes
};

}  // namespace icefall
