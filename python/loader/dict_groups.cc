#include "python/loader/dict_groups.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "arrow/c/bridge.h"
#include "arrow/record_batch.h"

#include "python/loader/dict_rows.h"

namespace icefall::python {
namespace {

// So few that what the function looked at is still in a cache of the processor.
constexpr intptr_t kRowsAtOnce = 256;
// More groups than these are not made of columns while rows are read: each takes some memory.
constexpr size_t kGroupCountMax = 4096;

struct TextHash : std::hash<std::string_view> {
  using is_transparent = void;
};

struct Functions {
  void* function;
  void* careful;
  void* partition_key;
};

// The partition of each row, as the number of its name.
class Partitions {
 public:
  Partitions(const Python& python, Functions functions) : python_(python), functions_(functions) {}

  // False when there is a Python error.
  bool Add(void* row) {
    void* name = nullptr;
    if (Python::TypeOf(row) != python_.dict_type) {
      name = python_.call(functions_.careful, row, nullptr);
    } else if (name = python_.dict_get(row, functions_.partition_key); name != nullptr) {
      python_.retain(name);
    } else {
      name = python_.call(functions_.function, row, nullptr);
    }
    if (name == nullptr) return false;
    const bool added = AddName(name);
    python_.release(name);
    return added;
  }

  const std::vector<int32_t>& of_rows() const { return of_rows_; }
  const std::vector<std::string_view>& names() const { return names_; }

 private:
  bool AddName(void* name) {
    if (Python::TypeOf(name) == python_.text_type) return AddText(name);
    if (name == python_.none) {
      python_.set_error(*python_.type_error, "the partition of a row: expected a str, found None");
      return false;
    }
    void* const text = python_.as_text(name);
    if (text == nullptr) return false;
    const bool added = AddText(text);
    python_.release(text);
    return added;
  }

  bool AddText(void* text) {
    intptr_t size_bytes = 0;
    const char* bytes = python_.text(text, &size_bytes);
    if (bytes == nullptr) return false;
    const std::string_view name(bytes, static_cast<size_t>(size_bytes));
    auto found = numbers_.find(name);
    if (found == numbers_.end()) {
      found = numbers_.emplace(name, static_cast<int32_t>(names_.size())).first;
      names_.push_back(found->first);
    }
    of_rows_.push_back(found->second);
    return true;
  }

  const Python& python_;
  const Functions functions_;
  std::unordered_map<std::string, int32_t, TextHash, std::equal_to<>> numbers_;
  std::vector<std::string_view> names_;  // keys of numbers_
  std::vector<int32_t> of_rows_;
};

// Columns for each group of rows.
class Groups {
 public:
  // `left_out` is a key that is no column, or null.
  Groups(const Python& python, void* first_row, void* left_out)
      : python_(python), keys_(python, first_row) {
    for (size_t place = 0; place < keys_.size(); ++place) {
      const bool taken = left_out == nullptr || keys_.Name(place) != python_.TextOf(left_out);
      is_taken_.push_back(taken ? 1 : 0);
      can_ = can_ || taken;
    }
  }

  // Does nothing once rows have turned out not to be such as columns are made of.
  void Add(void* row, size_t group) {
    if (can_ && group >= groups_.size()) AddGroup();
    if (!can_) return;
    auto& columns = groups_[group].columns;
    bool plain = true;
    const bool known = keys_.ForEachValue(row, [&](size_t place, void* value) {
      plain = plain && (is_taken_[place] == 0 || columns[place].Add(value));
    });
    ++groups_[group].row_count;
    can_ = known && plain;
  }

  // A batch for each group; null where columns could not be made.
  std::shared_ptr<arrow::RecordBatchReader> Finish() {
    if (!can_) return nullptr;
    arrow::FieldVector fields;
    for (size_t place = 0; place < keys_.size(); ++place) {
      if (is_taken_[place] == 0) continue;
      auto type = TypeOf(place);
      if (type == nullptr) return nullptr;
      fields.push_back(arrow::field(keys_.Name(place), std::move(type)));
    }
    const auto schema = arrow::schema(std::move(fields));
    arrow::RecordBatchVector batches;
    for (Group& group : groups_) {
      arrow::ArrayVector arrays;
      for (size_t place = 0; place < keys_.size(); ++place) {
        if (is_taken_[place] == 0) continue;
        const auto& type = schema->field(static_cast<int>(arrays.size()))->type();
        arrays.push_back(group.columns[place].Finish(type));
        if (arrays.back() == nullptr) return nullptr;
      }
      batches.push_back(arrow::RecordBatch::Make(schema, group.row_count, std::move(arrays)));
    }
    auto reader = arrow::RecordBatchReader::Make(std::move(batches), schema);
    return reader.ok() ? *std::move(reader) : nullptr;
  }

 private:
  struct Group {
    std::vector<DictColumn> columns;
    int64_t row_count = 0;
  };

  void AddGroup() {
    can_ = groups_.size() < kGroupCountMax;
    if (!can_) return groups_.clear();
    auto& columns = groups_.emplace_back().columns;
    for (size_t place = 0; place < keys_.size(); ++place) columns.emplace_back(python_);
  }

  // That of all groups with values; null where they have several.
  std::shared_ptr<arrow::DataType> TypeOf(size_t place) const {
    std::shared_ptr<arrow::DataType> found;
    for (const Group& group : groups_) {
      auto type = group.columns[place].type();
      if (type == nullptr) continue;
      if (found != nullptr && found->id() != type->id()) return nullptr;
      found = std::move(type);
    }
    return found == nullptr ? arrow::null() : found;
  }

  const Python& python_;
  const DictKeys keys_;
  std::vector<char> is_taken_;  // by key: whether it becomes a column
  bool can_ = false;
  std::vector<Group> groups_;
};

std::shared_ptr<arrow::Array> Texts(const std::vector<std::string_view>& texts) {
  arrow::StringBuilder builder;
  std::shared_ptr<arrow::Array> array;
  for (const auto text : texts) {
    if (!builder.Append(text).ok()) return nullptr;
  }
  return builder.Finish(&array).ok() ? array : nullptr;
}

std::shared_ptr<arrow::Array> OfRows(const Partitions& partitions) {
  arrow::Int32Builder builder;
  std::shared_ptr<arrow::Array> numbers;
  const auto names = Texts(partitions.names());
  if (names == nullptr || !builder.AppendValues(partitions.of_rows()).ok()) return nullptr;
  if (!builder.Finish(&numbers).ok()) return nullptr;
  const auto array = arrow::DictionaryArray::FromArrays(numbers, names);
  return array.ok() ? *array : nullptr;
}

}  // namespace
}  // namespace icefall::python

int icefall_group_dicts(void* rows, void* function, void* careful, void* partition_key,
                        int preserve, void* names, void* names_schema, void* batches) {
  using namespace icefall::python;
  const auto& python = Python::Get();
  if (!python.is_known || python.list_size(rows) == 0) return 0;
  Partitions partitions(python, {function, careful, partition_key});
  Groups groups(python, python.list_get(rows, 0), preserve != 0 ? nullptr : partition_key);
  const intptr_t row_count = python.list_size(rows);
  for (intptr_t begin = 0; begin < row_count; begin += kRowsAtOnce) {
    const intptr_t end = std::min(begin + kRowsAtOnce, row_count);
    for (intptr_t i = begin; i < end; ++i) {
      if (!partitions.Add(python.list_get(rows, i))) return -1;
    }
    for (intptr_t i = begin; i < end; ++i) {
      const auto group = partitions.of_rows()[static_cast<size_t>(i)];
      groups.Add(python.list_get(rows, i), static_cast<size_t>(group));
    }
  }
  const auto made = groups.Finish();
  const auto named = made != nullptr ? Texts(partitions.names()) : OfRows(partitions);
  const bool done =
      named != nullptr &&
      arrow::ExportArray(*named, static_cast<ArrowArray*>(names),
                         static_cast<ArrowSchema*>(names_schema))
          .ok() &&
      (made == nullptr ||
       arrow::ExportRecordBatchReader(made, static_cast<ArrowArrayStream*>(batches)).ok());
  if (!done) {
    python.set_error(*python.memory_error, "the partitions of rows");
    return -1;
  }
  return made != nullptr ? 2 : 1;
}
