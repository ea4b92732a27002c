#include "icedb/log_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall::icedb {
namespace {

using ::testing::ElementsAre;

ListedLog Log(int64_t ms, bool merged, LogFile file) {
  const LogName name = {ms, merged, "h"};
  return {FormatLogName(name), name, std::make_shared<const LogFile>(std::move(file))};
}

FileMarker Alive(const std::string& path) { return {path, 1, 10, {}}; }
FileMarker Dead(const std::string& path, int64_t ms) { return {path, 1, 10, ms}; }

class LogBuilderTest : public ::testing::Test {
 protected:
  const TableState state_{
      {Log(1, false, {.schema = {{"x", "BIGINT"}}, .files = {Alive("a"), Alive("b")}}),
       Log(2, false, {.files = {Alive("c")}}),
       Log(3, true,
           {.tombstones = {{"1_h.jsonl", 3}, {"0_h.jsonl", 2}},
            .files = {Dead("a", 3), Alive("b"), Alive("d")},
            .carried_count = 2})}};
};

TEST_F(LogBuilderTest, AMergeNamesTheOtherFilesOfItsSources) {
  MaintenanceDraft draft{.operation = "merge", .killed = {"d", "c"}, .added = {Alive("e")}};
  draft.superseded = SourceLogs(state_, draft.killed);
  EXPECT_THAT(draft.superseded, ElementsAre("2_h.jsonl", "3_m_h.jsonl"));
  const LogFile log = BuildLog(state_, draft, 9);
  EXPECT_EQ(log.ms, 9);
  EXPECT_EQ(log.schema, (Columns{{"x", "BIGINT"}}));
  EXPECT_THAT(log.files,
              ElementsAre(Dead("a", 3), Alive("b"), Dead("c", 9), Dead("d", 9), Alive("e")));
  // What was superseded before keeps its time, what is gone is forgotten, and the log stands for
  // what its sources stood for.
  EXPECT_THAT(log.tombstones,
              ElementsAre(LogTombstone{"1_h.jsonl", 3}, LogTombstone{"2_h.jsonl", 9},
                          LogTombstone{"3_m_h.jsonl", 9}));
  EXPECT_EQ(log.carried_count, 3);
}

TEST_F(LogBuilderTest, ADeletedFileIsForgottenUnlessALogThatStaysTakesItToBeAlive) {
  MaintenanceDraft draft{.operation = "cleanup"};
  draft.superseded = {"3_m_h.jsonl"};
  draft.deleted_data = {"a"};
  EXPECT_THAT(BuildLog(state_, draft, 9).files, ElementsAre(Dead("a", 3), Alive("b"), Alive("d")));
  draft.deleted_logs = {"1_h.jsonl"};
  const LogFile log = BuildLog(state_, draft, 9);
  EXPECT_THAT(log.files, ElementsAre(Alive("b"), Alive("d")));
  // Until it is gone, nobody may read it without the one that says that "a" is dead.
  EXPECT_THAT(log.tombstones,
              ElementsAre(LogTombstone{"1_h.jsonl", 3}, LogTombstone{"3_m_h.jsonl", 9}));
  EXPECT_EQ(log.carried_count, 2);
}

TEST_F(LogBuilderTest, TheDraftsSchemaGoesFirst) {
  MaintenanceDraft draft{.operation = "repair"};
  draft.schema = Columns{{"x", "VARCHAR"}};
  EXPECT_EQ(BuildLog(state_, draft, 9).schema, *draft.schema);
}

}  // namespace
}  // namespace icefall::icedb
