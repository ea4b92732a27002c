#include "icedb/maintenance_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall::icedb {
namespace {

TEST(MaintenanceHeadTest, ComesBack) {
  const MaintenanceHead head = {.number = 7,
                                .id = "x",
                                .host = "h",
                                .operation = "merge",
                                .ms = 12,
                                .log_key = "p/_log/12_m_h.jsonl",
                                .reserved_version = "\"etag\"",
                                .log_bytes = "{}\n{}",
                                .deleted_logs = {"p/_log/1_h.jsonl"},
                                .deleted_data = {"p/_data/ü/1.parquet"}};
  const auto back = DecodeHead(EncodeHead(head), "head");
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(back->number, 7);
  EXPECT_EQ(back->log_bytes, head.log_bytes);
  EXPECT_EQ(back->reserved_version, head.reserved_version);
  EXPECT_EQ(back->deleted_logs, head.deleted_logs);
  EXPECT_EQ(back->deleted_data, head.deleted_data);
  EXPECT_FALSE(back->finished);
}

TEST(MaintenanceHeadTest, OnceFinishedItIsSmall) {
  MaintenanceHead head;
  head.log_bytes.assign(100'000, 'x');
  head.finished = true;
  EXPECT_LT(EncodeHead(head).size(), 200);
  EXPECT_TRUE(DecodeHead(EncodeHead(head), "head")->finished);
}

TEST(MaintenanceHeadTest, DamageIsNamed) {
  for (const char* text : {"", "[]", "{\"number\":\"x\"}", "{\"number\":1}"}) {
    const auto head = DecodeHead(text, "p/_maintenance/head.json");
    ASSERT_FALSE(head) << text;
    EXPECT_EQ(head.error().code(), ErrorCode::kCorruption);
    EXPECT_THAT(head.error().message(), ::testing::StartsWith("p/_maintenance/head.json"));
  }
}

}  // namespace
}  // namespace icefall::icedb
