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

TEST(DirectoryNameTest, DirectoriesLeadBackToNames) {
  constexpr const char* kUuid = "019aa4bb-c340-7000-acf8-948dfd081768";
  for (const ObjectName& name :
       {ObjectName{"main", "orders-2"}, ObjectName{"sales", "orders"}, ObjectName{"main", "a.b"},
        ObjectName{"_catalog", "_log"}, ObjectName{"", "x"},
        ObjectName{"main",
                   "Gr\xc3\xb6\xc3\x9f"
                   "e"}}) {
    EXPECT_EQ(NameOfDirectory(DirectoryNameFor(name), kUuid), name) << name.name;
    EXPECT_EQ(NameOfDirectory(DirectoryNameFor(name, kUuid), kUuid), name) << name.name;
  }
  EXPECT_EQ(NameOfDirectory("t-0123456789ab", kUuid), (ObjectName{"main", "t-0123456789ab"}));
  const std::string cut = DirectoryNameFor({"main", std::string(500, 'n')});
  EXPECT_EQ(NameOfDirectory(cut, kUuid), std::nullopt);
  EXPECT_EQ(NameOfDirectory("sales." + std::string(300, 'n'), kUuid), std::nullopt);
  EXPECT_EQ(NameOfDirectory("a b", kUuid), std::nullopt);
}

}  // namespace
}  // namespace icefall
