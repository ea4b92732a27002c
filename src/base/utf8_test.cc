#include "base/utf8.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(Utf8Test, RefusesWhatIsNotUtf8) {
  for (const char* good : {"", "ascii only", "grün", "日本語", "😀", "12345678\xc3\xa9"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xe0\x9f\xbf", "12345678\xff"}) {
    EXPECT_FALSE(IsUtf8(bad)) << HexEscaped(bad);
  }
}

TEST(Utf8Test, EscapesWhatCannotBePrinted) { EXPECT_EQ(HexEscaped("a\n\xFF~"), "a\\x0a\\xff~"); }

}  // namespace
}  // namespace icefall
