// The first page of an index file. See docs/format/index.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace icefall {

// Where a key lies among the leaf pages, roughly: right to one page. For keys whose eight bytes
// behind the common prefix grow evenly, such as integers that were counted up.
struct PageModel {
  uint64_t first_key = 0;
  double pages_per_key = 0;  // 0: there is no model
};

struct IndexHeader {
  std::string identity;  // what the file is of; see IndexFileWriter
  uint64_t entry_count = 0;
  uint32_t leaf_count = 0;   // they follow the header
  uint32_t root_page = 0;    // 0: no entries
  uint32_t level_count = 0;  // below the root
  uint32_t page_count = 1;   // this one included
  PageModel model;
  // Of a file without a filter 0. With few blocks, these are in the header itself; else from
  // filter_page on, kFilterBlocksPerPage in each.
  uint32_t filter_block_count = 0;
  uint32_t filter_page = 0;  // 0: in the header
  std::string filter;        // the blocks there
  std::string prefix;        // that all keys share, shortened to kHeaderPrefixSizeMax
};

inline constexpr size_t kHeaderPrefixSizeMax = 1024;

// A page of the filter begins with its checksum; its first block would be there otherwise.
inline constexpr size_t kFilterBlocksPerPage = 127;
// The header has room for the filter, besides what else is in it.
bool HasRoomFor(const IndexHeader& header, size_t filter_size_bytes);

// The eight bytes behind the prefix as a number; missing ones are 0.
uint64_t ModelKey(std::string_view key, size_t prefix_size);
// The leaf (0 is the first) at which `key` should be.
uint32_t GuessLeaf(const PageModel& model, uint64_t key, uint32_t leaf_count);

// kIndexPageSize bytes.
std::string EncodeIndexHeader(const IndexHeader& header);
// `bytes` is the whole file. Error: kCorruption.
Result<IndexHeader> DecodeIndexHeader(std::string_view bytes);

}  // namespace icefall
