#include "base/percent_encoding.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(PercentEncoding, KeepsLettersDigitsAndWhatIsNamedPlain) {
  EXPECT_EQ(PercentEncode("aZ9-./~ \xc3\xa9%+", "-.~"), "aZ9-.%2F~%20%C3%A9%25%2B");
  EXPECT_EQ(PercentEncode("a/b", "/"), "a/b");
  EXPECT_EQ(PercentEncode(std::string_view("\0", 1), ""), "%00");
}

TEST(PercentEncoding, DecodesWhatItEncoded) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
  EXPECT_EQ(PercentDecode(PercentEncode(bytes, "")), bytes);
  EXPECT_EQ(PercentDecode("%2f%2F"), "//");
}

TEST(PercentEncoding, LeavesAPercentSignWithoutDigitsAlone) {
  EXPECT_EQ(PercentDecode("%"), "%");
  EXPECT_EQ(PercentDecode("50%, %4, %zz%41"), "50%, %4, %zzA");
}

}  // namespace
}  // namespace icefall
