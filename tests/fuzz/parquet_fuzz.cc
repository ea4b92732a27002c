// A Parquet file as `check` reads data files: footer, statistics and every value.
#include "sql/maintenance/parquet_reader.h"
#include "tests/crash/sample_database.h"
#include "tests/fuzz/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace icefall;
  static const auto reader = *MakeParquetReader();
  const fuzz::MemoryFile file(data, size);
  if (!reader->RowCount(file.path())) return 0;
  const bool has_row_ids = size % 2 == 0;
  const auto facts = reader->ReadAll(file.path(), SampleSchema(), has_row_ids);
  if (facts) {
    fuzz::Require(facts->columns.size() == SampleSchema().fields.size(), "facts of other columns");
  }
  return 0;
}
