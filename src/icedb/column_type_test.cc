#include "icedb/column_type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall::icedb {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string Common(std::string_view left, std::string_view right) {
  const auto one = CommonType(left, right).value_or("none");
  EXPECT_EQ(CommonType(right, left).value_or("none").size(), one.size()) << left << right;
  return one;
}

TEST(ColumnTypeTest, NumbersWidenWhereNoValueIsLost) {
  EXPECT_EQ(Common("INTEGER", "BIGINT"), "BIGINT");
  EXPECT_EQ(Common("UINTEGER", "INTEGER"), "BIGINT");
  EXPECT_EQ(Common("UBIGINT", "BIGINT"), "HUGEINT");
  EXPECT_EQ(Common("UHUGEINT", "BIGINT"), "none");
  EXPECT_EQ(Common("FLOAT", "DOUBLE"), "DOUBLE");
  EXPECT_EQ(Common("SMALLINT", "FLOAT"), "FLOAT");
  EXPECT_EQ(Common("INTEGER", "FLOAT"), "DOUBLE");
  EXPECT_EQ(Common("BIGINT", "DOUBLE"), "none");
  EXPECT_EQ(Common("DECIMAL(3,2)", "DECIMAL(5,1)"), "DECIMAL(6,2)");
  EXPECT_EQ(Common("DECIMAL(38,0)", "DECIMAL(38,38)"), "none");
}

TEST(ColumnTypeTest, OtherTypesKeepToThemselves) {
  EXPECT_EQ(Common("BIGINT", "VARCHAR"), "none");
  EXPECT_EQ(Common("DATE", "TIMESTAMP"), "TIMESTAMP");
  EXPECT_EQ(Common("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), "none");
  EXPECT_EQ(Common("\"NULL\"", "VARCHAR"), "VARCHAR");
  EXPECT_EQ(Common("\"NULL\"[]", "BIGINT[]"), "BIGINT[]");
}

TEST(ColumnTypeTest, NestedTypesWidenInside) {
  EXPECT_EQ(Common("INTEGER[]", "BIGINT[]"), "BIGINT[]");
  EXPECT_EQ(Common("INTEGER[3]", "BIGINT[]"), "none");
  EXPECT_EQ(Common("STRUCT(x BIGINT, y VARCHAR)", "STRUCT(y VARCHAR, z DATE)"),
            "STRUCT(x BIGINT, y VARCHAR, z DATE)");
  EXPECT_EQ(Common("STRUCT(\"a, (b\" INTEGER, c STRUCT(d FLOAT)[])",
                   "STRUCT(\"a, (b\" BIGINT, c STRUCT(d DOUBLE)[])"),
            "STRUCT(\"a, (b\" BIGINT, c STRUCT(d DOUBLE)[])");
  EXPECT_EQ(Common("STRUCT(x BIGINT)", "STRUCT(x VARCHAR)"), "none");
  EXPECT_EQ(Common("MAP(VARCHAR, INTEGER)", "MAP(VARCHAR, BIGINT)"), "MAP(VARCHAR, BIGINT)");
}

TEST(ColumnTypeTest, TextThatIsNoTypeIsOnlyLikeItself) {
  for (const char* text : {"", "STRUCT(", "]", "DECIMAL(1)", "STRUCT(\"a", "MAP()", "(((("}) {
    EXPECT_TRUE(CanHold(text, text)) << text;
    EXPECT_FALSE(CanHold(text, "BIGINT")) << text;
  }
}

TEST(ColumnTypeTest, UnionKeepsTheOrderAndNamesConflicts) {
  Columns all = {{"b", "INTEGER"}, {"a", "VARCHAR"}};
  std::vector<TypeConflict> conflicts;
  UniteColumns({{"c", "DATE"}, {"a", "BIGINT"}, {"b", "BIGINT"}}, "log", all, conflicts);
  EXPECT_THAT(all, ElementsAre(Pair("b", "BIGINT"), Pair("a", "VARCHAR"), Pair("c", "DATE")));
  ASSERT_EQ(conflicts.size(), 1);
  EXPECT_EQ(conflicts[0].column, "a");
  EXPECT_EQ(conflicts[0].type, "VARCHAR");
  EXPECT_EQ(conflicts[0].new_type, "BIGINT");
  EXPECT_EQ(conflicts[0].source, "log");
}

TEST(ColumnTypeTest, AnInsertTakesTheTablesTypes) {
  const Columns table = {{"a", "BIGINT"}, {"s", "STRUCT(x BIGINT, y BIGINT)"}};
  const auto fits =
      FitColumns(table, {{"s", "STRUCT(y BIGINT)"}, {"a", "INTEGER"}, {"new", "DATE"}});
  EXPECT_THAT(fits.columns, ElementsAre(Pair("s", "STRUCT(x BIGINT, y BIGINT)"),
                                        Pair("a", "BIGINT"), Pair("new", "DATE")));
  EXPECT_THAT(fits.conflicts, IsEmpty());
  EXPECT_EQ(FitColumns(table, {{"a", "VARCHAR"}}).conflicts.size(), 1);
  // The table would have to change.
  EXPECT_EQ(FitColumns({{"a", "INTEGER"}}, {{"a", "BIGINT"}}).conflicts.size(), 1);
}

}  // namespace
}  // namespace icefall::icedb
