#include "icedb/table_options.h"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory_store.h"

namespace icefall::icedb {
namespace {

TEST(TableOptionsTest, OptionsComeBack) {
  const auto store = std::make_unique<MemoryStore>();
  EXPECT_EQ(*ReadTableOptions(*store, "t"), TableOptions{});
  const TableOptions options{"u, d = day(ts)", "ts, \"Trip Start\"", "ZSTD"};
  ASSERT_TRUE(StoreTableOptions(*store, "t", options).has_value());
  EXPECT_EQ(*ReadTableOptions(*store, "t"), options);
  EXPECT_EQ(*ReadTableOptions(*store, "other"), TableOptions{});
}

TEST(TableOptionsTest, WhatCannotBeReadIsNamed) {
  const auto store = std::make_unique<MemoryStore>();
  EXPECT_EQ(StoreTableOptions(*store, "t", {"d = week(ts)", "", ""}).error().code(),
            ErrorCode::kInvalidArgument);
  for (const char* bytes :
       {"", "[]", R"({"sort_order": 1})", R"x({"partition_by": "d = week(ts)"})x"}) {
    ASSERT_TRUE(
        store->Put("t/_maintenance/options.json", bytes, PutCondition::Always()).has_value());
    const auto read = ReadTableOptions(*store, "t");
    ASSERT_FALSE(read.has_value()) << bytes;
    EXPECT_EQ(read.error().code(), ErrorCode::kCorruption);
    EXPECT_THAT(read.error().message(), ::testing::HasSubstr("t/_maintenance/options.json"));
  }
}

}  // namespace
}  // namespace icefall::icedb
