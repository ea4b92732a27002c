#include "commit/commit_page.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(CommitPageTest, CountsOnlyForItsFileAndItsBoot) {
  std::array<uint64_t, CommitPage::kWordCount> memory = {};
  CommitPage page(memory.data(), 7, "boot");
  EXPECT_FALSE(page.IsValid());
  page.Reset(DatabaseSequence(5), 100);
  EXPECT_TRUE(page.IsValid());
  EXPECT_EQ(page.database_sequence(), DatabaseSequence(5));
  EXPECT_EQ(page.committed_at(), 100);
  EXPECT_TRUE(CommitPage(memory.data(), 7, "boot").IsValid());
  EXPECT_FALSE(CommitPage(memory.data(), 8, "boot").IsValid());
  EXPECT_FALSE(CommitPage(memory.data(), 7, "another").IsValid());
}

TEST(CommitPageTest, StaysDirtyUntilReset) {
  std::array<uint64_t, CommitPage::kWordCount> memory = {};
  CommitPage page(memory.data(), 7, "boot");
  page.Reset(DatabaseSequence(5), 100);
  page.SetDirty(true);
  page.Publish(DatabaseSequence(6), 101);
  EXPECT_TRUE(page.dirty());
  EXPECT_EQ(page.database_sequence(), DatabaseSequence(6));
  page.Reset(DatabaseSequence(6), 101);
  EXPECT_FALSE(page.dirty());
}

TEST(CommitPageTest, KnowsWhatIsAppendedAndNotDurable) {
  std::array<uint64_t, CommitPage::kWordCount> memory = {};
  CommitPage page(memory.data(), 7, "boot");
  page.Reset(DatabaseSequence(5), 100);
  EXPECT_EQ(page.appended_sequence(), DatabaseSequence(5));
  ASSERT_TRUE(page.NoteAppend("a/_log/1.jsonl", DatabaseSequence(6)));
  ASSERT_TRUE(page.NoteAppend("b/_log/1.jsonl", DatabaseSequence(7)));
  ASSERT_TRUE(page.NoteAppend("a/_log/1.jsonl", DatabaseSequence(8)));
  page.SetAppended(DatabaseSequence(8), 103);
  EXPECT_EQ(page.database_sequence(), DatabaseSequence(5));
  EXPECT_EQ(page.appended_sequence(), DatabaseSequence(8));
  EXPECT_THAT(page.UnsyncedObjects(),
              testing::UnorderedElementsAre("a/_log/1.jsonl", "b/_log/1.jsonl"));
  page.Publish(DatabaseSequence(7), 102);
  EXPECT_THAT(page.UnsyncedObjects(), testing::ElementsAre("a/_log/1.jsonl"));
}

TEST(CommitPageTest, HasRoomForSomeObjectsAndTakesBackThoseOfDurableCommits) {
  std::array<uint64_t, CommitPage::kWordCount> memory = {};
  CommitPage page(memory.data(), 7, "boot");
  page.Reset(DatabaseSequence(1), 100);
  EXPECT_FALSE(page.NoteAppend(std::string(121, 'k'), DatabaseSequence(2)));
  ASSERT_TRUE(page.NoteAppend(std::string(120, 'k'), DatabaseSequence(2)));
  EXPECT_THAT(page.UnsyncedObjects(), testing::ElementsAre(std::string(120, 'k')));
  uint64_t sequence = 2;
  while (page.NoteAppend(std::to_string(sequence), DatabaseSequence(sequence + 1))) ++sequence;
  EXPECT_EQ(page.UnsyncedObjects().size(), sequence - 1);
  EXPECT_GT(sequence, 20U);
  page.Publish(DatabaseSequence(3), 101);
  EXPECT_TRUE(page.NoteAppend("one more", DatabaseSequence(sequence + 1)));
  EXPECT_THAT(page.UnsyncedObjects(), testing::Contains("one more"));
}

}  // namespace
}  // namespace icefall
