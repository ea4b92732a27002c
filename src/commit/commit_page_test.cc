#include "commit/commit_page.h"

#include <array>

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(CommitPageTest, CountsOnlyForItsFileAndItsBoot) {
  std::array<uint64_t, 8> memory = {};
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
  std::array<uint64_t, 8> memory = {};
  CommitPage page(memory.data(), 7, "boot");
  page.Reset(DatabaseSequence(5), 100);
  page.SetDirty();
  page.Publish(DatabaseSequence(6), 101);
  EXPECT_TRUE(page.dirty());
  EXPECT_EQ(page.database_sequence(), DatabaseSequence(6));
  page.Reset(DatabaseSequence(6), 101);
  EXPECT_FALSE(page.dirty());
}

}  // namespace
}  // namespace icefall
