#include "icedb/bucket.h"

#include <array>
#include <string>

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "base/endian.h"

namespace icefall::icedb {
namespace {

// By OpenSSL's MD5.
uint64_t Expected(const std::string& text) {
  std::array<unsigned char, 16> digest;
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_md5(), nullptr);
  return LoadLittleEndian<uint64_t>(reinterpret_cast<const char*>(digest.data()) + 8);
}

TEST(BucketTest, IsThatOfTheStandard) {
  // The second half of d41d8cd98f00b204e9800998ecf8427e, which RFC 1321 gives for no text.
  EXPECT_EQ(BucketNumber(""), 0x7e42f8ec980980e9);
  EXPECT_EQ(BucketNumber("abc"), Expected("abc"));
}

TEST(BucketTest, TakesTextsOfAnyLength) {
  std::string text;
  for (int length = 0; length < 300; ++length) {
    EXPECT_EQ(BucketNumber(text), Expected(text)) << length;
    text += static_cast<char>(length * 7 + 1);
  }
}

}  // namespace
}  // namespace icefall::icedb
