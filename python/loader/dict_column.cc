#include "python/loader/dict_column.h"

#include <bit>
#include <cstring>
#include <utility>

#include "arrow/util/bit_util.h"

namespace icefall::python {
namespace {

std::shared_ptr<arrow::Buffer> NewBuffer(int64_t size_bytes) {
  auto made = arrow::AllocateBuffer(size_bytes);
  return made.ok() ? std::shared_ptr<arrow::Buffer>(*std::move(made)) : nullptr;
}

int64_t PlaceOf(const std::vector<int64_t>& places, int64_t row) {
  return places.empty() ? row : places[static_cast<size_t>(row)];
}

// A bit for each row that `is_set` holds of.
template <typename IsSet>
std::shared_ptr<arrow::Buffer> Bitmap(const std::vector<int64_t>& places, int64_t row_count,
                                      const IsSet& is_set) {
  auto made = arrow::AllocateEmptyBitmap(row_count);
  if (!made.ok()) return nullptr;
  for (int64_t row = 0; row < row_count; ++row) {
    if (is_set(row)) arrow::bit_util::SetBit((*made)->mutable_data(), PlaceOf(places, row));
  }
  return *std::move(made);
}

std::shared_ptr<arrow::Buffer> Placed(const uint64_t* words, const std::vector<int64_t>& places,
                                      int64_t row_count) {
  auto made = NewBuffer(row_count * static_cast<int64_t>(sizeof(uint64_t)));
  if (made == nullptr) return nullptr;
  auto* const placed = made->mutable_data_as<uint64_t>();
  for (int64_t row = 0; row < row_count; ++row) placed[PlaceOf(places, row)] = words[row];
  return made;
}

// Texts one behind the other, and where each ends.
struct TextsByRow {
  const uint64_t* ends;
  const char* bytes;
  int64_t row_count;

  uint64_t Begin(int64_t row) const { return row == 0 ? 0 : ends[row - 1]; }

  // Arrow's buffers of offsets and of bytes; null where memory is short.
  template <typename Offset>
  std::vector<std::shared_ptr<arrow::Buffer>> Placed(const std::vector<int64_t>& places) const {
    auto offsets = NewBuffer((row_count + 1) * static_cast<int64_t>(sizeof(Offset)));
    auto texts = NewBuffer(row_count == 0 ? 0 : static_cast<int64_t>(ends[row_count - 1]));
    if (offsets == nullptr || texts == nullptr) return {nullptr, nullptr};
    auto* const offset = offsets->mutable_data_as<Offset>();
    offset[0] = 0;
    for (int64_t row = 0; row < row_count; ++row) {
      offset[PlaceOf(places, row) + 1] = static_cast<Offset>(ends[row] - Begin(row));
    }
    for (int64_t place = 0; place < row_count; ++place) offset[place + 1] += offset[place];
    auto* const target = texts->mutable_data_as<char>();
    for (int64_t row = 0; row < row_count; ++row) {
      std::memcpy(target + offset[PlaceOf(places, row)], bytes + Begin(row),
                  ends[row] - Begin(row));
    }
    return {std::move(offsets), std::move(texts)};
  }
};

}  // namespace

DictColumn::DictColumn(const Python& python, int64_t row_count)
    : python_(&python), row_count_max_(row_count) {}

bool DictColumn::Add(void* const* values, size_t count) {
  size_t at = 0;
  for (; at < count && type_ == arrow::Type::NA; ++at) {
    if (values[at] != nullptr && values[at] != python_->none) {
      if (!Start(values[at])) return false;
      break;
    }
    ++null_count_;
    ++size_;
  }
  return at == count || AddKnown(values + at, count - at);
}

bool DictColumn::Start(void* first) {
  void* const type = Python::TypeOf(first);
  if (type == python_->long_type) type_ = arrow::Type::INT64;
  if (type == python_->float_type) type_ = arrow::Type::DOUBLE;
  if (type == python_->bool_type) type_ = arrow::Type::BOOL;
  if (type == python_->text_type) type_ = arrow::Type::STRING;
  if (type_ == arrow::Type::NA) return false;
  words_ = NewBuffer(row_count_max_ * static_cast<int64_t>(sizeof(uint64_t)));
  if (words_ == nullptr) return false;
  std::memset(words_->mutable_data(), 0, static_cast<size_t>(size_) * sizeof(uint64_t));
  if (size_ > 0) is_valid_.assign(static_cast<size_t>(row_count_max_), 1);
  for (size_t i = 0; i < static_cast<size_t>(size_); ++i) is_valid_[i] = 0;
  return true;
}

// Answers how many values were added: all, or those before one that is of another kind.
template <typename ToWord>
size_t DictColumn::AddWords(void* type, void* const* values, size_t count, const ToWord& to_word) {
  uint64_t* const words = words_->mutable_data_as<uint64_t>() + size_;
  const void* const none = python_->none;
  for (size_t i = 0; i < count; ++i) {
    void* const value = values[i];
    if (value == nullptr || value == none) [[unlikely]] {
      if (is_valid_.empty()) is_valid_.assign(static_cast<size_t>(row_count_max_), 1);
      is_valid_[static_cast<size_t>(size_) + i] = 0;
      ++null_count_;
      words[i] = type_ == arrow::Type::STRING ? static_cast<uint64_t>(texts_.length()) : 0;
      continue;
    }
    if (Python::TypeOf(value) != type || !to_word(value, words[i])) return i;
  }
  size_ += static_cast<int64_t>(count);
  return count;
}

bool DictColumn::AddKnown(void* const* values, size_t count) {
  const Python& python = *python_;
  switch (type_) {
    case arrow::Type::INT64:
      return count == AddWords(python.long_type, values, count, [&](void* value, uint64_t& word) {
               int overflow = 0;
               word = static_cast<uint64_t>(python.long_value(value, &overflow));
               return overflow == 0;
             });
    case arrow::Type::DOUBLE:
      return count == AddWords(python.float_type, values, count, [&](void* value, uint64_t& word) {
               word = std::bit_cast<uint64_t>(python.float_value(value));
               return true;
             });
    case arrow::Type::BOOL:
      return count == AddWords(python.bool_type, values, count, [&](void* value, uint64_t& word) {
               word = value == python.true_object ? 1 : 0;
               return true;
             });
    default:
      return AddText(values, count);
  }
}

bool DictColumn::AddText(void* const* values, size_t count) {
  // Rows often have the same object.
  const void* last = nullptr;
  const char* bytes = nullptr;
  intptr_t size_bytes = 0;
  return count == AddWords(python_->text_type, values, count, [&](void* value, uint64_t& word) {
           if (value != last) {
             last = value;
             bytes = python_->text(value, &size_bytes);
             if (bytes == nullptr) {
               python_->clear_error();
               return false;
             }
           }
           const bool added = size_bytes <= INT32_MAX && texts_.Append(bytes, size_bytes).ok();
           word = static_cast<uint64_t>(texts_.length());
           return added;
         });
}

std::shared_ptr<arrow::DataType> DictColumn::type() const {
  switch (type_) {
    case arrow::Type::INT64:
      return arrow::int64();
    case arrow::Type::DOUBLE:
      return arrow::float64();
    case arrow::Type::BOOL:
      return arrow::boolean();
    case arrow::Type::STRING:
      return texts_.length() <= INT32_MAX ? arrow::utf8() : arrow::large_utf8();
    default:
      return nullptr;
  }
}

std::shared_ptr<arrow::Array> DictColumn::Finish(const std::vector<int64_t>& places) {
  if (type_ == arrow::Type::NA) return std::make_shared<arrow::NullArray>(size_);
  std::shared_ptr<arrow::Buffer> validity;
  if (null_count_ > 0) {
    validity = Bitmap(places, size_,
                      [&](int64_t row) { return is_valid_[static_cast<size_t>(row)] != 0; });
    if (validity == nullptr) return nullptr;
  }
  const auto kind = type();
  const auto* const words = words_->data_as<uint64_t>();
  std::vector<std::shared_ptr<arrow::Buffer>> buffers = {std::move(validity)};
  if (type_ == arrow::Type::BOOL) {
    buffers.push_back(Bitmap(places, size_, [&](int64_t row) { return words[row] != 0; }));
  } else if (type_ != arrow::Type::STRING) {
    buffers.push_back(places.empty() ? words_ : Placed(words, places, size_));
  } else {
    auto texts = texts_.Finish();
    if (!texts.ok()) return nullptr;
    const TextsByRow by_row{words, (*texts)->data_as<char>(), size_};
    auto placed = kind->id() == arrow::Type::STRING ? by_row.Placed<int32_t>(places)
                                                    : by_row.Placed<int64_t>(places);
    buffers.insert(buffers.end(), placed.begin(), placed.end());
  }
  for (size_t i = 1; i < buffers.size(); ++i) {
    if (buffers[i] == nullptr) return nullptr;
  }
  return arrow::MakeArray(arrow::ArrayData::Make(kind, size_, std::move(buffers), null_count_));
}

}  // namespace icefall::python
