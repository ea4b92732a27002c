// Builds an index file in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "index/index_header.h"
#include "index/index_page.h"

namespace icefall {

class IndexFileWriter {
 public:
  // `identity`: at most 1 KiB that names what is indexed and how keys are made; a reader that
  // expects another one does not open the file. Older files have no filter.
  explicit IndexFileWriter(std::string identity, bool with_filter = true);

  // Ascending keys, as StoredKey answers them; equal ones in ascending positions.
  void Add(std::string_view key, uint32_t position);
  // The file's bytes. Once.
  std::string Finish();

 private:
  struct Leaf {
    std::string first_key;
    std::string last_key;
  };

  void EndLeaf();
  void WriteInnerPages();
  void WriteFilter();
  PageModel Fit(size_t prefix_size) const;

  IndexHeader header_;
  std::string pages_;
  IndexPageWriter page_;
  std::vector<Leaf> leaves_;
  const bool with_filter_;
  std::vector<uint64_t> hashes_;  // of all keys
};

}  // namespace icefall
