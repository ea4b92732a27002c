// One value after another, in any order, out of a column's bytes in a row group of a Parquet file.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/parquet_footer.h"
#include "format/rle_runs.h"
#include "format/snappy_blocks.h"

namespace icefall {

// Reads and decompresses what the value needs, and keeps that. Pages as DuckDB writes them: of the
// first version, plain or with a dictionary. Not thread-safe.
class ParquetChunk {
 public:
  // `bytes`, lent, are those of `place`. Errors: kCorruption; kUnsupported for pages of other
  // kinds.
  static Result<std::unique_ptr<ParquetChunk>> Open(std::string_view bytes,
                                                    const ParquetColumn& column,
                                                    ParquetCodec codec);

  // The value's bytes as the encoding PLAIN stores them, a boolean as one byte, text without its
  // length; absent: NULL. `row` counts from the start of the row group. Valid as long as this is.
  // Errors as Open's; kCorruption also when there is no such row.
  Result<std::optional<std::string_view>> Get(uint64_t row);

  // Calls `visit` with the numbers that rows' values have in the dictionary, kNullCode where they
  // are NULL: of consecutive rows, from the first on, some at a time. Errors as Get's; kUnsupported
  // where values are not in a dictionary.
  static constexpr uint32_t kNullCode = UINT32_MAX;
  using VisitCodes = std::function<void(uint64_t first_row, std::span<const uint32_t> codes)>;
  Result<void> ReadCodes(const VisitCodes& visit);
  // The same of these rows alone, which ascend: `codes` has one for each. Less work for a few.
  Result<void> ReadCodesAt(std::span<const uint32_t> rows, std::span<uint32_t> codes);
  // As Get stores values. Valid as long as this is; empty without a dictionary. Errors as Get's.
  Result<std::span<const std::string_view>> Dictionary();
  // Whether all pages have numbers of values instead of values, as ReadCodes wants them.
  bool has_only_codes() const { return std::ranges::all_of(pages_, &Page::has_dictionary); }

  // How many of the rows are NULL. `rows` ascend, and count as Get's. Errors as Get's.
  Result<uint64_t> CountNulls(std::span<const uint64_t> rows);

  // What it takes in memory when all of it has been read.
  uint64_t size_bytes() const { return size_bytes_; }

 private:
  // Decompressed, or about to be.
  class Body {
   public:
    explicit Body(std::string_view plain) : plain_(plain) {}
    explicit Body(SnappyBlocks blocks) : blocks_(std::move(blocks)) {}
    size_t size() const { return blocks_ ? blocks_->size_bytes() : plain_.size(); }
    Result<std::string_view> Read(size_t begin, size_t end);

   private:
    std::string_view plain_;
    std::optional<SnappyBlocks> blocks_;
  };
  struct Page {
    uint64_t first_row = 0;
    uint64_t row_count = 0;
    bool has_dictionary = false;
    Body body;
    // Where every kMarkDistance-th value of plain text begins, as far as they have been passed.
    std::vector<size_t> marks;
    // Before every kRunMarkDistance-th run of indexes, as far as they have been passed.
    std::vector<RleRuns> run_marks;
  };
  struct Header;

  static constexpr uint64_t kMarkDistance = 256;
  static constexpr size_t kRunMarkDistance = 16;

  explicit ParquetChunk(const ParquetColumn& column) : column_(column) {}
  Result<Page*> PageOf(uint64_t row);
  // Precondition: the column is optional.
  static Result<std::string_view> Levels(Page& page);
  Result<void> ReadPages(std::string_view bytes, ParquetCodec codec);
  Result<void> AddPage(const Header& header, Body body);
  Result<std::string_view> PlainValue(Page& page, size_t begin, uint64_t number);
  Result<std::string_view> PlainText(Page& page, size_t begin, uint64_t number);
  static Result<uint64_t> ReadIndex(Page& page, std::string_view indexes, uint8_t width,
                                    uint64_t number);
  Result<std::string_view> DictionaryValue(Page& page, size_t begin, uint64_t number);
  Result<void> ReadDictionary();
  // A page's indexes, and which of its rows have one; empty: all.
  struct Codes {
    std::string_view indexes;
    uint8_t width = 0;
    uint64_t count = 0;
    std::vector<uint32_t> is_there;
  };
  Result<Codes> CodesOf(Page& page);
  Result<void> CheckDictionary(std::span<const uint32_t> codes) const;
  size_t FixedSize() const;

  const ParquetColumn column_;
  std::vector<Page> pages_;
  std::optional<Body> dictionary_body_;
  uint64_t dictionary_count_ = 0;             // as the page states
  std::vector<std::string_view> dictionary_;  // empty until it is needed
  uint64_t size_bytes_ = 0;
};

}  // namespace icefall
