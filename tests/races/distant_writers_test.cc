// Writers of one table who have nothing in common but a store that takes its time, as processes on
// many machines have a bucket: every row that was acknowledged is there once. Short by default;
// ICEFALL_WRITERS, ICEFALL_WRITER_SECONDS and ICEFALL_LATENCY_MS make it long.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "store/call_latency.h"
#include "store/fault_store.h"
#include "store/memory_store.h"
#include "tests/crash/sample_database.h"
#include "tests/races/stored_rows.h"

namespace icefall {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr uint64_t kKeysPerWriter = 1'000'000;

int Setting(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::stoi(value);
}

// As a bucket: there are no appends.
class PutOnlyStore : public FaultStore {
 public:
  using FaultStore::FaultStore;
  Result<ObjectVersion> Put(const ObjectKey& key, std::string_view bytes,
                            const PutCondition& condition) override {
    auto done = FaultStore::Put(key, bytes, condition);
    if (!done) ++refused_puts_;
    return done;
  }
  Capabilities capabilities() const override { return {}; }
  int refused_puts() const { return refused_puts_; }

 private:
  std::atomic<int> refused_puts_ = 0;
};

FaultPlan TakingTime(std::chrono::milliseconds latency) {
  return [latency](const StoreCallInfo& /*info*/) {
    if (latency.count() > 0) TakeTime(latency);
    return Fault::None();
  };
}

// What one of them has done.
struct Written {
  uint64_t acknowledged = 0;  // rows, by keys from the first one on
  std::vector<double> times_ms;
  int refused_puts = 0;
};

Written Write(ObjectStore& shared, uint64_t first_key, std::chrono::milliseconds latency,
              SteadyClock::time_point end) {
  Written written;
  const auto store = std::make_shared<PutOnlyStore>(shared, TakingTime(latency));
  const auto database = Database::Open(store, {});
  EXPECT_TRUE(database) << database.error().message();
  while (database && SteadyClock::now() < end) {
    const auto begin = SteadyClock::now();
    const auto done = Commit(**database, [&](Transaction& transaction) -> Result<void> {
      const std::string uuid = UuidOf(transaction, "t");
      ICEFALL_ASSIGN_OR_RETURN(const auto table, transaction.Table(uuid));
      return transaction.Change(uuid, InsertRow(*table, first_key + written.acknowledged));
    });
    EXPECT_TRUE(done) << done.error().message();
    if (!done) break;
    ++written.acknowledged;
    written.times_ms.push_back(
        std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count());
  }
  written.refused_puts = store->refused_puts();
  return written;
}

void ExpectEachRowOnce(MemoryStore& shared, const std::vector<Written>& written) {
  // Nothing of what the writers knew helps.
  const auto store = std::make_shared<PutOnlyStore>(shared);
  const auto database = *Database::Open(store, {});
  const auto transaction = *database->Begin();
  const auto table = transaction->Table(UuidOf(*transaction, "t"));
  ASSERT_TRUE(table) << table.error().message();
  const auto rows = ReadRows(shared, "t", **table);
  ASSERT_TRUE(rows) << rows.error().message();
  std::map<uint64_t, uint64_t> counts;  // by key
  for (const StoredRow& row : *rows) ++counts[row.key];
  uint64_t expected = 0;
  for (size_t number = 0; number < written.size(); ++number) {
    for (uint64_t i = 0; i < written[number].acknowledged; ++i) {
      ASSERT_EQ(counts[number * kKeysPerWriter + i], 1U) << "writer " << number << ", row " << i;
    }
    expected += written[number].acknowledged;
  }
  EXPECT_EQ(rows->size(), expected);
}

TEST(DistantWritersTest, EveryAcknowledgedRowIsThereOnce) {
  const auto shared = std::make_shared<MemoryStore>();
  const std::chrono::milliseconds latency(Setting("ICEFALL_LATENCY_MS", 2));
  const int seconds = Setting("ICEFALL_WRITER_SECONDS", 2);
  std::vector<Written> written(static_cast<size_t>(Setting("ICEFALL_WRITERS", 8)));
  const auto first =
      Database::Open(std::make_shared<PutOnlyStore>(*shared), {.create_if_missing = true});
  ICEFALL_ASSERT_OK(first);
  ICEFALL_ASSERT_OK(Commit(**first, [](Transaction& t) { return CreateTable(t, "t"); }));
  {
    const auto end = SteadyClock::now() + std::chrono::seconds(seconds);
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < written.size(); ++i) {
      threads.emplace_back(
          [&, i] { written[i] = Write(*shared, i * kKeysPerWriter, latency, end); });
    }
  }
  ExpectEachRowOnce(*shared, written);
  std::vector<double> times_ms;
  int refused_puts = 0;
  for (const Written& each : written) {
    times_ms.insert(times_ms.end(), each.times_ms.begin(), each.times_ms.end());
    refused_puts += each.refused_puts;
  }
  std::ranges::sort(times_ms);
  ASSERT_FALSE(times_ms.empty());
  const auto at = [&](double share) {
    return times_ms[static_cast<size_t>(share * static_cast<double>(times_ms.size() - 1))];
  };
  std::printf("%zu commits in %d s, %d lost races, median %.0f ms, p99 %.0f ms, most %.0f ms\n",
              times_ms.size(), seconds, refused_puts, at(0.5), at(0.99), at(1));
  RecordProperty("commits", static_cast<int>(times_ms.size()));
}

}  // namespace
}  // namespace icefall
