// Where no lock tells what other processes read, gc leaves alone whatever somebody may have begun
// to read within the safe age.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "maintenance/gc.h"
#include "tests/crash/sample_database.h"
#include "tests/races/scheduled_store.h"
#include "tests/races/stored_rows.h"

namespace icefall {
namespace {

TEST(GcWithoutLocksTest, KeepsWhatAnotherProcessMayRead) {
  ManualClock clock(1'700'000'000'000'000);
  const auto store = std::make_shared<ScheduledStore>(clock, false);
  const auto open = [&] {
    return *Database::Open(store, {.create_if_missing = true, .clock = &clock});
  };
  const auto writer = open(), reader = open();
  ICEFALL_ASSERT_OK(Commit(*writer, [](Transaction& t) { return CreateTable(t, "t"); }));
  const auto replace = [&](Transaction& t) -> Result<void> {
    const std::string uuid = UuidOf(t, "t");
    ICEFALL_ASSIGN_OR_RETURN(const auto table, t.Table(uuid));
    ICEFALL_ASSIGN_OR_RETURN(const auto rows, ReadRows(*store, "t", *table));
    ICEFALL_ASSIGN_OR_RETURN(auto change,
                             ChangeRows(t, *store, uuid, {}, {{rows.size(), "v", {}}}, true));
    table->fragments.ForEach(
        [&](const FragmentPointer& fragment) { change.removed_fragments.push_back(fragment->id); });
    return t.Change(uuid, std::move(change));
  };
  ICEFALL_ASSERT_OK(Commit(*writer, replace));
  // Old enough itself; what counts is when it was replaced.
  clock.AdvanceMicros(2 * GcOptions::kSafeAgeMicros);
  const auto transaction = *reader->Begin();
  const SnapshotPointer seen = *transaction->Table(UuidOf(*transaction, "t"));
  ICEFALL_ASSERT_OK(Commit(*writer, replace));
  const auto collect = [&] {
    return CollectGarbage(*writer, clock, {"main", "t"}, {.retain_snapshots = 1});
  };
  clock.AdvanceMicros(GcOptions::kSafeAgeMicros / 2);
  EXPECT_EQ(collect()->deleted_files, 0);
  ICEFALL_ASSERT_OK(ReadRows(*store, "t", *seen));
  clock.AdvanceMicros(GcOptions::kSafeAgeMicros);
  EXPECT_GT(collect()->deleted_files, 0);
  EXPECT_FALSE(ReadRows(*store, "t", *seen));
}

}  // namespace
}  // namespace icefall
