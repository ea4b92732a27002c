// One page of an index file: sorted keys, each with a number. See docs/format/index.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace icefall {

inline constexpr size_t kIndexPageSize = 4096;
// Longer keys are stored shortened, see StoredKey.
inline constexpr size_t kIndexKeySizeMax = 1000;

// The key as index files hold it: itself, or for one longer than kIndexKeySizeMax its head and a
// hash of the whole. Equal keys stay equal and different ones different; two that share the head
// are in no order. The answer may point into `scratch`.
std::string_view StoredKey(std::string_view key, std::string& scratch);
// How many bytes of a stored key are in the order of the keys.
inline constexpr size_t kIndexKeyHeadSize = 968;

size_t CommonPrefixSize(std::string_view a, std::string_view b);

// A view of kIndexPageSize bytes that IsSound has accepted.
class IndexPage {
 public:
  explicit IndexPage(const char* bytes) : bytes_(bytes) {}

  // The checksum fits and every entry lies inside of the page.
  static bool IsSound(const char* bytes);

  size_t count() const;
  uint32_t number(size_t i) const;
  // Sign as of memcmp(key of entry i, key).
  int Compare(size_t i, std::string_view key) const;
  bool StartsWith(size_t i, std::string_view prefix) const;
  void AppendKey(size_t i, std::string& out) const;
  // The first entry whose key is not below `key`; count() when all are.
  size_t LowerBound(std::string_view key) const;

 private:
  std::string_view prefix() const;
  std::string_view suffix(size_t i) const;

  const char* bytes_;
};

// Collects the entries of one page.
class IndexPageWriter {
 public:
  // False, and nothing is added, when the page is full. Keys come in ascending order.
  bool Add(std::string_view key, uint32_t number);
  bool empty() const { return count_ == 0; }
  std::string_view first_key() const { return std::string_view(keys_).substr(0, first_size_); }
  std::string_view last_key() const { return std::string_view(keys_).substr(last_begin_); }
  // Appends the page to `out`; the writer is empty then.
  void Finish(std::string& out);

 private:
  size_t SizeBytes(size_t prefix_size, size_t keys_size, size_t count) const;

  std::string keys_;  // one after the other
  std::string ends_;  // where each ends in keys_ (32 bits), then its number (32 bits)
  size_t count_ = 0;
  size_t first_size_ = 0;
  size_t last_begin_ = 0;
  size_t prefix_size_ = 0;
};

}  // namespace icefall
