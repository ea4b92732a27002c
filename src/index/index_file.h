// Reads an index file: a sorted list of keys with row positions, in pages.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "index/index_header.h"
#include "index/index_page.h"
#include "index/mapped_file.h"

namespace icefall {

// Opened in constant time, whatever the number of keys: pages are checked as they are first read.
// Immutable; safe from several threads.
class IndexFile {
 public:
  // Errors: kCorruption; kInvalidArgument for a file of another identity.
  static Result<std::shared_ptr<const IndexFile>> Open(std::unique_ptr<StoredBytes> bytes,
                                                       std::string_view identity);

  const std::string& identity() const { return header_.identity; }
  uint64_t entry_count() const { return header_.entry_count; }
  uint64_t size_bytes() const { return bytes_->view().size(); }
  bool has_filter() const { return header_.filter_block_count > 0; }
  // False: no entry has a key of this KeyHash. True for few others, and for all without a filter.
  bool MayHold(uint64_t key_hash) const;
  bool has_model() const { return header_.model.pages_per_key > 0; }
  // Of all entries; empty when there are none.
  const std::string& lowest() const { return lowest_; }
  const std::string& highest() const { return highest_; }

 private:
  friend class IndexCursor;
  IndexFile(std::unique_ptr<StoredBytes> bytes, IndexHeader header);

  Result<IndexPage> Page(uint32_t number) const;
  // Checks the page, too, unless that was done. Null: it is damaged.
  const char* FilterPage(uint32_t number) const;
  // The first leaf whose last key is not below `key`; 0 when there is none.
  Result<uint32_t> FindLeaf(std::string_view key) const;
  // As FindLeaf, near the model's guess; -1 when that was wrong.
  Result<int64_t> GuessedLeaf(std::string_view key) const;

  std::unique_ptr<StoredBytes> bytes_;
  IndexHeader header_;
  mutable std::vector<std::atomic<bool>> is_checked_;  // by page
  std::string lowest_;
  std::string highest_;
};

using IndexFilePointer = std::shared_ptr<const IndexFile>;

// Walks the entries in order. Not thread-safe. Error of all calls: kCorruption.
class IndexCursor {
 public:
  explicit IndexCursor(const IndexFile& file) : file_(file) {}

  // To the first entry whose key is not below `key`, itself as StoredKey answers it. Cheap when
  // that is near in front of the cursor.
  Result<void> Seek(std::string_view key);
  Result<void> Next();

  // The cursor is at an entry; what follows needs that.
  bool valid() const { return page_ != nullptr; }
  int Compare(std::string_view key) const { return IndexPage(page_).Compare(entry_, key); }
  bool StartsWith(std::string_view prefix) const {
    return IndexPage(page_).StartsWith(entry_, prefix);
  }
  uint32_t position() const { return IndexPage(page_).number(entry_); }
  std::string key() const;

 private:
  Result<void> MoveTo(uint32_t leaf);  // its first entry; past the end for leaf_count + 1

  const IndexFile& file_;
  const char* page_ = nullptr;
  uint32_t leaf_ = 0;
  size_t entry_ = 0;
};

}  // namespace icefall
