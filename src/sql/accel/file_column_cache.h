// What was found of a column of a data file. Data files never change, so it holds for ever.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "table/ids.h"

namespace icefall {

// By Fragment::path and field; all are dropped when they have become too many. Thread-safe.
template <typename Value>
class FileColumnCache {
 public:
  // Absent when it is not known.
  std::optional<Value> Find(const std::string& path, FieldId field) {
    const std::lock_guard lock(mutex_);
    const auto found = values_.find({path, field});
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }
  // In the place of what was there.
  void Put(const std::string& path, FieldId field, Value value) {
    const std::lock_guard lock(mutex_);
    if (values_.size() >= kCountMax) values_.clear();
    values_[{path, field}] = std::move(value);
  }

 private:
  static constexpr size_t kCountMax = 16'384;

  std::mutex mutex_;
  std::map<std::pair<std::string, FieldId>, Value> values_;  // guarded by mutex_
};

}  // namespace icefall
