// Garbage collection is stopped at every store call in turn; reopened, every retained snapshot is
// whole, and another collection ends what the first one began.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "maintenance/gc.h"
#include "store/fault_store.h"
#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

constexpr uint64_t kCommits = 6;

class GcStopTest : public testing::TestWithParam<bool> {
 protected:
  // Table t: every commit adds a file and removes the one before; large deletion vectors, too.
  static void Fill(const std::string& path) {
    auto database = Database::Open(path, {.create_if_missing = true});
    ICEFALL_ASSERT_OK(database);
    ICEFALL_ASSERT_OK(Commit(**database, [](Transaction& t) { return CreateTable(t, "t"); }));
    for (uint64_t i = 1; i < kCommits; ++i) {
      ICEFALL_ASSERT_OK(Commit(**database, [](Transaction& t) -> Result<void> {
        const std::string uuid = UuidOf(t, "t");
        ICEFALL_ASSIGN_OR_RETURN(const auto table, t.Table(uuid));
        ICEFALL_ASSIGN_OR_RETURN(const NewFile file, t.NewDataFile(uuid));
        WriteFile(file.external_path, "rows");
        ChangeSet change = InsertFile(*table, file.path, 100000);
        const FragmentId newest(table->next_fragment_id.value - 1);
        const FragmentId before(newest.value - 1);
        if (table->fragments.Find(before)) change.removed_fragments = {before};
        if (table->fragments.Find(newest)) {
          for (uint64_t p = 0; p < 100000; p += 7) change.deleted_rows[newest].Add(p);
        }
        return t.Change(uuid, std::move(change));
      }));
    }
  }

  static Result<GcReport> Collect(Database& database, uint64_t retain) {
    return CollectGarbage(database, SystemClock(), {"main", "t"}, {.retain_snapshots = retain});
  }

  static std::string Uuid(Database& database) { return UuidOf(**database.Begin(), "t"); }

  // The newest snapshots can be read, and the files that they name are there.
  static void ExpectWhole(Database& database, const std::string& path, uint64_t count) {
    for (uint64_t sequence = kCommits - count + 1; sequence <= kCommits; ++sequence) {
      const auto state = database.TableAt(Uuid(database), Sequence(sequence));
      ICEFALL_ASSERT_OK(state);
      (*state)->fragments.ForEach([&](const FragmentPointer& fragment) {
        EXPECT_TRUE(std::filesystem::exists(path + "/t/" + fragment->path)) << sequence;
      });
    }
  }
};

TEST_P(GcStopTest, KeepsWhatIsRetained) {
  const TemporaryDirectory original;
  Fill(original.path());
  bool reached = true;
  uint64_t call = 1;
  for (; reached; ++call) {
    SCOPED_TRACE(testing::Message() << "stopped at call " << call);
    const TemporaryDirectory directory;
    std::filesystem::copy(original.path(), directory.path(),
                          std::filesystem::copy_options::recursive);
    {
      const auto base = *LocalStore::Open(directory.path());
      const auto store = std::make_shared<FaultStore>(*base);
      auto database = Database::Open(store, {});
      ICEFALL_ASSERT_OK(database);
      store->ResetCounts();
      store->SetPlan(FaultAtCall(call, GetParam() ? Fault::CrashAfter() : Fault::CrashBefore()));
      const auto report = Collect(**database, 2);
      reached = store->CallCount() >= call;
      EXPECT_TRUE(reached || report.has_value());
    }
    auto database = *Database::Open(directory.path(), {});
    ExpectWhole(*database, directory.path(), 2);
    const auto store = *LocalStore::Open(directory.path());
    ASSERT_THAT(VerifyDatabase(*store, *database), testing::IsEmpty());
    ICEFALL_ASSERT_OK(Collect(*database, 2));
    ExpectWhole(*database, directory.path(), 2);
    EXPECT_EQ(Collect(*database, 2)->deleted_files, 0);
    EXPECT_EQ((*database->History(Uuid(*database))).front().sequence, Sequence(kCommits - 1));
    ASSERT_THAT(VerifyDatabase(*store, *database), testing::IsEmpty());
  }
  EXPECT_GT(call, 10) << "there were calls to stop at";
}

TEST_P(GcStopTest, ADroppedTableIsWholeOrGone) {
  const TemporaryDirectory original;
  Fill(original.path());
  DatabaseSequence last;
  std::string uuid;
  {
    const auto database = *Database::Open(original.path(), {});
    uuid = Uuid(*database);
    last = database->History(uuid)->back().database_sequence;
    ICEFALL_ASSERT_OK(Commit(*database, [&](Transaction& t) { return t.DropObject(uuid); }));
  }
  uint64_t call = 1;
  for (bool reached = true; reached; ++call) {
    SCOPED_TRACE(testing::Message() << "stopped at call " << call);
    const TemporaryDirectory directory;
    std::filesystem::copy(original.path(), directory.path(),
                          std::filesystem::copy_options::recursive);
    {
      const auto base = *LocalStore::Open(directory.path());
      const auto store = std::make_shared<FaultStore>(*base);
      const auto database = *Database::Open(store, {});
      store->ResetCounts();
      store->SetPlan(FaultAtCall(call, GetParam() ? Fault::CrashAfter() : Fault::CrashBefore()));
      const auto report = Collect(*database, 1);
      reached = store->CallCount() >= call;
      EXPECT_TRUE(reached || report.has_value());
    }
    const auto database = *Database::Open(directory.path(), {});
    {
      const auto past = *database->BeginAt({.sequence = last});
      const auto table = past->Table(uuid);
      if (table) {
        (*table)->fragments.ForEach([&](const FragmentPointer& fragment) {
          EXPECT_TRUE(std::filesystem::exists(directory.path("t/" + fragment->path)));
        });
      } else {
        EXPECT_EQ(table.error().code(), ErrorCode::kNotFound) << table.error().message();
      }
    }
    ICEFALL_ASSERT_OK(Collect(*database, 1));
    EXPECT_EQ(database->store().List({.prefix = "t/"})->size(), 1U) << "the mark";
    EXPECT_EQ(Collect(*database, 1)->deleted_files, 0);
  }
  EXPECT_GT(call, 10) << "there were calls to stop at";
}

INSTANTIATE_TEST_SUITE_P(Calls, GcStopTest, testing::Bool(),
                         [](const auto& call) { return call.param ? "After" : "Before"; });

}  // namespace
}  // namespace icefall
