#include "python/loader/dict_rows.h"

#include <utility>

namespace icefall::python {

DictKeys::DictKeys(const Python& python, void* row) : python_(python) {
  if (Python::TypeOf(row) != python.dict_type) return;
  intptr_t place = 0;
  void* key = nullptr;
  void* value = nullptr;
  bool are_text = true;
  while (python.dict_next(row, &place, &key, &value) != 0) {
    intptr_t size_bytes = 0;
    are_text &= Python::TypeOf(key) == python.text_type && python.text(key, &size_bytes) != nullptr;
    keys_.push_back(key);
  }
  python.clear_error();
  if (!are_text) keys_.clear();
  for (void* each : keys_) python.retain(each);
}

DictKeys::~DictKeys() {
  for (void* key : keys_) python_.release(key);
}

bool DictColumn::AddNull() {
  if (builder_ != nullptr) return builder_->AppendNull().ok();
  ++null_count_;
  return true;
}

bool DictColumn::AddLong(void* value) {
  int overflow = 0;
  const long long number = python_->long_value(value, &overflow);
  auto* builder = overflow != 0 ? nullptr : Builder<arrow::Int64Builder>(arrow::Type::INT64);
  return builder != nullptr && builder->Append(number).ok();
}

bool DictColumn::AddText(void* value) {
  auto* builder = Builder<arrow::StringBuilder>(arrow::Type::STRING);
  if (builder == nullptr) return false;
  intptr_t size_bytes = 0;
  const char* bytes = python_->text(value, &size_bytes);
  if (bytes == nullptr) {
    python_->clear_error();
    return false;
  }
  return size_bytes <= INT32_MAX && builder->Append(bytes, static_cast<int32_t>(size_bytes)).ok();
}

bool DictColumn::Start(std::unique_ptr<arrow::ArrayBuilder> builder, arrow::Type::type type) {
  if (row_count_ > 0 && !builder->Reserve(row_count_).ok()) return false;
  if (!builder->AppendNulls(null_count_).ok()) return false;
  builder_ = std::move(builder);
  type_ = type;
  return true;
}

std::shared_ptr<arrow::DataType> DictColumn::type() const {
  return builder_ == nullptr ? nullptr : builder_->type();
}

std::shared_ptr<arrow::Array> DictColumn::Finish(const std::shared_ptr<arrow::DataType>& type) {
  std::shared_ptr<arrow::Array> array;
  if (builder_ != nullptr) {
    if (!builder_->Finish(&array).ok()) array = nullptr;
    return array;
  }
  auto nulls = arrow::MakeArrayOfNull(type, null_count_);
  return nulls.ok() ? *std::move(nulls) : nullptr;
}

}  // namespace icefall::python
