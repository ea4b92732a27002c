// Which of many sets of keys may hold a key, asked of 64 at once: a signature file in bit slices
// (Zobel, Moffat, Ramamohanarao: "Inverted Files Versus Signature Files for Text Indexing", TODS
// 1998; Goodwin et al.: "BitFunnel: Revisiting Signatures for Search", SIGIR 2017).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

namespace icefall {

// Takes about 16 bits a key, twice that at most. Not thread-safe.
class KeySlices {
 public:
  // `key_hashes`: KeyHash of each key of the set. Replaces what the id had.
  void Put(uint64_t id, const std::vector<uint64_t>& key_hashes);
  // Does nothing when there is none.
  void Erase(uint64_t id);
  bool Contains(uint64_t id) const { return places_.contains(id); }
  size_t size() const { return places_.size(); }
  uint64_t size_bytes() const { return size_bytes_; }

  // Appends the ids of all sets that have a key of this hash, and of about one in 400 others, in no
  // order.
  void Find(uint64_t key_hash, std::vector<uint64_t>& ids) const;

 private:
  static constexpr size_t kSetCount = 64;
  // Sets of about one size, each with a bit of every word.
  struct Group {
    std::vector<uint64_t> words;  // their number is a power of two
    std::array<uint64_t, kSetCount> ids{};
    uint64_t live = 0;  // by bit
    size_t used = 0;    // bits that were given away, and are not given again
  };
  struct Place {
    Group* group = nullptr;
    uint64_t bit = 0;
  };

  Group& GroupWithRoom(size_t word_count);

  std::vector<std::unique_ptr<Group>> groups_;
  std::map<size_t, Group*> newest_;  // of each number of words
  std::unordered_map<uint64_t, Place> places_;
  uint64_t size_bytes_ = 0;
};

}  // namespace icefall
