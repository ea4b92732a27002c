// Which of n buckets a value belongs to.
#pragma once

#include <cstdint>
#include <string_view>

namespace icefall::icedb {

// The number of a value, given as text, that is taken modulo the count of buckets: bytes 8 to 15 of
// the text's MD5, as a little-endian number. Names of partitions hold it, so it never changes.
uint64_t BucketNumber(std::string_view text);

}  // namespace icefall::icedb
