// Readers, writers and maintenance in many orders; one that goes wrong names its seed, which gives
// it again: ICEFALL_RACE_SEED=n, and ICEFALL_RACE_SEEDS for how many are tried.
#include "tests/races/interleaving.h"

#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/races/history_checker.h"
#include "tests/support/environment.h"

namespace icefall {
namespace {

class InterleavingTest : public testing::Test {
 protected:
  // Seeds from 1 on.
  static uint64_t SeedCount() { return NumberFromEnvironment("ICEFALL_RACE_SEEDS").value_or(300); }

  // Every seed, or the one that is asked for.
  template <typename Visit>
  void ForEachSeed(InterleavingOptions options, Visit visit) {
    const auto only = NumberFromEnvironment("ICEFALL_RACE_SEED");
    const uint64_t first = only.value_or(1), last = only.value_or(SeedCount());
    for (uint64_t seed = first; seed <= last && !HasFailure(); ++seed) {
      SCOPED_TRACE(testing::Message() << "ICEFALL_RACE_SEED=" << seed);
      options.seed = seed;
      Interleaving run(options);
      run.Run();
      for (const std::string& failure : run.failures()) ADD_FAILURE() << failure;
      Count(run);
      visit(run.history());
    }
    for (const auto& [what, count] : counts_) RecordProperty(what, static_cast<int>(count));
  }

  static void ExpectNone(const std::vector<Violation>& violations) {
    for (const Violation& violation : violations) ADD_FAILURE() << violation.text;
  }

 private:
  void Count(const Interleaving& run) {
    ++counts_["seeds"];
    counts_["switches"] += run.switches();
    for (const auto& [what, count] : run.counts()) {
      std::string name = what;
      std::ranges::replace(name, ' ', '_');
      counts_[name] += count;
    }
    for (const auto& transaction : run.history()) {
      ++counts_["transactions"];
      counts_["operations"] += transaction.reads.size() + transaction.writes.size();
    }
  }

  std::map<std::string, uint64_t> counts_;
};

TEST_F(InterleavingTest, SnapshotsAreIsolated) {
  uint64_t skews = 0;
  ForEachSeed({.isolation = Isolation::kSnapshot}, [&](const History& history) {
    HistoryChecker checker(history);
    ExpectNone(checker.CheckSnapshotIsolation());
    skews += checker.CheckSerializability().size();
  });
  // What snapshot isolation allows happens, so the other test means something.
  if (!NumberFromEnvironment("ICEFALL_RACE_SEED")) {
    EXPECT_GT(skews, 0);
  }
  RecordProperty("skews", static_cast<int>(skews));
}

TEST_F(InterleavingTest, SerializableTransactionsHaveAnOrder) {
  ForEachSeed({.isolation = Isolation::kSerializable}, [&](const History& history) {
    HistoryChecker checker(history);
    ExpectNone(checker.CheckSnapshotIsolation());
    ExpectNone(checker.CheckSerializability());
  });
}

TEST_F(InterleavingTest, SnapshotsAreIsolatedWithoutLocks) {
  ForEachSeed({.isolation = Isolation::kSnapshot, .can_append = false}, [](const History& history) {
    ExpectNone(HistoryChecker(history).CheckSnapshotIsolation());
  });
}

TEST_F(InterleavingTest, SerializableTransactionsHaveAnOrderWithoutLocks) {
  ForEachSeed({.isolation = Isolation::kSerializable, .can_append = false},
              [](const History& history) {
                HistoryChecker checker(history);
                ExpectNone(checker.CheckSnapshotIsolation());
                ExpectNone(checker.CheckSerializability());
              });
}

TEST_F(InterleavingTest, ASeedGivesTheSameRunAgain) {
  const auto run = [](uint64_t seed) {
    Interleaving interleaving({.seed = seed});
    interleaving.Run();
    std::string text = fmt::format("{} switches\n", interleaving.switches());
    for (const auto& transaction : interleaving.history()) {
      text += fmt::format("{} {} {} {}", transaction.name, transaction.begun, transaction.ended,
                          transaction.commit.value_or(0));
      for (const auto& [key, value] : transaction.reads) text += fmt::format(" {}={}", key, value);
      for (const auto& [key, value] : transaction.writes) text += fmt::format(" {}:{}", key, value);
      text += "\n";
    }
    return text;
  };
  for (uint64_t seed = 1; seed <= 20; ++seed) EXPECT_EQ(run(seed), run(seed));
  EXPECT_NE(run(1), run(2));
}

}  // namespace
}  // namespace icefall
