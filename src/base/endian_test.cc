#include "base/endian.h"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(Endian, WritesBytesInTheNamedOrder) {
  std::string bytes;
  AppendLittleEndian<uint32_t>(0x01020304, bytes);
  AppendBigEndian<uint32_t>(0x01020304, bytes);
  AppendLittleEndian<uint16_t>(0x0506, bytes);
  EXPECT_EQ(bytes, "\x04\x03\x02\x01\x01\x02\x03\x04\x06\x05");
}

TEST(Endian, ReadsUnalignedBytes) {
  const std::string bytes = "x\x01\x02\x03\x04\x05\x06\x07\x08";
  EXPECT_EQ(LoadLittleEndian<uint64_t>(bytes.data() + 1), 0x0807060504030201u);
  EXPECT_EQ(LoadBigEndian<uint64_t>(bytes.data() + 1), 0x0102030405060708u);
  EXPECT_EQ(LoadLittleEndian<uint8_t>(bytes.data() + 1), 1u);
}

}  // namespace
}  // namespace icefall
