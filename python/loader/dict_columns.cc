#include "python/loader/dict_columns.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "arrow/c/bridge.h"
#include "arrow/record_batch.h"

#include "python/loader/dict_rows.h"

namespace icefall::python {
namespace {

std::shared_ptr<arrow::RecordBatch> BatchOf(const Python& python, void* rows) {
  const intptr_t row_count = python.list_size(rows);
  const DictKeys keys(python, python.list_get(rows, 0));
  if (keys.size() == 0) return nullptr;
  std::vector<DictColumn> columns;
  for (size_t i = 0; i < keys.size(); ++i) columns.emplace_back(python, row_count);
  std::vector<char> is_plain(keys.size(), 1);
  for (intptr_t i = 0; i < row_count; ++i) {
    const bool known = keys.ForEachValue(python.list_get(rows, i), [&](size_t place, void* value) {
      if (is_plain[place] != 0 && !columns[place].Add(value)) is_plain[place] = 0;
    });
    if (!known) return nullptr;
  }
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (size_t place = 0; place < keys.size(); ++place) {
    const auto type = columns[place].type();
    if (is_plain[place] == 0 || type == nullptr) continue;
    fields.push_back(arrow::field(keys.Name(place), type));
    arrays.push_back(columns[place].Finish(type));
    if (arrays.back() == nullptr) return nullptr;
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), row_count, std::move(arrays));
}

}  // namespace
}  // namespace icefall::python

int icefall_columns_of_dicts(void* rows, void* batch, void* schema) {
  const auto& python = icefall::python::Python::Get();
  if (!python.is_known) return 0;
  const auto made = icefall::python::BatchOf(python, rows);
  if (made == nullptr) return 0;
  const auto exported = arrow::ExportRecordBatch(*made, static_cast<ArrowArray*>(batch),
                                                 static_cast<ArrowSchema*>(schema));
  return exported.ok() ? 1 : 0;
}
