// Says of most keys that an index file lacks that it does: a Bloom filter split into blocks, each
// key in one of them. See docs/format/index-file.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace icefall {

inline constexpr size_t kFilterBlockSize = 32;

// Of a key as index files hold it.
uint64_t KeyHash(std::string_view key);

// How many blocks the keys of a file have; 0: too many for a filter.
uint32_t FilterBlockCount(uint64_t key_count);
// The block of a key, among at least one.
uint32_t FilterBlockOf(uint64_t hash, uint32_t block_count);
// `block`: kFilterBlockSize bytes. False: the key is not in it.
bool MayHold(const char* block, uint64_t hash);

// The blocks one after the other.
std::string MakeFilter(const std::vector<uint64_t>& hashes);

}  // namespace icefall
