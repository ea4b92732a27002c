#include "base/base64.h"

#include <string>

#include <gtest/gtest.h>

namespace icefall {
namespace {

// The vectors of RFC 4648 section 10.
TEST(Base64, MatchesTheRfc) {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(Base64Encode(bytes), text);
    auto decoded = Base64Decode(text);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().message();
    EXPECT_EQ(*decoded, bytes);
  }
}

TEST(Base64, KeepsEveryByteValue) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const std::string part = bytes.substr(256 - size);
    auto decoded = Base64Decode(Base64Encode(part));
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(*decoded, part);
  }
}

TEST(Base64, RefusesWrongText) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "====", "Z===", "Zg==Zg==", "Zm9v=", "Zm 9",
                           "Zm9\n", "Zm9-", "Zm9_", "=g==", "Zh==", "Zm9="}) {
    auto decoded = Base64Decode(text);
    ASSERT_FALSE(decoded.has_value()) << text;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace icefall
