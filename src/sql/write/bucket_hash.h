// The `bucket[n]` transform of Iceberg: a 32-bit Murmur3 hash of the value, modulo n.
#pragma once

#include <cstdint>
#include <string_view>

#include "duckdb/common/types/value.hpp"

namespace icefall {

// The transform is defined for integers, dates, times, timestamps, texts, blobs and UUIDs.
bool CanBucket(const duckdb::LogicalType& type);

// `value` is not NULL and of a type that CanBucket accepts.
uint64_t BucketOf(const duckdb::Value& value, uint64_t bucket_count);

// MurmurHash3, x86 variant, 32 bits, seed 0.
uint32_t Murmur3(std::string_view bytes);

}  // namespace icefall
