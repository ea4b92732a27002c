#include "sql/write/bucket_hash.h"

#include <bit>
#include <cstring>

#include "duckdb/common/types/uuid.hpp"

namespace icefall {
namespace {

using duckdb::LogicalTypeId;

uint32_t Scramble(uint32_t word) { return std::rotl(word * 0xcc9e2d51U, 15) * 0x1b873593U; }

uint32_t HashNumber(int64_t number) {
  char bytes[8];
  for (int i = 0; i < 8; ++i)
    bytes[i] = static_cast<char>(static_cast<uint64_t>(number) >> (8 * i));
  return Murmur3(std::string_view(bytes, 8));
}

uint32_t HashUuid(const duckdb::Value& value) {
  auto number = value.GetValueUnsafe<duckdb::hugeint_t>();
  // DuckDB stores the first bit flipped, so that signed order is text order.
  const auto upper = static_cast<uint64_t>(number.upper) ^ (uint64_t{1} << 63);
  char bytes[16];
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(upper >> (56 - 8 * i));
    bytes[8 + i] = static_cast<char>(number.lower >> (56 - 8 * i));
  }
  return Murmur3(std::string_view(bytes, 16));
}

int64_t MicrosOf(const duckdb::Value& value) {
  if (value.type().id() == LogicalTypeId::TIMESTAMP_TZ) return value.GetValueUnsafe<int64_t>();
  return value.DefaultCastAs(duckdb::LogicalType::TIMESTAMP).GetValueUnsafe<int64_t>();
}

}  // namespace

uint32_t Murmur3(std::string_view bytes) {
  uint32_t hash = 0;
  size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    uint32_t word = 0;
    std::memcpy(&word, bytes.data() + i, 4);
    hash = std::rotl(hash ^ Scramble(word), 13) * 5 + 0xe6546b64U;
  }
  uint32_t tail = 0;
  for (size_t j = bytes.size(); j > i; --j) tail = tail << 8 | static_cast<uint8_t>(bytes[j - 1]);
  hash ^= Scramble(tail);
  hash ^= static_cast<uint32_t>(bytes.size());
  hash = (hash ^ (hash >> 16)) * 0x85ebca6bU;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35U;
  return hash ^ (hash >> 16);
}

bool CanBucket(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIME:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::TIMESTAMP_TZ:
    case LogicalTypeId::VARCHAR:
    case LogicalTypeId::BLOB:
    case LogicalTypeId::UUID:
      return true;
    default:
      return false;
  }
}

uint64_t BucketOf(const duckdb::Value& value, uint64_t bucket_count) {
  uint32_t hash = 0;
  switch (value.type().id()) {
    case LogicalTypeId::VARCHAR:
    case LogicalTypeId::BLOB:
      hash = Murmur3(duckdb::StringValue::Get(value));
      break;
    case LogicalTypeId::UUID:
      hash = HashUuid(value);
      break;
    case LogicalTypeId::DATE:
      hash = HashNumber(value.GetValueUnsafe<int32_t>());
      break;
    case LogicalTypeId::TIME:
      hash = HashNumber(value.GetValueUnsafe<int64_t>());
      break;
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::TIMESTAMP_TZ:
      hash = HashNumber(MicrosOf(value));
      break;
    default:
      hash = HashNumber(value.GetValue<int64_t>());
  }
  return (hash & 0x7fffffffU) % bucket_count;
}

}  // namespace icefall
