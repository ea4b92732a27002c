// Bytes compressed by Snappy (github.com/google/snappy, format_description.txt), of which a part is
// wanted.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/snappy_elements.h"

namespace icefall {

// Compressors begin anew every 64 KiB, so that such a block is decompressed, as far as is wanted,
// without those before it; finding where it begins costs a fraction of decompressing them. What
// refers back further is decompressed all the same, at the price of what it refers to. Not
// thread-safe.
class SnappyBlocks {
 public:
  static constexpr size_t kBlockSize = size_t{1} << 16;

  // `compressed` is lent. Error: kCorruption when it does not state to hold `size_bytes`.
  static Result<SnappyBlocks> Open(std::string_view compressed, size_t size_bytes);

  size_t size_bytes() const { return size_bytes_; }
  // The bytes from `begin` to before `end`; valid as long as this is, and where it was moved to.
  // Error: kCorruption. Precondition: begin <= end <= size_bytes().
  Result<std::string_view> Read(size_t begin, size_t end);

 private:
  // Begins with the first element at or after a multiple of kBlockSize.
  struct Block {
    SnappyPlace begin;
    SnappyPlace decompressed;  // the element to decompress next
  };

  SnappyBlocks(std::string_view compressed, size_t input, size_t size_bytes);
  Result<void> FindBlock(size_t block);
  void FindAllBlocks();
  // The elements that most are, as far as `end` at most; nothing is written from `free_end` on.
  SnappyPlace DecompressFast(size_t block, size_t end, size_t free_end);
  // At least as far as `end`, or to where the block ends.
  Result<void> Decompress(size_t block, size_t end);
  Result<void> Copy(size_t block, size_t output, size_t distance, size_t length);

  std::string_view compressed_;
  size_t size_bytes_;
  std::unique_ptr<char[]> bytes_;
  std::vector<Block> blocks_;  // as far as they have been found
  SnappyPlace walked_;         // the element to look at next
  bool may_find_all_ = true;
};

}  // namespace icefall
