#include "python/loader/dict_rows.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/parallel.h"

namespace icefall::python {
namespace {

// Of fewer rows columns are finished before a thread would have begun.
constexpr intptr_t kRowsForThreads = 16'384;
constexpr size_t kThreadCountMax = 4;

}  // namespace

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

DictColumns::DictColumns(const Python& python, void* rows, void* left_out)
    : python_(python),
      rows_(rows),
      keys_(python, python.list_get(rows, 0)),
      row_count_(python.list_size(rows)) {
  for (size_t place = 0; place < keys_.size(); ++place) {
    std::string name = keys_.Name(place);
    if (left_out != nullptr && name == python.TextOf(left_out)) continue;
    columns_.push_back({place, std::move(name), DictColumn(python, row_count_)});
  }
  are_known_ = !columns_.empty();
  values_.resize(keys_.size() * kRowsAtOnce);
}

void DictColumns::AddUpTo(intptr_t end) {
  const intptr_t begin = std::exchange(added_count_, end);
  for (intptr_t i = begin; i < end && are_known_; ++i) {
    void** const values = values_.data() + (i - begin);
    are_known_ = keys_.ForEachValue(python_.list_get(rows_, i), [&](size_t place, void* value) {
      __builtin_prefetch(value);
      values[place * kRowsAtOnce] = value;
    });
  }
  if (!are_known_) return;
  for (Named& each : columns_) {
    void* const* const values = values_.data() + each.place * kRowsAtOnce;
    each.is_plain = each.is_plain && each.column.Add(values, static_cast<size_t>(end - begin));
  }
}

bool DictColumns::are_plain() const {
  return are_known_ && std::ranges::all_of(columns_, &Named::is_plain);
}

std::shared_ptr<arrow::RecordBatch> DictColumns::Finish(const std::vector<int64_t>& places,
                                                        bool with_nulls) {
  std::vector<Named*> taken;
  for (Named& each : columns_) {
    if (each.is_plain && (with_nulls || each.column.type() != nullptr)) taken.push_back(&each);
  }
  arrow::ArrayVector arrays(taken.size());
  const size_t thread_count =
      row_count_ < kRowsForThreads
          ? 1
          : std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kThreadCountMax);
  const auto done = ForEachInParallel(taken.size(), thread_count, [&](size_t i) -> Result<void> {
    arrays[i] = taken[i]->column.Finish(places);
    if (arrays[i] == nullptr) return Fail(ErrorCode::kResourceExhausted, "columns of rows");
    return {};
  });
  if (!done.has_value()) return nullptr;
  arrow::FieldVector fields;
  for (size_t i = 0; i < taken.size(); ++i) {
    fields.push_back(arrow::field(taken[i]->name, arrays[i]->type()));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), row_count_, std::move(arrays));
}

}  // namespace icefall::python
