// The deleted rows of data files unit by unit, as the last query that asked found them.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

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
    std::string key;
    std::shared_ptr<const DeletionVector> deletes;
    Units units;
    uint64_t size_bytes = 0;
  };
  using Order = std::list<File>;

  void Put(File file, uint64_t budget_bytes);

  std::mutex mutex_;  // guards all below
  Order order_;       // most recently used first
  std::unordered_map<std::string, Order::iterator> by_key_;
  uint64_t size_bytes_ = 0;
};

}  // namespace icefall
