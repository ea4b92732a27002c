#include "icedb/names.h"

#include <string>

#include <gtest/gtest.h>

namespace icefall::icedb {
namespace {

TEST(NamesTest, LogNamesComeBack) {
  for (const LogName& name : {LogName{1702822195892, false, "dan-mbp"}, LogName{5, true, "a_b"},
                              LogName{1702822195892, true, "host"}}) {
    EXPECT_EQ(ParseLogName("some/prefix/_log/" + FormatLogName(name)), name);
  }
  EXPECT_EQ(FormatLogName({12, true, "h"}), "12_m_h.jsonl");
}

TEST(NamesTest, ForeignNamesAreNoLogNames) {
  for (const char* name : {"README.md", "notes.jsonl", "12.jsonl", "12_h.json", "x12_h.jsonl",
                           "-1_h.jsonl", "99999999999999999999_h.jsonl", "", "12_h.jsonl.tmp"}) {
    EXPECT_EQ(ParseLogName(name), std::nullopt) << name;
  }
}

TEST(NamesTest, HostsThatWouldBeMisreadAreRefused) {
  EXPECT_TRUE(ValidateHost("dan-mbp"));
  EXPECT_TRUE(ValidateHost("a_m_b"));
  for (const char* host : {"", "m_x", "a/b", "a\nb"}) EXPECT_FALSE(ValidateHost(host)) << host;
}

TEST(NamesTest, PartitionIsCutAtTheTablesOwnPrefix) {
  EXPECT_EQ(PartitionOf("user_data/t1", "user_data/t1/_data/u=a/d=1/f.parquet"), "u=a/d=1");
  EXPECT_EQ(PartitionOf("t", "t/_data/x_data/y/f.parquet"), "x_data/y");
  EXPECT_EQ(PartitionOf("t", "t/_data/f.parquet"), "");
  EXPECT_EQ(PartitionOf("copy", "t/_data/u=a/f.parquet"), "u=a");
  EXPECT_EQ(PartitionOf("", "_data/u=a/f.parquet"), "u=a");
}

TEST(NamesTest, DataKeysKeepPartitionsAsTheyAre) {
  const std::string partition = "name=A b%41/ü=€";
  const auto key = DataKey("p", partition, "f.parquet");
  ASSERT_TRUE(key);
  EXPECT_EQ(*key, "p/_data/" + partition + "/f.parquet");
  EXPECT_EQ(PartitionOf("p", *key), partition);
  EXPECT_EQ(*DataKey("p", "", "f.parquet"), "p/_data/f.parquet");
  EXPECT_FALSE(DataKey("p", "a//b", "f.parquet"));
  EXPECT_FALSE(DataKey("p", "..", "f.parquet"));
}

}  // namespace
}  // namespace icefall::icedb
