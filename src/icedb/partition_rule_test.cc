#include "icedb/partition_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall::icedb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(PartitionRuleTest, EachKeyHasATransformOfAColumn) {
  const auto rule =
      ParsePartitionRule("user, d=day(ts) , h = hour(\"at \"\"x\"\"\", s),b = bucket(16, id)");
  ASSERT_TRUE(rule.has_value()) << rule.error().message();
  EXPECT_THAT(*rule,
              ElementsAre(PartitionField{"user", PartitionTransform::kIdentity, "user"},
                          PartitionField{"d", PartitionTransform::kDay, "ts"},
                          PartitionField{"h", PartitionTransform::kHour, "at \"x\"", 0, 1'000'000},
                          PartitionField{"b", PartitionTransform::kBucket, "id", 16}));
}

TEST(PartitionRuleTest, WhatIsNoRuleIsRefusedWithWhatWasExpected) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "a name"},
      {"u,", "a name"},
      {"u v", "',' or the end"},
      {"day(ts)", "a key before the transform"},
      {"d = week(ts)", "identity, year, month, day, hour or bucket"},
      {"d = day(ts", "')'"},
      {"d = day(ts, m)", "the unit s, ms or us"},
      {"b = bucket(0, id)", "a number of buckets"},
      {"b = bucket(x, id)", "a number of buckets"},
      {"b = bucket(3)", "',' and a column"},
      {"u, u = identity(v)", "each key once"},
      {"\"a/b\" = identity(v)", "a key without = and /"},
      {"\"open", "at the end of a name"},
  };
  for (const auto& [text, expected] : cases) {
    const auto rule = ParsePartitionRule(text);
    ASSERT_FALSE(rule.has_value()) << text;
    EXPECT_EQ(rule.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(rule.error().message(), HasSubstr(expected));
  }
}

TEST(PartitionRuleTest, KeysOfAPartitionAreDecoded) {
  EXPECT_THAT(KeysOfPartition("u=a b/d=50%25%2Fx=y"),
              ElementsAre(Pair("u", "a b"), Pair("d", "50%/x=y")));
  EXPECT_THAT(KeysOfPartition("plain/=x/u=100%/v=__HIVE_DEFAULT_PARTITION__/w="),
              ElementsAre(Pair("u", "100%"), Pair("v", std::nullopt), Pair("w", "")));
  EXPECT_THAT(KeysOfPartition(""), ElementsAre());
}

TEST(PartitionRuleTest, NamesAreQuotedInSql) {
  EXPECT_EQ(PartitionSql({{"it's", PartitionTransform::kIdentity, "a\"b"}}),
            "'it''s=' || coalesce(nullif(replace(replace(CAST(\"a\"\"b\" AS VARCHAR), '%', "
            "'%25'), '/', '%2F'), ''), '__HIVE_DEFAULT_PARTITION__')");
}

}  // namespace
}  // namespace icefall::icedb
