#include "icedb/log_file.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall::icedb {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

LogFile Sample() {
  return {.ms = 1702822195900,
          .schema = {{"ts", "BIGINT"}, {"Ünï", "STRUCT(x BIGINT, y VARCHAR)"}},
          .tombstones = {{"p/_log/1_h.jsonl", 5}, {"p/_log/2_h.jsonl", 6}},
          .files = {{"p/_data/u=a/1.parquet", 7, 693, 8}, {"p/_data/u=b/2.parquet", 9, 1, {}}},
          .carried_count = 2,
          .id = "x"};
}

TEST(LogFileTest, ComesBack) {
  const LogFile log = Sample();
  const auto bytes = EncodeLogFile(log);
  ASSERT_TRUE(bytes);
  const auto back = DecodeLogFile(*bytes, "log");
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(*back, log);
}

TEST(LogFileTest, HasTheOriginalsLines) {
  const auto bytes = EncodeLogFile({.ms = 3,
                                    .schema = {{"b", "BIGINT"}, {"a", "VARCHAR"}},
                                    .tombstones = {{"p/_log/1_h.jsonl", 5}},
                                    .files = {{"p/_data/u=a/1.parquet", 7, 693, {}}}});
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes,
            "{\"v\":1,\"sch\":1,\"f\":3,\"t\":3,\"tmb\":2}\n"
            "{\"b\":\"BIGINT\",\"a\":\"VARCHAR\"}\n"
            "{\"p\":\"p/_log/1_h.jsonl\",\"t\":5}\n"
            "{\"p\":\"p/_data/u=a/1.parquet\",\"b\":693,\"t\":7}");
  EXPECT_THAT(*EncodeLogFile({.ms = 3}), Not(HasSubstr("tmb")));
}

TEST(LogFileTest, ReadsWhatTheOriginalWritesAndMore) {
  const auto log = DecodeLogFile(
      "{\"v\": \"1\", \"sch\": 1, \"f\": 2, \"t\": 1702822195900, \"new\": [1]}\n{}\n"
      "{\"p\": \"a\", \"b\": 1, \"t\": 2, \"rows\": 3}\n",
      "log");
  ASSERT_TRUE(log) << log.error().message();
  EXPECT_EQ(log->files, (std::vector<FileMarker>{{"a", 2, 1, {}}}));
  // insert([]) of the original.
  EXPECT_TRUE(DecodeLogFile("{\"v\":1,\"sch\":1,\"f\":2,\"t\":1}\n{}", "log"));
}

TEST(LogFileTest, DamageNamesFileAndLine) {
  const std::string bytes = *EncodeLogFile(Sample());
  const auto message = [](const std::string& text) {
    const auto log = DecodeLogFile(text, "p/_log/1_h.jsonl");
    return log ? std::string("read") : log.error().message();
  };
  EXPECT_THAT(message(bytes.substr(0, bytes.size() - 3)), HasSubstr("p/_log/1_h.jsonl, line 6"));
  EXPECT_THAT(message(""), HasSubstr("line 1: no JSON"));
  EXPECT_THAT(message("[]\n{}"), HasSubstr("line 1: no JSON object"));
  EXPECT_THAT(message("{\"v\":1,\"sch\":1,\"f\":9,\"t\":1}\n{}"), HasSubstr("line numbers"));
  EXPECT_THAT(message("{\"v\":1,\"sch\":-1,\"f\":2,\"t\":1}\n{}"), HasSubstr("line numbers"));
  EXPECT_THAT(message("{\"v\":2,\"sch\":1,\"f\":2,\"t\":1}\n{}"), HasSubstr("version 2"));
  EXPECT_THAT(message("{\"v\":1,\"sch\":1,\"f\":2}\n{}"), HasSubstr("\"t\" is missing"));
  EXPECT_THAT(message("{\"v\":1,\"sch\":1,\"f\":2,\"t\":1}\n{\"a\":1}"), HasSubstr("line 2"));
  EXPECT_THAT(message("{\"v\":1,\"sch\":1,\"f\":2,\"t\":1}\n{}\n{\"p\":\"a\",\"t\":1}"),
              HasSubstr("line 3: \"b\" is missing"));
}

// A log that was cut anywhere is never taken for another one.
TEST(LogFileTest, EveryPrefixIsRefusedOrEndsAtALine) {
  const std::string bytes = *EncodeLogFile(Sample());
  for (size_t size = 0; size < bytes.size(); ++size) {
    if (bytes[size] == '\n' || (size > 0 && bytes[size - 1] == '\n')) continue;
    EXPECT_FALSE(DecodeLogFile(bytes.substr(0, size), "log")) << size;
  }
}

TEST(LogFileTest, NamesThatAreNoTextAreRefused) {
  EXPECT_FALSE(EncodeLogFile({.schema = {{"\xff", "BIGINT"}}}));
  EXPECT_FALSE(EncodeLogFile({.files = {{"\xff", 1, 1, {}}}}));
}

}  // namespace
}  // namespace icefall::icedb
