#include "base/hex.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(Hex, WritesTwoLowerCaseDigitsForEachByte) {
  EXPECT_EQ(ToHex(std::string_view("\0\x0f\xff z", 5)), "000fff207a");
  EXPECT_EQ(ToHex(""), "");
}

TEST(Hex, ReadsDigitsOfEitherCase) {
  EXPECT_EQ(FromHex("000fFF207a"), std::string("\0\x0f\xff z", 5));
  EXPECT_EQ(FromHex(""), "");
}

TEST(Hex, RefusesWhatIsNotPairsOfDigits) {
  for (const char* text : {"0", "abc", "0g", "g0", " 1", "-1", "+1", "0x"}) {
    EXPECT_EQ(FromHex(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace icefall
