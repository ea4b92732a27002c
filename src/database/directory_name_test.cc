#include "database/directory_name.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(DirectoryNameTest, PlainNamesStayAndOthersAreEncoded) {
  EXPECT_EQ(DirectoryNameFor({"main", "orders-2"}), "orders-2");
  EXPECT_EQ(DirectoryNameFor({"sales", "orders"}), "sales.orders");
  EXPECT_EQ(DirectoryNameFor({"main", "a.b"}), "main.a%2Eb");
  EXPECT_EQ(DirectoryNameFor({"main", "../x"}), "main.%2E%2E%2Fx");
  EXPECT_EQ(DirectoryNameFor({"main", "_log"}), "main._log");
  EXPECT_EQ(DirectoryNameFor({"_catalog", "_log"}), "%5Fcatalog._log");
  EXPECT_EQ(DirectoryNameFor({"", "x"}), "%2Ex");
  EXPECT_EQ(DirectoryNameFor({"main", std::string("\0", 1)}), "main.%00");
}

TEST(DirectoryNameTest, LongNamesAreCutAndStayApart) {
  const std::string a = DirectoryNameFor({"main", std::string(500, 'n') + "a"});
  const std::string b = DirectoryNameFor({"main", std::string(500, 'n') + "b"});
  EXPECT_NE(a, b);
  EXPECT_LT(a.size(), kDirectoryBytesMax);
  EXPECT_LT(
      DirectoryNameFor({"main", std::string(500, 'n')}, "019aa4bb-c340-7000-acf8-948dfd081768")
          .size(),
      kDirectoryBytesMax);
}

TEST(DirectoryNameTest, TakenNameGetsTheRandomPartOfTheUuid) {
  EXPECT_EQ(DirectoryNameFor({"main", "t"}, "019aa4bb-c340-7000-acf8-948dfd081768"),
            "t-948dfd081768");
}

}  // namespace
}  // namespace icefall
