#include "icedb/operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall::icedb {
namespace {

using ::testing::ElementsAre;

FileMarker File(const std::string& name, uint64_t size_bytes,
                std::optional<int64_t> tombstone_ms = std::nullopt) {
  return {"p/_data/" + name, 1, size_bytes, tombstone_ms};
}

TableState StateOf(std::vector<FileMarker> files) {
  const LogName name = {1, false, "h"};
  LogFile log;
  log.files = std::move(files);
  return TableState({{FormatLogName(name), name, std::make_shared<const LogFile>(std::move(log))}});
}

std::vector<std::string> Paths(const std::optional<MergePlan>& plan) {
  std::vector<std::string> paths;
  if (plan) {
    for (const auto& file : plan->files) paths.push_back(file.path);
  }
  return paths;
}

TEST(OperationsTest, TheFullestPartitionIsMergedFirstSmallestFilesFirst) {
  const auto state =
      StateOf({File("a/1", 5), File("a/2", 5), File("b/1", 9), File("b/2", 7), File("b/3", 8),
               File("c/1", 1, 3), File("c/2", 1, 3), File("c/3", 1, 3), File("c/4", 1, 3)});
  EXPECT_THAT(Paths(PlanMerge(state, "p", {})),
              ElementsAre("p/_data/b/2", "p/_data/b/3", "p/_data/b/1"));
  EXPECT_EQ(PlanMerge(state, "p", {.order = MergeOrder::kFewestFiles})->partition, "a");
  EXPECT_EQ(PlanMerge(state, "p", {.order = MergeOrder::kNameAscending})->partition, "a");
  EXPECT_EQ(PlanMerge(state, "p", {.order = MergeOrder::kNameDescending})->partition, "b");
  EXPECT_EQ(PlanMerge(state, "p", {.partition_prefix = "a"})->partition, "a");
  EXPECT_EQ(PlanMerge(state, "p", {.partition_prefix = "x"}), std::nullopt);
}

TEST(OperationsTest, AMergeEndsAtItsLimits) {
  const auto state = StateOf({File("a/1", 5), File("a/2", 6), File("a/3", 7), File("a/4", 500)});
  EXPECT_THAT(PlanMerge(state, "p", {.file_count_max = 2})->files.size(), 2);
  EXPECT_THAT(PlanMerge(state, "p", {.file_count_max = 1})->files.size(), 2);
  EXPECT_THAT(PlanMerge(state, "p", {.size_bytes_max = 11})->files.size(), 2);
  EXPECT_THAT(PlanMerge(state, "p", {.size_bytes_max = 100})->files.size(), 3);
  EXPECT_EQ(PlanMerge(state, "p", {.size_bytes_max = 6}), std::nullopt);
}

TEST(OperationsTest, AReplacementOfADeadFileIsLost) {
  const auto state = StateOf({File("a/1", 5), File("a/2", 6, 9)});
  EXPECT_TRUE(DraftReplacement(state, "merge", {"p/_data/a/1"}, {}));
  EXPECT_EQ(DraftReplacement(state, "merge", {"p/_data/a/2"}, {}).error().code(),
            ErrorCode::kConflict);
  EXPECT_EQ(DraftReplacement(state, "merge", {"p/_data/a/3"}, {}).error().code(),
            ErrorCode::kConflict);
}

TEST(OperationsTest, RemovalTakesWholePartitionsUntilItHasEnough) {
  const auto state = StateOf({File("a/1", 5), File("b/1", 5), File("b/2", 5), File("c/1", 5)});
  const auto some = DraftRemoval(state, "p", {"x", "b", "b", "c"}, 1).value();
  EXPECT_THAT(some->killed, ElementsAre("p/_data/b/1", "p/_data/b/2"));
  EXPECT_THAT(DraftRemoval(state, "p", {"c", "a"}, 9).value()->killed,
              ElementsAre("p/_data/c/1", "p/_data/a/1"));
  EXPECT_EQ(DraftRemoval(state, "p", {"x"}, 9).value(), std::nullopt);
}

TEST(OperationsTest, PartitionsOfAliveFiles) {
  const auto state = StateOf({File("b/1", 5), File("a/1", 5), File("b/2", 5), File("c/1", 5, 2)});
  EXPECT_THAT(AlivePartitions(state, "p"), ElementsAre("b", "a"));
  EXPECT_EQ(AliveFilesOf(state, "p", "b").size(), 2);
  EXPECT_EQ(AliveFilesOf(state, "p", "c").size(), 0);
}

}  // namespace
}  // namespace icefall::icedb
