// Rows that are Python dicts, and the values of their keys as Arrow arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arrow/record_batch.h"

#include "python/loader/dict_column.h"
#include "python/loader/python_objects.h"

namespace icefall::python {

// The keys of a row, which others may have in another order, or lack.
class DictKeys {
 public:
  // Has none where the row is no dict, or has a key that is no Unicode text.
  DictKeys(const Python& python, void* row);
  ~DictKeys();
  DictKeys(const DictKeys&) = delete;
  DictKeys& operator=(const DictKeys&) = delete;

  size_t size() const { return keys_.size(); }
  std::string Name(size_t place) const { return python_.TextOf(keys_[place]); }

  // Calls `take(place, value)` for each key in order, with null where the row lacks it. False when
  // the row is no dict or has another key.
  template <typename Take>
  bool ForEachValue(void* row, const Take& take) const {
    if (Python::TypeOf(row) != python_.dict_type) return false;
    size_t at = 0;
    // Most rows have the same objects as keys, in the same order.
    intptr_t next = 0;
    void* key = nullptr;
    void* value = nullptr;
    while (at < keys_.size() && python_.dict_next(row, &next, &key, &value) != 0 &&
           key == keys_[at]) {
      take(at++, value);
    }
    size_t found_count = at;
    for (; at < keys_.size(); ++at) {
      value = python_.dict_get(row, keys_[at]);
      found_count += value != nullptr ? 1 : 0;
      take(at, value);
    }
    return found_count == static_cast<size_t>(python_.dict_size(row));
  }

 private:
  const Python& python_;
  std::vector<void*> keys_;
};

// A column for each key of the first row.
class DictColumns {
 public:
  // So few rows that what was looked at of them is still in a cache of the processor.
  static constexpr intptr_t kRowsAtOnce = 256;

  // `rows` is a list, not empty, and outlives this; `left_out` a key that is no column, or null.
  DictColumns(const Python& python, void* rows, void* left_out);

  // The next rows, up to that one, at most kRowsAtOnce. Does nothing once a row has turned out to
  // be no dict, or to have a key that the first one lacks.
  void AddUpTo(intptr_t end);

  // Whether no such row was found, and there is a column.
  bool are_known() const { return are_known_; }
  // Whether besides all values of each column are of one kind.
  bool are_plain() const;

  // Those columns that are of one kind; `with_nulls`: and those of nulls alone. Value i stands at
  // `places[i]`, or stays where it is when `places` is empty. Null when memory is short. Calls
  // nothing of Python; the columns are empty then.
  std::shared_ptr<arrow::RecordBatch> Finish(const std::vector<int64_t>& places, bool with_nulls);

 private:
  struct Named {
    size_t place;  // of the key
    std::string name;
    DictColumn column;
    bool is_plain = true;
  };

  const Python& python_;
  void* const rows_;
  const DictKeys keys_;
  const intptr_t row_count_;
  intptr_t added_count_ = 0;
  bool are_known_ = false;
  std::vector<Named> columns_;
  std::vector<void*> values_;  // of the rows at hand, by key
};

}  // namespace icefall::python
