#include "python/loader/dict_columns.h"

#include <algorithm>
#include <cstdint>

#include "arrow/c/bridge.h"
#include "arrow/record_batch.h"

#include "python/loader/dict_rows.h"

int icefall_columns_of_dicts(void* rows, void* batch, void* schema) {
  using icefall::python::DictColumns;
  const auto& python = icefall::python::Python::Get();
  if (!python.is_known) return 0;
  DictColumns columns(python, rows, nullptr);
  const intptr_t row_count = python.list_size(rows);
  for (intptr_t end = 0; end < row_count && columns.are_known();) {
    end = std::min(end + DictColumns::kRowsAtOnce, row_count);
    columns.AddUpTo(end);
  }
  if (!columns.are_known()) return 0;
  const auto made = columns.Finish({}, false);
  if (made == nullptr) return 0;
  const auto exported = arrow::ExportRecordBatch(*made, static_cast<ArrowArray*>(batch),
                                                 static_cast<ArrowSchema*>(schema));
  return exported.ok() ? 1 : 0;
}
