// Rows that are Python dicts, and the values of their keys as Arrow arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arrow/array.h"
#include "arrow/builder.h"
#include "arrow/type.h"

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
  void* operator[](size_t place) const { return keys_[place]; }
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

// Values of one kind: whole numbers of 64 bits, floating-point numbers, booleans or text; or nulls.
class DictColumn {
 public:
  // There will be `row_count` values, or an unknown number.
  explicit DictColumn(const Python& python, int64_t row_count = 0)
      : python_(&python), row_count_(row_count) {}

  // Null and None are nulls. False once there are values of several kinds, or of another kind.
  bool Add(void* value) {
    if (value == nullptr || value == python_->none) return AddNull();
    void* const type = Python::TypeOf(value);
    if (type == python_->long_type) return AddLong(value);
    if (type == python_->text_type) return AddText(value);
    if (type == python_->float_type) {
      auto* builder = Builder<arrow::DoubleBuilder>(arrow::Type::DOUBLE);
      return builder != nullptr && builder->Append(python_->float_value(value)).ok();
    }
    if (type == python_->bool_type) {
      auto* builder = Builder<arrow::BooleanBuilder>(arrow::Type::BOOL);
      return builder != nullptr && builder->Append(value == python_->true_object).ok();
    }
    return false;
  }

  // Null for a column of nulls alone.
  std::shared_ptr<arrow::DataType> type() const;
  // All values, as the type, which is its own or any for a column of nulls alone; null when memory
  // is short. The column is empty then.
  std::shared_ptr<arrow::Array> Finish(const std::shared_ptr<arrow::DataType>& type);

 private:
  bool AddNull();
  bool AddLong(void* value);
  bool AddText(void* value);
  bool Start(std::unique_ptr<arrow::ArrayBuilder> builder, arrow::Type::type type);

  // Null when values of another kind came before.
  template <typename T>
  T* Builder(arrow::Type::type type) {
    if (builder_ == nullptr && !Start(std::make_unique<T>(), type)) return nullptr;
    return type_ == type ? static_cast<T*>(builder_.get()) : nullptr;
  }

  const Python* python_;
  int64_t row_count_;
  int64_t null_count_ = 0;  // before the first value
  arrow::Type::type type_ = arrow::Type::NA;
  std::unique_ptr<arrow::ArrayBuilder> builder_;
};

}  // namespace icefall::python
