// What every coordinator promises, on every store that it works on.
#include <atomic>
#include <charconv>
#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/uuid.h"
#include "commit/commit_object_store.h"
#include "commit/conditional_put_coordinator.h"
#include "commit/local_coordinator.h"
#include "log/icefall/file_names.h"
#include "store/fault_store.h"
#include "store/local_store.h"
#include "store/memory_store.h"

namespace icefall {
namespace {

constexpr std::string_view kLog = "lines/_log/";
constexpr std::string_view kSegment = "lines/_log/00000000000000000001.jsonl";

std::shared_ptr<ObjectStore> Lend(ObjectStore& store) {
  return {&store, [](ObjectStore*) {}};
}

// A log of numbers: line n says "<n> <database sequence>".
std::vector<std::pair<uint64_t, uint64_t>> ReadLines(ObjectStore& base, bool is_conditional) {
  CommitObjectStore view(Lend(base), SystemClock());
  ObjectStore& store = is_conditional ? static_cast<ObjectStore&>(view) : base;
  std::string text;
  const auto objects = *store.List({.prefix = std::string(kLog)});
  for (const ObjectInfo& info : objects) {
    text += *store.ReadToEnd(info.key, 0);
  }
  std::vector<std::pair<uint64_t, uint64_t>> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;
    uint64_t number = 0, sequence = 0;
    const auto first = std::from_chars(text.data() + begin, text.data() + end, number);
    std::from_chars(first.ptr + 1, text.data() + end, sequence);
    lines.emplace_back(number, sequence);
    begin = end + 1;
  }
  return lines;
}

// Counts one further than the newest line, which it reads as any writer would.
class CounterPlan : public CommitPlan {
 public:
  explicit CounterPlan(ObjectStore& store) : store_(store) {}

  Result<CommitBatch> Prepare(const CommitTurn& turn) override {
    const auto lines = ReadLines(store_, turn.own_object);
    const uint64_t number = lines.size() + 1;
    CommitBatch batch;
    if (!lines.empty() && lines.back().second >= turn.database_sequence.value) {
      batch.is_late = true;
      return batch;
    }
    LogAppend append;
    append.key = turn.own_object ? SegmentKey("lines", Sequence(number)) : std::string(kSegment);
    append.bytes = fmt::format("{} {}\n", number, turn.database_sequence.value);
    if (!turn.own_object) {
      auto text = store_.ReadToEnd(append.key, 0);
      if (text) append.offset = text->rfind('\n') + 1;  // npos + 1 is 0
    }
    batch.steps.push_back({append});
    return batch;
  }
  void Staged() override { ++staged; }
  void Published() override { ++published; }
  void Withdrawn() override { ++withdrawn; }

  int staged = 0;
  int published = 0;
  int withdrawn = 0;

 private:
  ObjectStore& store_;
};

class FailingPlan : public CounterPlan {
 public:
  using CounterPlan::CounterPlan;
  Result<CommitBatch> Prepare(const CommitTurn&) override {
    return Fail(ErrorCode::kConflict, "refused");
  }
};

struct Backend {
  std::string name;
  bool is_conditional = false;
  bool is_local_store = false;
};

const Backend kBackends[] = {{"LocalOnLocalStore", false, true},
                             {"LocalOnMemoryStore", false, false},
                             {"ConditionalPutOnLocalStore", true, true},
                             {"ConditionalPutOnMemoryStore", true, false}};

class CoordinatorTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / ("icefall-" + NewUuid(SystemClock()));
    base_ = NewStore();
    store_ = std::make_unique<FaultStore>(*base_);
  }
  void TearDown() override { std::filesystem::remove_all(path_); }

  std::unique_ptr<ObjectStore> NewStore() const {
    if (GetParam().is_local_store) return *LocalStore::Create(path_.string());
    return std::make_unique<MemoryStore>();
  }

  // Lends the view to the coordinator.
  class ConditionalPut : public CommitCoordinator {
   public:
    explicit ConditionalPut(ObjectStore& store)
        : view_(Lend(store), SystemClock()),
          base_(MakeConditionalPutCoordinator(view_, SystemClock(), {})) {}
    std::optional<DatabaseSequence> Published() override { return base_->Published(); }
    Result<std::optional<DatabaseSequence>> LookUp() override { return base_->LookUp(); }
    Result<void> Recover() override { return base_->Recover(); }
    Result<void> Commit(CommitPlan& plan) override { return base_->Commit(plan); }

   private:
    CommitObjectStore view_;
    const std::unique_ptr<CommitCoordinator> base_;
  };

  std::unique_ptr<CommitCoordinator> NewCoordinator(ObjectStore& store) const {
    if (GetParam().is_conditional) return std::make_unique<ConditionalPut>(store);
    RecoverHead recover = [&store](DatabaseSequence) -> Result<RecoveredHead> {
      const auto lines = ReadLines(store, false);
      RecoveredHead head;
      if (!lines.empty()) head.database_sequence = DatabaseSequence(lines.back().second);
      return head;
    };
    return *MakeLocalCoordinator(store, SystemClock(), recover, {.lock_key = "lock"});
  }

  // Lines 1 to `count`, in a strictly growing database order.
  static void ExpectLines(ObjectStore& store, uint64_t count) {
    const auto lines = ReadLines(store, GetParam().is_conditional);
    ASSERT_EQ(lines.size(), count);
    for (size_t i = 0; i < lines.size(); ++i) {
      ASSERT_EQ(lines[i].first, i + 1);
      if (i > 0) {
        ASSERT_GT(lines[i].second, lines[i - 1].second);
      }
    }
  }

  std::filesystem::path path_;
  std::unique_ptr<ObjectStore> base_;
  std::unique_ptr<FaultStore> store_;
};

TEST_P(CoordinatorTest, RacingThreadsOfOneCoordinatorLoseNothing) {
  constexpr uint64_t kThreads = 8, kCommits = 25;
  const auto coordinator = NewCoordinator(*store_);
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (uint64_t n = 0; n < kCommits; ++n) {
        CounterPlan plan(*store_);
        const auto committed = coordinator->Commit(plan);
        EXPECT_TRUE(committed) << committed.error().message();
        EXPECT_EQ(plan.published, 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ExpectLines(*store_, kThreads * kCommits);
}

TEST_P(CoordinatorTest, RacingCoordinatorsLoseNothing) {
  constexpr uint64_t kThreads = 4, kCommits = 25;
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const auto coordinator = NewCoordinator(*store_);
      for (uint64_t n = 0; n < kCommits; ++n) {
        CounterPlan plan(*store_);
        const auto committed = coordinator->Commit(plan);
        EXPECT_TRUE(committed) << committed.error().message();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ExpectLines(*store_, kThreads * kCommits);
}

TEST_P(CoordinatorTest, RacingProcessesLoseNothing) {
  if (!GetParam().is_local_store) return;  // memory is one process's
  constexpr uint64_t kProcesses = 3, kCommits = 30;
  std::vector<pid_t> children;
  for (uint64_t i = 0; i < kProcesses; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      const auto store = NewStore();
      const auto coordinator = NewCoordinator(*store);
      int failures = 0;
      for (uint64_t n = 0; n < kCommits; ++n) {
        CounterPlan plan(*store);
        if (!coordinator->Commit(plan)) ++failures;
      }
      _exit(failures);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  ExpectLines(*store_, kProcesses * kCommits);
}

TEST_P(CoordinatorTest, FailingPlanAffectsNoOther) {
  const auto coordinator = NewCoordinator(*store_);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 10; ++n) {
        CounterPlan good(*store_);
        FailingPlan bad(*store_);
        CommitPlan& plan = i % 2 == 0 ? static_cast<CommitPlan&>(good) : bad;
        EXPECT_EQ(coordinator->Commit(plan).has_value(), i % 2 == 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ExpectLines(*store_, 40);
}

TEST_P(CoordinatorTest, FailedWriteHasNotHappened) {
  const auto coordinator = NewCoordinator(*store_);
  CounterPlan first(*store_);
  ASSERT_TRUE(coordinator->Commit(first));
  const auto line_write = GetParam().is_conditional ? StoreCall::kPut : StoreCall::kAppend;
  for (const Fault& fault : {Fault::FailBefore(ErrorCode::kResourceExhausted), Fault::Torn(2)}) {
    store_->ResetCounts();
    store_->SetPlan(FaultAtCall(line_write, 1, fault));
    CounterPlan failed(*store_);
    const auto outcome = coordinator->Commit(failed);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code(), ErrorCode::kResourceExhausted);
    EXPECT_EQ(failed.published, 0);
    EXPECT_EQ(failed.withdrawn, 1);
    ExpectLines(*store_, 1);
  }
  store_->SetPlan(nullptr);
  CounterPlan next(*store_);
  ASSERT_TRUE(coordinator->Commit(next));
  ExpectLines(*store_, 2);
}

TEST_P(CoordinatorTest, FailedSyncLeavesTheOutcomeUnknown) {
  const auto coordinator = NewCoordinator(*store_);
  std::atomic<bool> has_failed = false;
  store_->SetPlan([&](const StoreCallInfo& info) {
    // Nor does what was put answer, which would tell.
    if (has_failed) return Fault::FailBefore(ErrorCode::kUnavailable);
    has_failed = info.call == (GetParam().is_conditional ? StoreCall::kPut : StoreCall::kSync);
    return has_failed ? Fault::FailAfter() : Fault::None();
  });
  CounterPlan plan(*store_);
  const auto outcome = coordinator->Commit(plan);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::kOutcomeUnknown);
  EXPECT_EQ(plan.withdrawn, 1);
  store_->SetPlan(nullptr);
  CounterPlan next(*store_);
  ASSERT_TRUE(coordinator->Commit(next));
  ExpectLines(*store_, 2);
}

TEST_P(CoordinatorTest, TornTailIsCutOff) {
  if (GetParam().is_conditional) return;  // its objects are whole or absent
  const auto coordinator = NewCoordinator(*store_);
  CounterPlan first(*store_);
  ASSERT_TRUE(coordinator->Commit(first));
  ASSERT_TRUE((*store_->OpenAppender(std::string(kSegment)))->Append("2 2 torn"));
  CounterPlan next(*store_);
  ASSERT_TRUE(coordinator->Commit(next));
  ExpectLines(*store_, 2);
}

TEST_P(CoordinatorTest, WaitingCommitsShareOneSync) {
  if (GetParam().is_conditional) return;  // has nothing to sync
  const auto coordinator = NewCoordinator(*store_);
  const auto commit = [&] {
    CounterPlan plan(*store_);
    EXPECT_TRUE(coordinator->Commit(plan));
  };
  // Threads that have started may still be short of the queue when the first sync ends, so a round
  // can pass without sharing; all of them cannot.
  constexpr int kOthers = 8, kRoundsMax = 100;
  uint64_t commits = 0;
  for (int round = 0; round < kRoundsMax; ++round) {
    std::atomic<int> started = 0;
    std::atomic<bool> is_first = true;
    store_->SetPlan([&](const StoreCallInfo& info) {
      if (info.call == StoreCall::kSync && is_first.exchange(false)) {
        while (started < kOthers) std::this_thread::yield();
      }
      return Fault::None();
    });
    std::vector<std::thread> threads;
    threads.emplace_back(commit);
    while (is_first) std::this_thread::yield();
    for (int i = 0; i < kOthers; ++i) {
      threads.emplace_back([&] {
        ++started;
        commit();
      });
    }
    for (std::thread& thread : threads) thread.join();
    store_->SetPlan(nullptr);
    commits += kOthers + 1;
    if (store_->CallCount(StoreCall::kSync) < commits) break;
  }
  ExpectLines(*store_, commits);
  EXPECT_LT(store_->CallCount(StoreCall::kSync), commits);
}

// Waits in the first sync until the others have appended: one more serves them all.
TEST_P(CoordinatorTest, CoordinatorsShareOneSync) {
  if (GetParam().is_conditional) return;  // has nothing to sync
  constexpr int kOthers = 6;
  // The segment's first line is synced before anything follows it.
  CounterPlan base(*store_);
  ASSERT_TRUE(NewCoordinator(*store_)->Commit(base));
  store_->ResetCounts();
  std::atomic<int> appended = 0;
  std::atomic<bool> is_first = true;
  store_->SetPlan([&](const StoreCallInfo& info) {
    if (info.call == StoreCall::kAppend) ++appended;
    if (info.call == StoreCall::kSync && is_first.exchange(false)) {
      while (appended < kOthers + 1) std::this_thread::yield();
    }
    return Fault::None();
  });
  const auto commit = [&] {
    CounterPlan plan(*store_);
    EXPECT_TRUE(NewCoordinator(*store_)->Commit(plan));
    EXPECT_EQ(plan.published, 1);
  };
  std::vector<std::thread> threads;
  threads.emplace_back(commit);
  while (is_first) std::this_thread::yield();
  for (int i = 0; i < kOthers; ++i) threads.emplace_back(commit);
  for (std::thread& thread : threads) thread.join();
  ExpectLines(*store_, kOthers + 2);
  // The last append is counted before it is done, so that it may miss the second sync.
  EXPECT_LE(store_->CallCount(StoreCall::kSync), 3);
}

// Another's failed sync may have lost what this one appended: it is written again, and looked for.
TEST_P(CoordinatorTest, WhoWaitedForAFailedSyncIsToldTheTruth) {
  if (GetParam().is_conditional) return;  // has nothing to sync
  CounterPlan base(*store_);
  ASSERT_TRUE(NewCoordinator(*store_)->Commit(base));
  std::atomic<bool> other_appended = false;
  std::atomic<int> syncs = 0;
  store_->ResetCounts();
  store_->SetPlan([&](const StoreCallInfo& info) {
    if (info.call == StoreCall::kAppend && info.number_of_kind == 2) other_appended = true;
    if (info.call != StoreCall::kSync || ++syncs > 1) return Fault::None();
    while (!other_appended) std::this_thread::yield();
    return Fault::FailAfter();
  });
  std::thread failing([&] {
    CounterPlan plan(*store_);
    const auto outcome = NewCoordinator(*store_)->Commit(plan);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code(), ErrorCode::kOutcomeUnknown);
    EXPECT_EQ(plan.withdrawn, 1);
  });
  while (syncs == 0) std::this_thread::yield();
  CounterPlan plan(*store_);
  const auto outcome = NewCoordinator(*store_)->Commit(plan);
  EXPECT_TRUE(outcome) << outcome.error().message();
  EXPECT_EQ(plan.published, 1);
  failing.join();
  ExpectLines(*store_, 3);
}

TEST_P(CoordinatorTest, WhoDiesInTheSyncIsSettledByTheNext) {
  if (!GetParam().is_local_store || GetParam().is_conditional) return;
  CounterPlan base(*store_);
  ASSERT_TRUE(NewCoordinator(*store_)->Commit(base));
  const pid_t child = fork();
  if (child == 0) {
    const auto store = NewStore();
    FaultStore dying(*store, [](const StoreCallInfo& info) {
      if (info.call == StoreCall::kSync) _exit(7);
      return Fault::None();
    });
    CounterPlan plan(dying);
    static_cast<void>(NewCoordinator(dying)->Commit(plan));
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(WEXITSTATUS(status), 7);
  const auto coordinator = NewCoordinator(*store_);
  EXPECT_EQ(coordinator->Published(), DatabaseSequence(1)) << "nobody knows whether it is durable";
  ASSERT_TRUE(coordinator->Recover());
  EXPECT_EQ(coordinator->Published(), DatabaseSequence(2));
  CounterPlan next(*store_);
  ASSERT_TRUE(coordinator->Commit(next));
  ExpectLines(*store_, 3);
}

INSTANTIATE_TEST_SUITE_P(All, CoordinatorTest, testing::ValuesIn(kBackends),
                         [](const testing::TestParamInfo<Backend>& test) {
                           return test.param.name;
                         });

}  // namespace
}  // namespace icefall
