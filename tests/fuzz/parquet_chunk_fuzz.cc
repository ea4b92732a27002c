// A Parquet file whose values are read one by one: refused, or read within its bytes.
#include <array>
#include <span>

#include "format/parquet_chunk.h"
#include "format/parquet_footer.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace icefall;

// Numbers of dictionary values say what single values are.
void CheckCodes(ParquetChunk& chunk) {
  const auto dictionary = chunk.Dictionary();
  if (!dictionary) return;
  const auto check = [&](uint64_t row, uint32_t code) {
    const auto value = chunk.Get(row);
    fuzz::Require(value.has_value(), "a number of a row that is not there");
    fuzz::Require(value->has_value() == (code != ParquetChunk::kNullCode), "another NULL");
    if (*value) fuzz::Require((*dictionary)[code] == **value, "another value");
  };
  uint64_t row_count = 0;
  const auto read = chunk.ReadCodes([&](uint64_t row, std::span<const uint32_t> codes) {
    fuzz::Require(row == row_count, "rows in another order");
    row_count += codes.size();
    check(row, codes.front());
    check(row + codes.size() - 1, codes.back());
  });
  if (!read || row_count == 0) return;
  const std::array<uint32_t, 2> rows = {0, static_cast<uint32_t>(row_count - 1)};
  std::array<uint32_t, 2> codes{};
  fuzz::Require(chunk.ReadCodesAt(rows, codes).has_value(), "numbers that are not there");
  for (size_t i = 0; i < rows.size(); ++i) check(rows[i], codes[i]);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
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
      CheckCodes(**chunk);
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
