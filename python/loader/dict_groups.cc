#include "python/loader/dict_groups.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "arrow/builder.h"
#include "arrow/c/bridge.h"
#include "arrow/record_batch.h"

#include "python/loader/dict_rows.h"

namespace icefall::python {
namespace {

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
  Partitions(const Python& python, Functions functions, intptr_t row_count)
      : python_(python), functions_(functions) {
    of_rows_.reserve(static_cast<size_t>(row_count));
  }

  // False when there is a Python error.
  bool Add(void* row) {
    void* name = nullptr;
    if (Python::TypeOf(row) != python_.dict_type) {
      name = python_.call(functions_.careful, row);
    } else if (name = python_.dict_get(row, functions_.partition_key); name != nullptr) {
      python_.retain(name);
    } else {
      name = python_.call(functions_.function, row);
    }
    if (name == nullptr) return false;
    const bool added = AddName(name);
    python_.release(name);
    return added;
  }

  const std::vector<int32_t>& of_rows() const { return of_rows_; }
  const std::vector<int64_t>& row_counts() const { return row_counts_; }
  const std::vector<std::string_view>& names() const { return names_; }

  // Where each row stands when those of a partition stand together; empty: where it is.
  std::vector<int64_t> Places() const {
    if (names_.size() <= 1) return {};
    std::vector<int64_t> next(row_counts_.size());
    std::exclusive_scan(row_counts_.begin(), row_counts_.end(), next.begin(), int64_t{0});
    std::vector<int64_t> places;
    places.reserve(of_rows_.size());
    for (const int32_t partition : of_rows_) {
      places.push_back(next[static_cast<size_t>(partition)]++);
    }
    return places;
  }

 private:
  // A name that was found before.
  struct Known {
    std::string_view name;
    int32_t number = -1;
  };
  static constexpr size_t kKnownCount = 256;

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
    Known& known = known_[KnownPlace(name)];
    if (known.number < 0 || known.name != name) known = Find(name);
    of_rows_.push_back(known.number);
    ++row_counts_[static_cast<size_t>(known.number)];
    return true;
  }

  // Names of one table differ in their last bytes, or in their length.
  static size_t KnownPlace(std::string_view name) {
    uint64_t last = 0;
    const size_t count = std::min(name.size(), sizeof(last));
    for (size_t i = name.size() - count; i < name.size(); ++i) {
      last = last << 8 | static_cast<uint8_t>(name[i]);
    }
    return ((last ^ name.size() << 56) * 0x9E3779B97F4A7C15) >> 56;
  }

  Known Find(std::string_view name) {
    auto found = numbers_.find(name);
    if (found == numbers_.end()) {
      found = numbers_.emplace(name, static_cast<int32_t>(names_.size())).first;
      names_.push_back(found->first);
      row_counts_.push_back(0);
    }
    return {found->first, found->second};
  }

  const Python& python_;
  const Functions functions_;
  std::unordered_map<std::string, int32_t, TextHash, std::equal_to<>> numbers_;
  std::vector<std::string_view> names_;  // keys of numbers_
  std::vector<int64_t> row_counts_;      // by number
  std::vector<int32_t> of_rows_;
  std::array<Known, kKnownCount> known_;
};

std::shared_ptr<arrow::Array> Texts(const std::vector<std::string_view>& texts) {
  arrow::StringBuilder builder;
  std::shared_ptr<arrow::Array> array;
  for (const auto text : texts) {
    if (!builder.Append(text).ok()) return nullptr;
  }
  return builder.Finish(&array).ok() ? array : nullptr;
}

std::shared_ptr<arrow::RecordBatch> OfRows(const Partitions& partitions) {
  arrow::Int32Builder builder;
  std::shared_ptr<arrow::Array> numbers;
  const auto names = Texts(partitions.names());
  if (names == nullptr || !builder.AppendValues(partitions.of_rows()).ok()) return nullptr;
  if (!builder.Finish(&numbers).ok()) return nullptr;
  const auto array = arrow::DictionaryArray::FromArrays(numbers, names);
  if (!array.ok()) return nullptr;
  const auto schema = arrow::schema({arrow::field("name", (*array)->type())});
  return arrow::RecordBatch::Make(schema, numbers->length(), {*array});
}

std::shared_ptr<arrow::RecordBatch> WithCounts(const Partitions& partitions) {
  arrow::Int64Builder builder;
  std::shared_ptr<arrow::Array> counts;
  const auto names = Texts(partitions.names());
  if (names == nullptr || !builder.AppendValues(partitions.row_counts()).ok()) return nullptr;
  if (!builder.Finish(&counts).ok()) return nullptr;
  const auto schema =
      arrow::schema({arrow::field("name", arrow::utf8()), arrow::field("rows", arrow::int64())});
  return arrow::RecordBatch::Make(schema, counts->length(), {names, counts});
}

}  // namespace
}  // namespace icefall::python

int icefall_group_dicts(void* rows, void* function, void* careful, void* partition_key,
                        int preserve, void* names, void* names_schema, void* batch,
                        void* batch_schema) {
  using namespace icefall::python;
  const auto& python = Python::Get();
  if (!python.is_known || python.list_size(rows) == 0) return 0;
  const intptr_t row_count = python.list_size(rows);
  Partitions partitions(python, {function, careful, partition_key}, row_count);
  DictColumns columns(python, rows, preserve != 0 ? nullptr : partition_key);
  for (intptr_t begin = 0; begin < row_count; begin += DictColumns::kRowsAtOnce) {
    const intptr_t end = std::min(begin + DictColumns::kRowsAtOnce, row_count);
    for (intptr_t i = begin; i < end; ++i) {
      if (!partitions.Add(python.list_get(rows, i))) return -1;
    }
    if (columns.are_plain()) columns.AddUpTo(end);
  }
  std::shared_ptr<arrow::RecordBatch> made;
  if (columns.are_plain()) {
    void* const thread = python.let_others_run();
    made = columns.Finish(partitions.Places(), true);
    python.run_again(thread);
  }
  const auto named = made != nullptr ? WithCounts(partitions) : OfRows(partitions);
  const auto exported = [](const auto& array, void* to, void* schema) {
    return arrow::ExportRecordBatch(*array, static_cast<ArrowArray*>(to),
                                    static_cast<ArrowSchema*>(schema))
        .ok();
  };
  if (named == nullptr || !exported(named, names, names_schema) ||
      (made != nullptr && !exported(made, batch, batch_schema))) {
    python.set_error(*python.memory_error, "the partitions of rows");
    return -1;
  }
  return made != nullptr ? 2 : 1;
}
