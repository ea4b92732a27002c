#include "session/identifier.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(ParseName, PutsAPlainNameIntoMain) {
  EXPECT_EQ(QuoteName(ParseName("orders")), R"("main"."orders")");
}

TEST(ParseName, SplitsSchemaAndTable) {
  EXPECT_EQ(QuoteName(ParseName("sales.orders")), R"("sales"."orders")");
  EXPECT_EQ(QuoteName(ParseName(R"("a.b"."c.d")")), R"("a.b"."c.d")");
}

TEST(ParseName, TakesQuotesOffAWholeName) {
  EXPECT_EQ(ParseName(R"("orders.2024")").name, "orders.2024");
  EXPECT_EQ(ParseName(R"("say ""hi""")").name, R"(say "hi")");
}

TEST(ParseName, LeavesOddNamesAlone) {
  for (const char* name : {"..", "a/b", "a\"b", "\"", "select", "with space", "grün", ".hidden"}) {
    EXPECT_EQ(ParseName(name).name, name);
    EXPECT_EQ(ParseName(name).schema, "main");
  }
}

}  // namespace
}  // namespace icefall
