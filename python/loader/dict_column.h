// Python objects of one kind as an Arrow array.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "arrow/array.h"
#include "arrow/buffer.h"
#include "arrow/buffer_builder.h"
#include "arrow/type.h"

#include "python/loader/python_objects.h"

namespace icefall::python {

// Whole numbers of 64 bits, floating-point numbers, booleans or text; or nulls.
class DictColumn {
 public:
  // There will be at most `row_count` values.
  DictColumn(const Python& python, int64_t row_count);

  // Null and None are nulls. False once there are values of several kinds, or of another kind, or
  // memory is short: the column is of no use then. Calls no code of the user's.
  bool Add(void* const* values, size_t count);

  // Null for a column of nulls alone.
  std::shared_ptr<arrow::DataType> type() const;

  // All values, value i at `places[i]`, or where it is when `places` is empty. Of arrow::null() for
  // a column of nulls alone. Null when memory is short. The column is empty then.
  std::shared_ptr<arrow::Array> Finish(const std::vector<int64_t>& places);

 private:
  bool Start(void* first);
  template <typename ToWord>
  size_t AddWords(void* type, void* const* values, size_t count, const ToWord& to_word);
  bool AddKnown(void* const* values, size_t count);
  bool AddText(void* const* values, size_t count);

  const Python* python_;
  int64_t row_count_max_;
  int64_t size_ = 0;
  arrow::Type::type type_ = arrow::Type::NA;
  // By value: the number, 1 for true, or where the text ends in `texts_`.
  std::shared_ptr<arrow::Buffer> words_;
  arrow::BufferBuilder texts_;
  std::vector<uint8_t> is_valid_;  // by value; empty while all are
  int64_t null_count_ = 0;
};

}  // namespace icefall::python
