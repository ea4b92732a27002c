// The stored form of deletion vectors: fixed bytes, golden file, hostile bytes.
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/endian.h"
#include "base/hash.h"
#include "base/hex.h"
#include "format/deletion_vector.h"

namespace icefall {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t k4G = uint64_t{1} << 32;
constexpr uint64_t kNoLimit = UINT64_MAX;

// Spaces in `hex` are for the reader.
std::string Bytes(std::string hex) {
  std::erase(hex, ' ');
  return *FromHex(hex);
}

// Puts `payload` (bucket count and buckets) between length, magic and a right checksum.
std::string Wrap(std::string_view payload) {
  const std::string content = Bytes("d1d33964") + std::string(payload);
  std::string blob;
  AppendBigEndian(static_cast<uint32_t>(content.size()), blob);
  blob += content;
  AppendBigEndian(Crc32(content), blob);
  return blob;
}

std::vector<uint64_t> Positions(const DeletionVector& vector) {
  std::vector<uint64_t> positions;
  vector.ForEach([&](uint64_t position) {
    positions.push_back(position);
    return true;
  });
  return positions;
}

void ExpectCorrupt(std::string_view blob, uint64_t position_limit, std::string_view reason) {
  const auto read = DeletionVector::Deserialize(blob, position_limit);
  ASSERT_FALSE(read.has_value()) << "expected an error about: " << reason;
  EXPECT_EQ(read.error().code(), ErrorCode::kCorruption);
  EXPECT_THAT(read.error().message(), HasSubstr(std::string(reason)));
}

// Computed by hand from the Puffin and roaring specifications for {1, 5, 2^32 + 7}.
const std::string kThreePositions = Bytes(
    "0000003a"                                       // 58 bytes up to the checksum
    "d1d33964 0200000000000000"                      // magic, two buckets
    "00000000 3a300000 01000000 0000 0100 10000000"  // key 0: one container, two values at 16
    "0100 0500"                                      //
    "01000000 3a300000 01000000 0000 0000 10000000"  // key 1: one container, one value at 16
    "0700"                                           //
    "2b8b8db5");                                     // CRC-32 as Python's zlib.crc32 has it

TEST(DeletionVectorBytes, AreAsComputedByHand) {
  DeletionVector vector;
  vector.AddMany(std::vector<uint64_t>{1, 5, k4G + 7});
  EXPECT_EQ(vector.Serialize(), kThreePositions);
  const auto read = DeletionVector::Deserialize(kThreePositions, k4G + 8);
  ASSERT_TRUE(read.has_value()) << read.error().message();
  EXPECT_THAT(Positions(*read), ElementsAre(1, 5, k4G + 7));
}

TEST(DeletionVectorBytes, OfTheDeltaProtocolExampleReadBack) {
  // The inline example of Delta's PROTOCOL.md (Z85 "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D7
  // 2lkbi5=-{L"), in the length and checksum that files put around it.
  const std::string blob = Bytes(
      "0000002c d1d33964 0100000000000000 00000000 3a300000 01000000 0000 0500 10000000"
      "0300 0400 0700 0b00 1200 1d00 acd74a79");
  const auto read = DeletionVector::Deserialize(blob, 30);
  ASSERT_TRUE(read.has_value()) << read.error().message();
  EXPECT_THAT(Positions(*read), ElementsAre(3, 4, 7, 11, 18, 29));
}

TEST(DeletionVectorBytes, OfTheGoldenFileStayTheSame) {
  std::ifstream file(ICEFALL_GOLDEN_DIR "/deletion_vector_v1.bin", std::ios::binary);
  ASSERT_TRUE(file.is_open());
  std::ostringstream blob;
  blob << file.rdbuf();
  DeletionVector expected;
  expected.AddMany(std::vector<uint64_t>{1, 5, k4G + 7});
  expected.AddRange(65546, 66537);
  const auto read = DeletionVector::Deserialize(blob.str(), k4G + 8);
  ASSERT_TRUE(read.has_value()) << read.error().message();
  EXPECT_EQ(*read, expected);
  EXPECT_EQ(expected.Serialize(), blob.str());
}

TEST(DeletionVectorBytes, OfAnEmptyVectorReadBack) {
  const std::string blob = DeletionVector().Serialize();
  EXPECT_EQ(blob, Wrap(std::string(8, '\0')));
  const auto read = DeletionVector::Deserialize(blob, 0);
  ASSERT_TRUE(read.has_value()) << read.error().message();
  EXPECT_TRUE(read->empty());
}

TEST(DeletionVectorBytes, MayHoldEmptyBuckets) {
  // What Iceberg's Java writer makes of {2^32 + 7}: it fills skipped keys with empty bitmaps.
  const std::string blob =
      Wrap(Bytes("0200000000000000 00000000 3a300000 00000000"
                 "01000000 3a300000 01000000 0000 0000 10000000 0700"));
  const auto read = DeletionVector::Deserialize(blob, k4G + 8);
  ASSERT_TRUE(read.has_value()) << read.error().message();
  DeletionVector expected;
  expected.Add(k4G + 7);
  EXPECT_EQ(*read, expected);
}

TEST(DeletionVectorBytes, PastTheRowsAreCorrupt) {
  ExpectCorrupt(kThreePositions, k4G + 7, "position 4294967303 is set, expected less than");
  ExpectCorrupt(kThreePositions, 0, "position 4294967303 is set");
}

TEST(DeletionVectorBytes, CutAnywhereAreCorrupt) {
  for (size_t size = 0; size < kThreePositions.size(); ++size) {
    const auto read = DeletionVector::Deserialize(kThreePositions.substr(0, size), kNoLimit);
    ASSERT_FALSE(read.has_value()) << size;
    EXPECT_EQ(read.error().code(), ErrorCode::kCorruption);
  }
  EXPECT_FALSE(DeletionVector::Deserialize(kThreePositions + '\0', kNoLimit).has_value());
}

TEST(DeletionVectorBytes, WithAnyFlippedBitAreCorrupt) {
  for (size_t bit = 0; bit < kThreePositions.size() * 8; ++bit) {
    std::string blob = kThreePositions;
    blob[bit / 8] = static_cast<char>(blob[bit / 8] ^ (1 << bit % 8));
    const auto read = DeletionVector::Deserialize(blob, kNoLimit);
    ASSERT_FALSE(read.has_value()) << bit;
    EXPECT_EQ(read.error().code(), ErrorCode::kCorruption);
  }
}

TEST(DeletionVectorBytes, NamesWhatIsWrongInTheFrame) {
  std::string blob = kThreePositions;
  blob[3] = 0x3b;
  ExpectCorrupt(blob, kNoLimit, "length field is 59, expected 58");
  blob = kThreePositions;
  blob[4] = 0;
  ExpectCorrupt(blob, kNoLimit, "magic is 0x00d33964, expected 0xd1d33964");
  blob = kThreePositions;
  blob.back() = 0;
  ExpectCorrupt(blob, kNoLimit, "CRC-32");
  ExpectCorrupt("", kNoLimit, "0 bytes, expected at least 20");
}

TEST(DeletionVectorBytes, WithARightChecksumAreStillChecked) {
  const std::string one = "3a300000 01000000 0000 0000 10000000 0700";
  ExpectCorrupt(Wrap(Bytes("ffffffffffffffff")), kNoLimit, "ends before bucket 0 of");
  ExpectCorrupt(Wrap(Bytes("0100000000000000 000000")), kNoLimit, "ends before bucket 0 of 1");
  ExpectCorrupt(Wrap(Bytes("0200000000000000 00000000" + one + "00000000" + one)), kNoLimit,
                "bucket 1 has key 0, expected 1 or more");
  ExpectCorrupt(Wrap(Bytes("0200000000000000 05000000" + one + "04000000" + one)), kNoLimit,
                "bucket 1 has key 4, expected 6 or more");
  ExpectCorrupt(Wrap(Bytes("0100000000000000 00000000" + one + "00")), kNoLimit,
                "1 bytes follow the last of 1 buckets");
  ExpectCorrupt(Wrap(Bytes("0100000000000000 00000000 3b30ffff")), kNoLimit,
                "bucket 0: roaring bitmap: its headers need");
}

// The checksum is made right after the damage, so the inner checks have to hold. Whatever is
// accepted must be a proper vector: it reads back from its own bytes.
TEST(DeletionVectorBytes, DamagedUnderARightChecksumAreRefusedOrConsistent) {
  DeletionVector vector;
  vector.AddMany(std::vector<uint64_t>{1, 5, 70000, k4G + 7});
  vector.AddRange(131072, 131172);
  for (uint64_t position = 200000; position < 260000; position += 2) vector.Add(position);
  const std::string blob = vector.Serialize();
  const std::string payload = blob.substr(8, blob.size() - 12);
  std::mt19937 random(7);
  int refused_count = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = payload;
    // Most damage goes where the structure is, not into the bitset's words.
    const size_t span = i % 4 == 0 ? damaged.size() : 120;
    for (unsigned j = 0; j <= random() % 3; ++j) {
      damaged[random() % span] = static_cast<char>(random());
    }
    if (random() % 8 == 0) damaged.resize(random() % damaged.size());
    const auto read = DeletionVector::Deserialize(Wrap(damaged), 1000000);
    if (!read.has_value()) {
      EXPECT_EQ(read.error().code(), ErrorCode::kCorruption);
      ++refused_count;
      continue;
    }
    const std::vector<uint64_t> positions = Positions(*read);
    ASSERT_EQ(positions.size(), read->cardinality());
    for (size_t k = 1; k < positions.size(); ++k) ASSERT_LT(positions[k - 1], positions[k]);
    ASSERT_TRUE(positions.empty() || positions.back() < 1000000);
    const auto again = DeletionVector::Deserialize(read->Serialize(), 1000000);
    ASSERT_TRUE(again.has_value()) << again.error().message();
    ASSERT_EQ(*again, *read);
  }
  EXPECT_GT(refused_count, 10000);
}

}  // namespace
}  // namespace icefall
