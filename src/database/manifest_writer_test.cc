#include "database/manifest_writer.h"

#include <atomic>

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(ManifestWriterTest, OneJobPerLogAtATime) {
  std::atomic<bool> may_finish = false;
  std::atomic<int> runs = 0;
  ManifestWriter writer;
  writer.Enqueue("a", [&] {
    ++runs;
    may_finish.wait(false);
  });
  writer.Enqueue("a", [&] { ++runs; });
  writer.Enqueue("b", [&] { ++runs; });
  may_finish = true;
  may_finish.notify_all();
  writer.WaitUntilIdle();
  EXPECT_EQ(runs, 2);
  writer.Enqueue("a", [&] { ++runs; });
  writer.WaitUntilIdle();
  EXPECT_EQ(runs, 3);
}

TEST(ManifestWriterTest, FinishesWhatWaitsBeforeItGoes) {
  std::atomic<int> runs = 0;
  {
    ManifestWriter writer;
    for (int i = 0; i < 10; ++i) writer.Enqueue(std::to_string(i), [&] { ++runs; });
  }
  EXPECT_EQ(runs, 10);
}

}  // namespace
}  // namespace icefall
