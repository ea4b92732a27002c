#include "icedb/table_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall::icedb {
namespace {

ListedLog Log(int64_t ms, bool merged, LogFile file) {
  file.ms = ms;
  const LogName name = {ms, merged, "h"};
  return {"p/_log/" + FormatLogName(name), name, std::make_shared<const LogFile>(std::move(file))};
}

TEST(TableStateTest, TheLastMarkerOfAPathHolds) {
  const TableState state({Log(1, false, {.files = {{"a", 1, 10, {}}, {"b", 1, 20, {}}}}),
                          Log(2, true,
                              {.tombstones = {{"p/_log/1_h.jsonl", 2}},
                               .files = {{"a", 1, 10, 2}, {"b", 1, 20, {}}, {"c", 2, 30, {}}}})});
  ASSERT_EQ(state.files().size(), 3);
  EXPECT_FALSE(state.Find("a")->marker.is_alive());
  EXPECT_EQ(state.Find("a")->log, 1);
  EXPECT_TRUE(state.Find("c")->marker.is_alive());
  EXPECT_EQ(state.Find("d"), nullptr);
  EXPECT_EQ(state.tombstones().at("p/_log/1_h.jsonl"), 2);
  EXPECT_EQ(state.newest_ms(), 2);
  EXPECT_NE(state.FindLog("p/_log/2_m_h.jsonl"), nullptr);
  EXPECT_EQ(state.FindLog("p/_log/3_h.jsonl"), nullptr);
}

TEST(TableStateTest, AnEarlierTombstoneOfALogHolds) {
  const TableState state({Log(5, true, {.tombstones = {{"x", 9}}}),
                          Log(6, true, {.tombstones = {{"x", 4}, {"y", 6}}})});
  EXPECT_EQ(state.tombstones().at("x"), 4);
}

TEST(TableStateTest, SchemasAreUnited) {
  const TableState state({Log(1, false, {.schema = {{"a", "INTEGER"}}}),
                          Log(2, false, {.schema = {{"b", "VARCHAR"}, {"a", "BIGINT"}}}),
                          Log(3, false, {.schema = {{"b", "DATE"}}})});
  EXPECT_EQ(state.schema(), (Columns{{"a", "BIGINT"}, {"b", "VARCHAR"}}));
  ASSERT_EQ(state.conflicts().size(), 1);
  EXPECT_EQ(state.conflicts()[0].source, "p/_log/3_h.jsonl");
}

}  // namespace
}  // namespace icefall::icedb
