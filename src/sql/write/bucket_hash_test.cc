#include "sql/write/bucket_hash.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

// The hashes of appendix B of the Iceberg specification.
uint64_t Expected(int32_t hash, uint64_t bucket_count) {
  return (static_cast<uint32_t>(hash) & 0x7fffffffU) % bucket_count;
}

uint64_t Bucket(const std::string& text, const LogicalType& type) {
  return BucketOf(Value(text).DefaultCastAs(type), 1'000'003);
}

TEST(BucketHashTest, AgreesWithIceberg) {
  EXPECT_EQ(Bucket("34", LogicalType::INTEGER), Expected(2017239379, 1'000'003));
  EXPECT_EQ(Bucket("34", LogicalType::BIGINT), Expected(2017239379, 1'000'003));
  EXPECT_EQ(Bucket("2017-11-16", LogicalType::DATE), Expected(-653330422, 1'000'003));
  EXPECT_EQ(Bucket("22:31:08", LogicalType::TIME), Expected(-662762989, 1'000'003));
  EXPECT_EQ(Bucket("2017-11-16 22:31:08", LogicalType::TIMESTAMP),
            Expected(-2047944441, 1'000'003));
  EXPECT_EQ(Bucket("iceberg", LogicalType::VARCHAR), Expected(1210000089, 1'000'003));
  EXPECT_EQ(Bucket("f79c3e09-677c-4bbd-a479-3f349cb785e7", LogicalType::UUID),
            Expected(1488055340, 1'000'003));
  EXPECT_EQ(BucketOf(Value::BLOB_RAW(std::string("\x00\x01\x02\x03", 4)), 1'000'003),
            Expected(-188683207, 1'000'003));
}

TEST(BucketHashTest, HashesEveryLength) {
  EXPECT_EQ(Murmur3(""), 0U);
  EXPECT_EQ(Murmur3("a"), 0x3c2569b2U);
  EXPECT_EQ(Murmur3("abc"), 0xb3dd93faU);
  EXPECT_EQ(Murmur3("Hello, world!"), 0xc0363e43U);
}

}  // namespace
}  // namespace icefall
