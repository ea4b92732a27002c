// Writers, mergers, cleaners and readers at once, with calls that fail or whose answers get lost:
// every acknowledged row is there once at every moment that a reader looks. Short by default;
// ICEFALL_SOAK_SECONDS, _WRITERS and _LOCATION (memory, or what OpenStore takes) make it long, and
// ICEFALL_SOAK_LATENCY_MS makes every call take so long.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "icedb/table_fixture.h"
#include "icedb/table_options.h"
#include "store/call_latency.h"
#include "store/fault_store.h"
#include "store/registry.h"

namespace icefall::icedb {
namespace {

constexpr int kRowsPerWriter = 1'000'000;
constexpr int kOtherPartition = 500'000;
// Of a writer between two looks of the slowest reader, so that readers keep up.
constexpr int kInsertsPerLook = 20;
constexpr int64_t kGraceMs = 5'000;

std::string Setting(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

std::shared_ptr<ObjectStore> OpenSoakStore() {
  const std::string location = Setting("ICEFALL_SOAK_LOCATION", "memory");
  if (location == "memory") return std::make_shared<MemoryStore>();
  auto store = OpenStore(location, StoreOpenMode::kCreateIfMissing);
  EXPECT_TRUE(store) << store.error().message();
  return store ? std::shared_ptr<ObjectStore>(*std::move(store)) : nullptr;
}

// One call in fifty fails, and as many take effect without an answer.
FaultPlan RandomFaults(uint64_t seed) {
  const std::chrono::milliseconds latency(std::stoi(Setting("ICEFALL_SOAK_LATENCY_MS", "0")));
  return [seed, latency](const StoreCallInfo& call) {
    if (latency.count() > 0) TakeTime(latency);
    std::mt19937_64 random(seed * 1'000'003 + call.number);
    const uint64_t chosen = random() % 100;
    if (chosen < 2) return Fault::FailBefore(ErrorCode::kUnavailable);
    return chosen < 4 ? Fault::FailAfter() : Fault::None();
  };
}

class Soak {
 public:
  Soak(std::shared_ptr<ObjectStore> store, int writers)
      : store_(std::move(store)), inserted_(static_cast<size_t>(writers)) {}

  void Run(std::chrono::steady_clock::duration duration) {
    {
      std::vector<std::jthread> threads;
      for (size_t i = 0; i < inserted_.size(); ++i) threads.emplace_back([this, i] { Write(i); });
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([this, i] {
          Maintain("merger" + std::to_string(i), [](Worker& worker) { return worker.Merge(); });
        });
      }
      for (int i = 0; i < 2; ++i) {
        threads.emplace_back([this, i] {
          Maintain("cleaner" + std::to_string(i),
                   [](Worker& worker) { return worker.Cleanup(kGraceMs); });
        });
      }
      for (size_t i = 0; i < looks_.size(); ++i) threads.emplace_back([this, i] { Look(i); });
      const auto end = std::chrono::steady_clock::now() + duration;
      while (std::chrono::steady_clock::now() < end && !testing::Test::HasFailure()) {
        looked_.wait(looked_.load());
      }
      stopped_ = true;
      looked_ += 1;
      looked_.notify_all();
    }
    CheckRows(ReadOurs(), Acknowledged(), "at the end");
    CheckRows(ReadAsTheOriginal(*store_, *store_), Acknowledged(), "at the end, by the original");
  }

  size_t acknowledged_count() const { return Acknowledged().size(); }
  int look_count() const { return looks_[0] + looks_[1]; }

 private:
  // Written by its writer alone: the rows that were acknowledged, so many from the first, but for
  // those without an answer.
  struct Inserted {
    std::atomic<int> count = 0;
    std::array<std::atomic<bool>, kOtherPartition / 100> unanswered = {};
  };

  void Write(size_t number) {
    FaultStore faulty(*store_, RandomFaults(number));
    Worker worker(faulty, SystemClock(), "writer" + std::to_string(number));
    Inserted& inserted = inserted_[number];
    const int limit = static_cast<int>(inserted.unanswered.size());
    for (int i = 0; i < limit && !stopped_ && !testing::Test::HasFailure(); ++i) {
      const int row = static_cast<int>(number) * kRowsPerWriter + i;
      const auto done =
          worker.InsertAndMergeLogs({{"u=a", {row}}, {"u=b", {row + kOtherPartition}}});
      if (!done) inserted.unanswered[static_cast<size_t>(i)] = true;
      inserted.count = i + 1;
      const int look = looked_;
      if (i % kInsertsPerLook == kInsertsPerLook - 1 && !stopped_) looked_.wait(look);
    }
  }

  void Maintain(const std::string& host, const std::function<Result<bool>(Worker&)>& work) {
    FaultStore faulty(*store_, RandomFaults(std::hash<std::string>()(host)));
    Worker worker(faulty, SystemClock(), host);
    while (!stopped_ && !testing::Test::HasFailure()) {
      const auto done = work(worker);
      if (done) continue;
      const ErrorCode code = done.error().code();
      EXPECT_TRUE(code == ErrorCode::kConflict || code == ErrorCode::kUnavailable ||
                  code == ErrorCode::kOutcomeUnknown || code == ErrorCode::kNotFound)
          << host << ": " << done.error().message();
    }
  }

  void Look(size_t number) {
    while (!stopped_ && !testing::Test::HasFailure()) {
      const Rows expected = Acknowledged();
      const Rows rows = number == 0 ? ReadOurs() : ReadAsTheOriginal(*store_, *store_);
      // A file that a cleanup deleted after the reader had read the log long before.
      if (!rows.contains(-1)) CheckRows(rows, expected, "reader " + std::to_string(number));
      ++looks_[number];
      looked_ += 1;
      looked_.notify_all();
    }
    looked_ += 1;
    looked_.notify_all();
  }

  Rows ReadOurs() { return Worker(*store_, SystemClock(), "reader").Read(); }

  Rows Acknowledged() const {
    Rows rows;
    for (size_t number = 0; number < inserted_.size(); ++number) {
      const Inserted& inserted = inserted_[number];
      const int count = inserted.count;
      for (int i = 0; i < count; ++i) {
        if (inserted.unanswered[static_cast<size_t>(i)]) continue;
        const int row = static_cast<int>(number) * kRowsPerWriter + i;
        rows.insert(row);
        rows.insert(row + kOtherPartition);
      }
    }
    return rows;
  }

  static void CheckRows(const Rows& rows, const Rows& expected, const std::string& where) {
    EXPECT_TRUE(std::ranges::includes(rows, expected)) << where << ": a row is missing";
    const auto twice = std::ranges::adjacent_find(rows);
    EXPECT_TRUE(twice == rows.end()) << where << ": row " << *twice << " is there twice";
  }

  const std::shared_ptr<ObjectStore> store_;
  std::vector<Inserted> inserted_;
  std::array<std::atomic<int>, 2> looks_ = {};
  std::atomic<int> looked_ = 0;
  std::atomic<bool> stopped_ = false;
};

TEST(TableSoakTest, EveryAcknowledgedRowIsThereOnceAtEveryMoment) {
  const auto store = OpenSoakStore();
  ASSERT_NE(store, nullptr);
  // Often, to be in the way of the others.
  ASSERT_TRUE(StoreTableOptions(*store, kPrefix, {.merge_logs_after = 16}));
  Soak soak(store, std::stoi(Setting("ICEFALL_SOAK_WRITERS", "4")));
  soak.Run(std::chrono::seconds(std::stoi(Setting("ICEFALL_SOAK_SECONDS", "2"))));
  EXPECT_GT(soak.acknowledged_count(), 0);
  EXPECT_GT(soak.look_count(), 0);
  RecordProperty("acknowledged_rows", static_cast<int>(soak.acknowledged_count()));
  std::printf("%zu acknowledged rows, %d looks\n", soak.acknowledged_count(), soak.look_count());
}

}  // namespace
}  // namespace icefall::icedb
