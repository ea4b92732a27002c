#include "index/index_file_writer.h"

#include <algorithm>
#include <utility>

#include "base/endian.h"
#include "base/hash.h"
#include "index/key_filter.h"

namespace icefall {

IndexFileWriter::IndexFileWriter(std::string identity, bool with_filter)
    : pages_(kIndexPageSize, '\0'), with_filter_(with_filter) {
  header_.identity = std::move(identity);
}

void IndexFileWriter::Add(std::string_view key, uint32_t position) {
  ++header_.entry_count;
  if (with_filter_) hashes_.push_back(KeyHash(key));
  if (page_.Add(key, position)) return;
  EndLeaf();
  page_.Add(key, position);
}

void IndexFileWriter::EndLeaf() {
  leaves_.push_back({std::string(page_.first_key()), std::string(page_.last_key())});
  page_.Finish(pages_);
}

// Level by level: each entry has the last key of a page below, and its number.
void IndexFileWriter::WriteInnerPages() {
  std::vector<std::pair<std::string, uint32_t>> below;
  for (size_t i = 0; i < leaves_.size(); ++i) {
    below.emplace_back(leaves_[i].last_key, static_cast<uint32_t>(i + 1));
  }
  while (below.size() > 1) {
    std::vector<std::pair<std::string, uint32_t>> level;
    const auto end_page = [&] {
      level.emplace_back(std::string(page_.last_key()),
                         static_cast<uint32_t>(pages_.size() / kIndexPageSize));
      page_.Finish(pages_);
    };
    for (const auto& [key, number] : below) {
      if (page_.Add(key, number)) continue;
      end_page();
      page_.Add(key, number);
    }
    end_page();
    below = std::move(level);
    ++header_.level_count;
  }
  header_.root_page = below.front().second;
}

// Through the first keys of the first and the last leaf; kept only when it is right to one page.
PageModel IndexFileWriter::Fit(size_t prefix_size) const {
  const size_t last = leaves_.size() - 1;
  PageModel model;
  model.first_key = ModelKey(leaves_.front().first_key, prefix_size);
  const uint64_t width = ModelKey(leaves_[last].first_key, prefix_size) - model.first_key;
  if (width == 0) return {};
  model.pages_per_key = static_cast<double>(last) / static_cast<double>(width);
  const auto fits = [&](const std::string& key, size_t leaf) {
    const size_t guess = GuessLeaf(model, ModelKey(key, prefix_size), header_.leaf_count);
    return guess + 1 >= leaf && guess <= leaf + 1;
  };
  for (size_t i = 0; i < leaves_.size(); ++i) {
    if (!fits(leaves_[i].first_key, i) || !fits(leaves_[i].last_key, i)) return {};
  }
  return model;
}

void IndexFileWriter::WriteFilter() {
  auto blocks = MakeFilter(hashes_);
  header_.filter_block_count = static_cast<uint32_t>(blocks.size() / kFilterBlockSize);
  if (HasRoomFor(header_, blocks.size())) {
    header_.filter = std::move(blocks);
    return;
  }
  header_.filter_page = static_cast<uint32_t>(pages_.size() / kIndexPageSize);
  constexpr size_t kPieceSize = kFilterBlocksPerPage * kFilterBlockSize;
  for (size_t begin = 0; begin < blocks.size(); begin += kPieceSize) {
    std::string body(kIndexPageSize - kPieceSize - sizeof(uint32_t), '\0');
    body += blocks.substr(begin, kPieceSize);
    body.resize(kIndexPageSize - sizeof(uint32_t));
    AppendLittleEndian(Crc32(body), pages_);
    pages_ += body;
  }
}

std::string IndexFileWriter::Finish() {
  if (!page_.empty()) EndLeaf();
  header_.leaf_count = static_cast<uint32_t>(leaves_.size());
  if (!leaves_.empty()) {
    WriteInnerPages();
    const std::string_view first = leaves_.front().first_key;
    const size_t prefix_size = CommonPrefixSize(first, leaves_.back().last_key);
    header_.prefix = first.substr(0, std::min(prefix_size, kHeaderPrefixSizeMax));
    header_.model = Fit(header_.prefix.size());
    if (with_filter_) WriteFilter();
  }
  header_.page_count = static_cast<uint32_t>(pages_.size() / kIndexPageSize);
  pages_.replace(0, kIndexPageSize, EncodeIndexHeader(header_));
  return std::move(pages_);
}

}  // namespace icefall
