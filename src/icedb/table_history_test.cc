// Random histories: processes that insert, merge, remove and clean up in any order, that stop or
// are told nothing at any call, or lose races at it. One that goes wrong names its seed, which
// gives it again: ICEFALL_HISTORY_SEED=n, and ICEFALL_HISTORY_SEEDS for how many are tried.
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "icedb/table_fixture.h"
#include "store/fault_store.h"
#include "tests/support/environment.h"

namespace icefall::icedb {
namespace {

constexpr int kStepsPerHistory = 40;
constexpr int64_t kGraceMs = 3'600'000;
const std::array<std::string, 3> kPartitions = {"u=a", "u=b", "u=c"};

// What may be seen of the rows, by what was acknowledged.
class Expectation {
 public:
  // Inserted from now on; it may be seen, and need not be before it is acknowledged.
  void Begin(int row, const std::string& partition) { rows_[row] = {partition, Fate::kUnknown}; }
  void Acknowledge(int row) {
    if (rows_[row].fate == Fate::kUnknown) rows_[row].fate = Fate::kThere;
  }
  // Rows of the partition may go at any moment; those that come while it runs, too.
  void BeginRemoval(const std::string& partition) { removing_.insert(partition); }
  void EndStep() {
    for (auto& [number, row] : rows_) {
      if (removing_.contains(row.partition)) row.may_go = true;
      // Whoever could have written it has stopped or returned.
      if (row.fate == Fate::kUnknown) row.fate = Fate::kGone;
    }
    removing_.clear();
  }
  // An operation that stopped half way is finished by the next one that succeeds.
  void EndRemovals() {
    for (auto& [number, row] : rows_) row.may_go = false;
  }

  // A reader sees these. Returns what is wrong with them, or an empty text.
  std::string Look(const Rows& seen) {
    for (const int number : seen) {
      const auto row = rows_.find(number);
      if (row == rows_.end()) return "nobody inserted " + std::to_string(number);
      if (seen.count(number) > 1) return std::to_string(number) + " is there twice";
      if (row->second.fate == Fate::kGone) return std::to_string(number) + " came back";
      row->second.fate = Fate::kThere;
    }
    for (auto& [number, row] : rows_) {
      if (row.fate != Fate::kThere || seen.contains(number)) continue;
      const bool may_go = row.may_go || removing_.contains(row.partition);
      if (!may_go) return std::to_string(number) + " is lost";
      row.fate = Fate::kGone;
    }
    return "";
  }

 private:
  enum class Fate { kUnknown, kThere, kGone };
  struct Row {
    std::string partition;
    Fate fate;
    bool may_go = false;
  };
  std::map<int, Row> rows_;
  std::set<std::string> removing_;
};

class History {
 public:
  explicit History(uint64_t seed) : random_(seed) {
    for (auto& process : processes_) Start(process);
  }

  void Run() {
    for (int step = 0; step < kStepsPerHistory && !::testing::Test::HasFailure(); ++step) Step();
    told_ += "; at the end";
    ASSERT_TRUE(processes_[0].worker->Cleanup(0)) << told_;
    Look();
  }

 private:
  struct Process {
    std::unique_ptr<FaultStore> store;
    std::unique_ptr<Worker> worker;
  };

  uint64_t Choose(uint64_t count) { return random_() % count; }

  void Start(Process& process) {
    process.worker.reset();
    process.store = std::make_unique<FaultStore>(store_);
    const std::string host(1, static_cast<char>('a' + (&process - processes_.data())));
    process.worker = std::make_unique<Worker>(*process.store, clock_, host);
  }

  void Step() {
    if (Choose(4) == 0) clock_.Advance(static_cast<int64_t>(Choose(2 * kGraceMs)));
    const size_t chosen = Choose(processes_.size());
    Process& process = processes_[chosen];
    const uint64_t trouble = Choose(3), call = 1 + Choose(14);
    process.store->ResetCounts();
    process.store->SetPlan([&, trouble, call](const StoreCallInfo& info) {
      // Log files are read several at once.
      const std::scoped_lock lock(mutex_);
      if (Choose(3) == 0) Look();
      if (trouble == 0 || info.number != call) return Fault::None();
      if (trouble == 1) return RandomFault();
      told_ += " [";
      Operate(*processes_[(chosen + 1 + Choose(processes_.size() - 1)) % processes_.size()].worker);
      told_ += "]";
      return Fault::None();
    });
    const bool succeeded = Operate(*process.worker);
    process.store->SetPlan(nullptr);
    Look();
    expectation_.EndStep();
    if (succeeded) expectation_.EndRemovals();
    if (process.store->crashed()) Start(process);
  }

  Fault RandomFault() {
    told_ += " !";
    switch (Choose(4)) {
      case 0:
        return Fault::CrashBefore();
      case 1:
        return Fault::CrashAfter();
      case 2:
        return Fault::FailAfter();
      default:
        return Fault::FailBefore(ErrorCode::kUnavailable);
    }
  }

  // Whether it was an operation of maintenance that certainly went through.
  bool Operate(Worker& worker) {
    switch (Choose(9)) {
      case 0:
        return Ended("merge", worker.Merge(), true);
      case 1:
        return Ended("cleanup", worker.Cleanup(0), false);
      case 2:
        return Ended("cleanup with grace", worker.Cleanup(kGraceMs), false);
      case 3:
      case 4:
        return Ended("log merge", worker.MergeLogs(), false);
      case 5: {
        const std::string partition = kPartitions[Choose(kPartitions.size())];
        expectation_.BeginRemoval(partition);
        return Ended("remove " + partition, worker.Remove(partition), false);
      }
      default:
        Insert(worker);
        return false;
    }
  }

  // A merge that has nothing to do does not look whether another operation waits to be finished.
  bool Ended(const std::string& name, const Result<bool>& ended, bool must_write) {
    told_ += " " + name + (ended ? (*ended ? ";" : " (nothing);") : " (failed);");
    return ended && (*ended || !must_write);
  }

  void Insert(Worker& worker) {
    std::vector<std::pair<std::string, Rows>> files;
    for (const auto& partition : kPartitions) {
      if (Choose(2) == 0) continue;
      files.push_back({partition, {++newest_row_}});
      expectation_.Begin(newest_row_, partition);
    }
    if (files.empty()) return;
    const bool inserted = worker.Insert(files).has_value();
    told_ += inserted ? " insert;" : " insert (failed);";
    if (!inserted) return;
    for (const auto& [partition, rows] : files) expectation_.Acknowledge(*rows.begin());
  }

  // As the original reads, as one of ours that has just started, and as one that has been there.
  void Look() {
    if (::testing::Test::HasFailure()) return;
    Worker fresh(store_, clock_, "reader");
    EXPECT_EQ(expectation_.Look(ReadAsTheOriginal(store_, store_)), "") << "the original:" << told_;
    EXPECT_EQ(expectation_.Look(fresh.Read()), "") << "a new reader:" << told_;
    EXPECT_EQ(expectation_.Look(reader_.Read()), "") << "an old reader:" << told_;
  }

  std::mutex mutex_;
  std::mt19937_64 random_;
  SteppingClock clock_;
  MemoryStore store_{clock_};
  Expectation expectation_;
  Worker reader_{store_, clock_, "reader"};
  std::array<Process, 3> processes_;
  int newest_row_ = 0;
  std::string told_;  // what happened
};

TEST(TableHistoryTest, EveryRowIsThereOnceWhateverHappens) {
  const auto only = NumberFromEnvironment("ICEFALL_HISTORY_SEED");
  const uint64_t first = only.value_or(1);
  const uint64_t last = only.value_or(NumberFromEnvironment("ICEFALL_HISTORY_SEEDS").value_or(100));
  for (uint64_t seed = first; seed <= last && !HasFailure(); ++seed) {
    SCOPED_TRACE(testing::Message() << "ICEFALL_HISTORY_SEED=" << seed);
    History(seed).Run();
  }
}

}  // namespace
}  // namespace icefall::icedb
