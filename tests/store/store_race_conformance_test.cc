// Many writers at a time, as threads and as processes.
#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/store_conformance.h"

namespace icefall {
namespace {

constexpr int kWriterCount = 4;
constexpr int kIncrementCount = 40;

class StoreRaceConformance : public StoreConformance {};

INSTANTIATE_TEST_SUITE_P(Stores, StoreRaceConformance, ::testing::ValuesIn(AllStoreBackends()),
                         BackendName);

// Adds 1 to the decimal number in `key`, again and again until it wins. False on any other error.
bool Increment(ObjectStore& store, const ObjectKey& key) {
  for (;;) {
    // Version first: should the object change in between, the condition fails.
    const Result<ObjectInfo> info = store.Stat(key);
    if (!info) return false;
    const Result<std::string> number = store.ReadToEnd(key, 0);
    if (!number) return false;
    const Result<ObjectVersion> put = store.Put(key, std::to_string(std::stoi(*number) + 1),
                                                PutCondition::IfMatches(info->version));
    if (put) return true;
    if (put.error().code() != ErrorCode::kConflict) return false;
  }
}

bool IncrementMany(ObjectStore& store) {
  for (int i = 0; i < kIncrementCount; ++i) {
    if (!Increment(store, "counter")) return false;
  }
  return true;
}

// Runs `work` in that many threads; answers in how many it was true.
template <typename Work>
int RunInThreads(int thread_count, Work work) {
  std::atomic<int> true_count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < thread_count; ++i) {
    threads.emplace_back([&, i] { true_count += work(i) ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  return true_count;
}

// The same in child processes, each with an opening of the store of its own.
template <typename Work>
int RunInProcesses(StoreFixture& fixture, int process_count, Work work) {
  std::vector<pid_t> children;
  for (int i = 0; i < process_count; ++i) {
    std::fflush(nullptr);  // or the child would write the parent's buffer once more
    const pid_t child = ::fork();
    if (child == 0) {
      const std::unique_ptr<ObjectStore> store = fixture.Reopen();
      // Not exit: the parent's destructors would remove the directory.
      ::_exit(store != nullptr && work(*store, i) ? 0 : 1);
    }
    children.push_back(child);
  }
  int true_count = 0;
  for (const pid_t child : children) {
    int status = 0;
    if (::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
      ++true_count;
    }
  }
  return true_count;
}

TEST_P(StoreRaceConformance, NoIncrementOfThreadsIsLost) {
  MustPut("counter", "0");
  EXPECT_EQ(RunInThreads(kWriterCount, [&](int) { return IncrementMany(store()); }), kWriterCount);
  EXPECT_EQ(Get("counter"), std::to_string(kWriterCount * kIncrementCount));
}

TEST_P(StoreRaceConformance, NoIncrementOfProcessesIsLost) {
  if (!GetParam().has_processes) {
    EXPECT_EQ(fixture().Reopen(), nullptr);
    return;
  }
  MustPut("counter", "0");
  EXPECT_EQ(RunInProcesses(fixture(), kWriterCount,
                           [](ObjectStore& store, int) { return IncrementMany(store); }),
            kWriterCount);
  EXPECT_EQ(Get("counter"), std::to_string(kWriterCount * kIncrementCount));
}

// For rounds that every writer tries to create, exactly one must win each.
constexpr int kRoundCount = 40;

bool CreateRounds(ObjectStore& store, int writer) {
  for (int round = 0; round < kRoundCount; ++round) {
    const std::string number = std::to_string(round);
    const Result<ObjectVersion> put =
        store.Put("rounds/" + number, std::to_string(writer), PutCondition::IfAbsent());
    if (!put && put.error().code() != ErrorCode::kAlreadyExists) return false;
    if (!put) continue;
    if (!store.Put("won/" + number + "-" + std::to_string(writer), "", PutCondition::IfAbsent())) {
      return false;
    }
  }
  return true;
}

void ExpectOneWinnerEach(ObjectStore& store) {
  for (int round = 0; round < kRoundCount; ++round) {
    const std::string number = std::to_string(round);
    const auto winners = store.List({.prefix = "won/" + number + "-"});
    ASSERT_EQ(winners->size(), 1u) << "round " << round;
    EXPECT_EQ("won/" + number + "-" + *store.ReadToEnd("rounds/" + number, 0),
              winners->front().key);
  }
}

TEST_P(StoreRaceConformance, OneOfSeveralThreadsCreates) {
  EXPECT_EQ(RunInThreads(kWriterCount, [&](int i) { return CreateRounds(store(), i); }),
            kWriterCount);
  ExpectOneWinnerEach(store());
}

TEST_P(StoreRaceConformance, OneOfSeveralProcessesCreates) {
  if (!GetParam().has_processes) {
    EXPECT_EQ(fixture().Reopen(), nullptr);
    return;
  }
  EXPECT_EQ(RunInProcesses(fixture(), kWriterCount, CreateRounds), kWriterCount);
  ExpectOneWinnerEach(store());
}

// Unconditional puts and deletes must not slip in between comparison and effect of a conditional
// put. One thread alone creates and deletes; another keeps replacing what it finds, and says which
// version of the first thread that goes back to.
TEST_P(StoreRaceConformance, PutsAndDeletesAndConditionalPutsTakeTurns) {
  std::atomic<bool> go_on = true;
  std::atomic<int> replaced_count = 0;
  std::thread replacer([&] {
    while (go_on) {
      const Result<ObjectInfo> info = store().Stat("a");
      const Result<std::string> found = store().ReadToEnd("a", 0);
      if (!info || !found) continue;
      const std::string bytes = *found == "mine" ? "after " + info->version : *found;
      if (store().Put("a", bytes, PutCondition::IfMatches(info->version))) ++replaced_count;
    }
  });
  for (int i = 0; replaced_count < 40 || i < 150; ++i) {
    const ObjectVersion version = MustPut("a", "mine");
    std::this_thread::yield();
    const std::string found = Get("a");
    EXPECT_TRUE(found == "mine" || found == "after " + version) << found << ", put " << version;
    if (i % 2 == 0 || GetParam().deletes_overtake_puts) continue;
    EXPECT_TRUE(store().Delete("a").has_value());
    EXPECT_EQ(Get("a"), "<not_found>");
  }
  go_on = false;
  replacer.join();
}

TEST_P(StoreRaceConformance, ReadersSeeWholeObjectsOnly) {
  const std::string small(10, 'a');
  const std::string large(300000, 'b');
  MustPut("a", small);
  std::atomic<bool> go_on = true;
  std::thread writer([&] {
    for (int i = 0; go_on; ++i) {
      const auto put = store().Put("a", i % 2 == 0 ? large : small, PutCondition::Always());
      if (!put) ADD_FAILURE() << put.error().message();
    }
  });
  for (int i = 0; i < 300; ++i) {
    const std::string bytes = Get("a");
    EXPECT_TRUE(bytes == small || bytes == large) << bytes.size();
    const auto listed = store().List({});
    EXPECT_EQ(listed ? listed->size() : 0, 1u);
  }
  go_on = false;
  writer.join();
}

}  // namespace
}  // namespace icefall
