// Operations on one table that go on side by side or stop half way.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "icedb/orphans.h"
#include "icedb/table_fixture.h"
#include "store/fault_store.h"

namespace icefall::icedb {
namespace {

using Operation = std::function<Result<bool>(Worker&)>;

struct NamedOperation {
  const char* name;
  Operation run;
  // Rows that are there after it, of those of Prepare.
  Rows after;
};

const Rows kAll = {0, 1, 2, 10, 11, 12};
const Rows kWithoutB = {0, 1, 2};

const NamedOperation kOperations[] = {
    {"merge", [](Worker& worker) { return worker.Merge(); }, kAll},
    {"remove", [](Worker& worker) { return worker.Remove("u=b"); }, kWithoutB},
    {"cleanup", [](Worker& worker) { return worker.Cleanup(0); }, kAll},
    {"cleanup with grace", [](Worker& worker) { return worker.Cleanup(3'600'000); }, kAll},
    {"log merge", [](Worker& worker) { return worker.MergeLogs(); }, kAll},
};

// Data files of two partitions in each of three inserts, and an earlier merge to clean up after.
void Prepare(Worker& worker) {
  ASSERT_TRUE(worker.Insert({{"u=a", {0}}, {"u=b", {10}}}));
  ASSERT_TRUE(worker.Insert({{"u=a", {1}}, {"u=b", {11}}}));
  ASSERT_TRUE(worker.Merge().value());
  ASSERT_TRUE(worker.Insert({{"u=a", {2}}, {"u=b", {12}}}));
}

// Ours or theirs, whichever came first: rows of `u=b` may be gone, and come back never.
void ExpectOneOf(ObjectStore& store, const std::vector<Rows>& expected, const std::string& where) {
  const Rows seen = ReadAsTheOriginal(store, store);
  EXPECT_THAT(expected, ::testing::Contains(seen)) << where;
}

// At each call of the one the other one runs as a whole, and readers look before every call.
TEST(TableRaceTest, OneOperationInTheMiddleOfAnother) {
  for (const auto& outer : kOperations) {
    for (const auto& inner : kOperations) {
      bool happened = true;
      for (uint64_t stop = 1; happened; ++stop) {
        SteppingClock clock;
        MemoryStore store(clock);
        Worker first(store, clock, "first");
        Prepare(first);
        happened = false;
        const std::string where =
            std::string(inner.name) + " at call " + std::to_string(stop) + " of " + outer.name;
        FaultStore stopping(store, [&](const StoreCallInfo& call) {
          ExpectOneOf(store, {kAll, kWithoutB}, where);
          if (call.number == stop) {
            happened = true;
            Worker rival(store, clock, "rival");
            const auto ran = inner.run(rival);
            EXPECT_TRUE(ran || ran.error().code() == ErrorCode::kConflict)
                << where << ran.error().message();
          }
          return Fault::None();
        });
        Worker second(stopping, clock, "second");
        const auto ran = outer.run(second);
        EXPECT_TRUE(ran || ran.error().code() == ErrorCode::kConflict ||
                    ran.error().code() == ErrorCode::kNotFound)
            << where << ": " << ran.error().message();
        // Done or lost; what was to be removed is.
        const bool removes = outer.after == kWithoutB || (happened && inner.after == kWithoutB);
        ExpectOneOf(store, {removes ? kWithoutB : kAll}, where);
        if (::testing::Test::HasFailure()) return;
        ASSERT_TRUE(first.Cleanup(0)) << where;
        EXPECT_EQ(first.Read(), ReadAsTheOriginal(store, store)) << where;
      }
    }
  }
}

TEST(TableRaceTest, AnOperationThatLostSaysWhoWon) {
  SteppingClock clock;
  MemoryStore store(clock);
  Worker first(store, clock, "first");
  Prepare(first);
  bool ran = false;
  FaultStore stopping(store, [&](const StoreCallInfo& call) {
    if (call.call == StoreCall::kStat && !ran) {
      ran = true;
      Worker rival(store, clock, "rival");
      EXPECT_TRUE(rival.Merge());
    }
    return Fault::None();
  });
  Worker second(stopping, clock, "second");
  const auto merged = second.Merge();
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(merged.error().message(), ::testing::HasSubstr("merge lost: data file"));
  EXPECT_THAT(merged.error().message(), ::testing::HasSubstr("_m_rival.jsonl"));
  EXPECT_THAT(merged.error().message(), ::testing::HasSubstr("merge number 2 by host 'rival'"));
}

// Whether `host` put an operation into the head, which commits it.
bool IsCommitted(ObjectStore& store, const std::string& host) {
  const std::string key = MaintenanceFolder(kPrefix) + "head.json";
  const auto bytes = store.ReadToEnd(key, 0);
  return bytes && DecodeHead(*bytes, key).value().host == host;
}

// Stopped at any call, before or after it took effect, or with its answer lost: the next one
// finishes it, and nothing is lost or twice there.
TEST(TableRaceTest, AnOperationThatStopsIsFinishedByTheNext) {
  const Fault faults[] = {Fault::CrashBefore(), Fault::CrashAfter(), Fault::FailAfter(),
                          Fault::FailBefore(ErrorCode::kUnavailable)};
  for (const auto& operation : kOperations) {
    for (const Fault& fault : faults) {
      bool happened = true;
      for (uint64_t stop = 1; happened; ++stop) {
        SteppingClock clock;
        MemoryStore store(clock);
        Worker first(store, clock, "first");
        Prepare(first);
        happened = false;
        const std::string where =
            std::string(operation.name) + " stopped at call " + std::to_string(stop);
        FaultStore stopping(store, [&](const StoreCallInfo& call) {
          ExpectOneOf(store, {kAll, kWithoutB}, where);
          if (call.number != stop) return Fault::None();
          happened = true;
          return fault;
        });
        Worker second(stopping, clock, "second");
        const auto ran = operation.run(second);
        ExpectOneOf(store, {kAll, operation.after}, where);
        if (ran) {
          ExpectOneOf(store, {operation.after}, where);
        }
        const bool is_committed = IsCommitted(store, "second");
        ASSERT_TRUE(first.Cleanup(0)) << where;
        const Rows rows = ReadAsTheOriginal(store, store);
        if (is_committed) {
          EXPECT_EQ(rows, operation.after) << where;
        }
        EXPECT_THAT((std::vector<Rows>{kAll, operation.after}), ::testing::Contains(rows)) << where;
        EXPECT_EQ(first.Read(), rows) << where;
        // Nothing stays but what is named, once orphans are collected.
        clock.Advance(7'200'000);
        ASSERT_TRUE(DeleteOrphans(first.table(), *FindOrphans(first.table(), 3'600'000)));
        const auto state = first.table().Read();
        ASSERT_TRUE(state);
        EXPECT_EQ(store.List({.prefix = DataFolder(kPrefix)})->size(), (*state)->files().size())
            << where;
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
}

// A reader that listed before a cleanup deleted what it is about to get starts over.
TEST(TableRaceTest, AReaderDoesNotFallOverACleanup) {
  bool happened = true;
  for (uint64_t stop = 1; happened; ++stop) {
    SteppingClock clock;
    MemoryStore store(clock);
    Worker first(store, clock, "first");
    Prepare(first);
    happened = false;
    FaultStore stopping(store, [&](const StoreCallInfo& call) {
      if (call.number == stop) {
        happened = true;
        EXPECT_TRUE(first.Merge());
        EXPECT_TRUE(first.Cleanup(0));
      }
      return Fault::None();
    });
    Worker reader(stopping, clock, "reader");
    const auto state = reader.table().Read();
    ASSERT_TRUE(state) << state.error().message();
  }
}

// An insert that is stopped is there or not, and is not repeated.
TEST(TableRaceTest, AnInsertThatStopsIsThereOrNot) {
  for (uint64_t stop = 1; stop <= 3; ++stop) {
    for (const Fault& fault : {Fault::CrashBefore(), Fault::CrashAfter(), Fault::FailAfter()}) {
      SteppingClock clock;
      MemoryStore store(clock);
      FaultStore stopping(store, FaultAtCall(stop, fault));
      Worker worker(stopping, clock, "a");
      const auto inserted = worker.Insert({{"u=a", {1}}, {"u=b", {2}}});
      const Rows rows = ReadAsTheOriginal(store, store);
      EXPECT_TRUE(rows == Rows({1, 2}) || rows.empty());
      EXPECT_TRUE(!inserted || rows == Rows({1, 2}));
    }
  }
}

}  // namespace
}  // namespace icefall::icedb
