#include "index/index_file.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/endian.h"
#include "base/hash.h"
#include "index/key_filter.h"

namespace icefall {

IndexFile::IndexFile(std::unique_ptr<StoredBytes> bytes, IndexHeader header)
    : bytes_(std::move(bytes)), header_(std::move(header)), is_checked_(header_.page_count) {}

Result<IndexFilePointer> IndexFile::Open(std::unique_ptr<StoredBytes> bytes,
                                         std::string_view identity) {
  ICEFALL_ASSIGN_OR_RETURN(IndexHeader header, DecodeIndexHeader(bytes->view()));
  if (header.identity != identity) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("index file: expected one of {}, found one of {}", identity, header.identity));
  }
  std::shared_ptr<IndexFile> file(new IndexFile(std::move(bytes), std::move(header)));
  const uint32_t leaf_count = file->header_.leaf_count;
  if (leaf_count == 0) return file;
  ICEFALL_ASSIGN_OR_RETURN(const IndexPage first, file->Page(1));
  first.AppendKey(0, file->lowest_);
  ICEFALL_ASSIGN_OR_RETURN(const IndexPage last, file->Page(leaf_count));
  last.AppendKey(last.count() - 1, file->highest_);
  return file;
}

Result<IndexPage> IndexFile::Page(uint32_t number) const {
  if (number == 0 || number >= header_.page_count) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("index file: page {} of {}", number, header_.page_count));
  }
  const char* bytes = bytes_->view().data() + size_t{number} * kIndexPageSize;
  if (!is_checked_[number].load(std::memory_order_relaxed)) {
    if (!IndexPage::IsSound(bytes)) {
      return Fail(ErrorCode::kCorruption,
                  fmt::format("index file: the checksum of page {} does not fit", number));
    }
    is_checked_[number].store(true, std::memory_order_relaxed);
  }
  return IndexPage(bytes);
}

const char* IndexFile::FilterPage(uint32_t number) const {
  const auto page = bytes_->view().substr(size_t{number} * kIndexPageSize, kIndexPageSize);
  if (!is_checked_[number].load(std::memory_order_relaxed)) {
    const auto stated = LoadLittleEndian<uint32_t>(page.data());
    if (stated != Crc32(page.substr(sizeof(stated)))) return nullptr;
    is_checked_[number].store(true, std::memory_order_relaxed);
  }
  return page.data();
}

bool IndexFile::MayHold(uint64_t key_hash) const {
  if (!has_filter()) return true;
  const size_t block = FilterBlockOf(key_hash, header_.filter_block_count);
  if (header_.filter_page == 0) {
    return icefall::MayHold(header_.filter.data() + block * kFilterBlockSize, key_hash);
  }
  const auto number = header_.filter_page + static_cast<uint32_t>(block / kFilterBlocksPerPage);
  const char* const page = FilterPage(number);
  // The first block is behind the checksum and what fills up the page.
  const size_t place = 1 + block % kFilterBlocksPerPage;
  return page == nullptr || icefall::MayHold(page + place * kFilterBlockSize, key_hash);
}

Result<int64_t> IndexFile::GuessedLeaf(std::string_view key) const {
  const uint64_t number = ModelKey(key, header_.prefix.size());
  const int64_t guess = GuessLeaf(header_.model, number, header_.leaf_count) + 1;
  const int64_t last = header_.leaf_count;
  int64_t leaf = std::max<int64_t>(guess - 1, 1);
  // Behind a leaf that ends below the key comes the first that does not.
  ICEFALL_ASSIGN_OR_RETURN(IndexPage page, Page(static_cast<uint32_t>(guess)));
  if (page.Compare(0, key) < 0) leaf = guess;
  for (; leaf <= std::min(guess + 1, last); ++leaf) {
    ICEFALL_ASSIGN_OR_RETURN(page, Page(static_cast<uint32_t>(leaf)));
    if (page.Compare(page.count() - 1, key) < 0) continue;
    const bool may_be_earlier = leaf > 1 && leaf < guess && page.Compare(0, key) >= 0;
    return may_be_earlier ? -1 : leaf;
  }
  return leaf > last ? 0 : -1;
}

Result<uint32_t> IndexFile::FindLeaf(std::string_view key) const {
  if (key > highest_ || header_.leaf_count == 0) return 0;
  if (key <= lowest_) return 1;
  if (has_model() && key.starts_with(header_.prefix)) {
    ICEFALL_ASSIGN_OR_RETURN(const int64_t leaf, GuessedLeaf(key));
    if (leaf >= 0) return static_cast<uint32_t>(leaf);
  }
  uint32_t number = header_.root_page;
  for (uint32_t level = header_.level_count; level > 0; --level) {
    ICEFALL_ASSIGN_OR_RETURN(const IndexPage page, Page(number));
    const size_t child = page.LowerBound(key);
    if (child == page.count()) return 0;
    number = page.number(child);
  }
  if (number > header_.leaf_count) {
    return Fail(ErrorCode::kCorruption, fmt::format("index file: page {} is no leaf", number));
  }
  return number;
}

Result<void> IndexCursor::MoveTo(uint32_t leaf) {
  page_ = nullptr;
  if (leaf == 0 || leaf > file_.header_.leaf_count) return {};
  ICEFALL_RETURN_IF_ERROR(file_.Page(leaf));
  page_ = file_.bytes_->view().data() + size_t{leaf} * kIndexPageSize;
  leaf_ = leaf;
  entry_ = 0;
  return {};
}

Result<void> IndexCursor::Seek(std::string_view key) {
  const auto is_here = [&] {
    const IndexPage page(page_);
    return page.Compare(0, key) < 0 && page.Compare(page.count() - 1, key) >= 0;
  };
  if (!valid() || !is_here()) {
    ICEFALL_ASSIGN_OR_RETURN(const uint32_t leaf, file_.FindLeaf(key));
    ICEFALL_RETURN_IF_ERROR(MoveTo(leaf));
    if (!valid()) return {};
  }
  entry_ = IndexPage(page_).LowerBound(key);
  return {};
}

Result<void> IndexCursor::Next() {
  if (++entry_ < IndexPage(page_).count()) return {};
  return MoveTo(leaf_ + 1);
}

std::string IndexCursor::key() const {
  std::string key;
  IndexPage(page_).AppendKey(entry_, key);
  return key;
}

}  // namespace icefall
