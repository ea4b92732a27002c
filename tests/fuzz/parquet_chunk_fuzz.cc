// A Parquet file whose values are read one by one: refused, or read within its bytes.
#include "format/parquet_chunk.h"
#include "format/parquet_footer.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace icefall;
  const auto file = fuzz::AsText(data, size);
  const auto footer = ReadParquetFooter(file);
  if (!footer) return 0;
  for (const auto& group : footer->row_groups) {
    fuzz::Require(group.chunks.size() == footer->columns.size(), "chunks of other columns");
    for (size_t c = 0; c < group.chunks.size(); ++c) {
      const auto& place = group.chunks[c];
      const auto chunk = ParquetChunk::Open(file.substr(place.begin, place.size_bytes),
                                            footer->columns[c], place.codec);
      if (!chunk) continue;
      for (const uint64_t row : {uint64_t{0}, group.row_count / 2, group.row_count - 1, uint64_t{7},
                                 group.row_count, UINT64_MAX}) {
        const auto value = (*chunk)->Get(row);
        if (!value || !*value) continue;
        // Touches all of it, for the sanitizers.
        uint64_t sum = 0;
        for (const char byte : **value) sum += static_cast<uint8_t>(byte);
        fuzz::Require(sum <= (*value)->size() * 255, "a value of other bytes");
      }
    }
  }
  return 0;
}
