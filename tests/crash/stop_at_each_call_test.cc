// Every commit is stopped at every store call in turn; reopened, the database is the old version or
// the new one, verifies clean, and takes the next commit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/fault_store.h"
#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

struct Scenario {
  std::string name;
  Result<void> (*change)(Transaction& transaction);
  DatabaseOptions options;
  bool is_torn = false;  // a writer died in the middle of a line of table a
};

Result<void> InsertFragment(Transaction& transaction) {
  const std::string uuid = UuidOf(transaction, "a");
  ICEFALL_ASSIGN_OR_RETURN(const auto table, transaction.Table(uuid));
  ICEFALL_ASSIGN_OR_RETURN(const NewFile file, transaction.NewDataFile(uuid));
  WriteFile(file.external_path, "rows");
  return transaction.Change(uuid, InsertFile(*table, file.path, 100000));
}

// Positions far apart, whose vector is too large for the line.
Result<void> DeleteManyRows(Transaction& transaction) {
  const std::string uuid = UuidOf(transaction, "f");
  ChangeSet change;
  change.operation = "delete";
  for (uint64_t position = 0; position < 100000; position += 7) {
    change.deleted_rows[FragmentId(1)].Add(position);
  }
  return transaction.Change(uuid, std::move(change));
}

// What a compaction does: rows stay, their file goes.
Result<void> MoveRows(Transaction& transaction) {
  const std::string uuid = UuidOf(transaction, "f");
  ICEFALL_ASSIGN_OR_RETURN(const auto table, transaction.Table(uuid));
  ICEFALL_ASSIGN_OR_RETURN(const NewFile file, transaction.NewDataFile(uuid));
  WriteFile(file.external_path, "rows");
  ChangeSet change = InsertFile(*table, file.path, 100000);
  auto fragment = std::make_shared<Fragment>(*change.added_fragments[0]);
  fragment->has_row_ids = true;
  change.added_fragments = {fragment};
  change.operation = "compact";
  change.moves_rows = true;
  change.removed_fragments = {FragmentId(1)};
  return transaction.Change(uuid, std::move(change));
}

const Scenario kScenarios[] = {
    {"Insert", [](Transaction& t) { return Insert(t, "a", 9); }, {}},
    {"InsertWithManifest",
     [](Transaction& t) { return Insert(t, "a", 9); },
     {.manifest_interval_bytes = 1}},
    {"InsertInNewSegment",
     [](Transaction& t) { return Insert(t, "a", 9); },
     {.segment_size_bytes_max = 1}},
    {"InsertBehindATornTail", [](Transaction& t) { return Insert(t, "a", 9); }, {}, true},
    {"Delete", [](Transaction& t) { return Delete(t, "a", 0); }, {}},
    {"InsertFragment", InsertFragment, {}},
    {"DeleteManyRows", DeleteManyRows, {}},
    {"MoveRows", MoveRows, {}},
    {"CreateTable",
     [](Transaction& t) -> Result<void> {
       ICEFALL_RETURN_IF_ERROR(CreateTable(t, "c"));
       return Insert(t, "c", 1);
     },
     {}},
    {"TwoTables",
     [](Transaction& t) -> Result<void> {
       ICEFALL_RETURN_IF_ERROR(Insert(t, "a", 9));
       return Insert(t, "b", 9);
     },
     {}},
    {"TableAndCatalog",
     [](Transaction& t) -> Result<void> {
       ICEFALL_RETURN_IF_ERROR(Insert(t, "a", 9));
       return t.DropObject(UuidOf(t, "b"));
     },
     {}},
    {"TwoTablesAndNewOne",
     [](Transaction& t) -> Result<void> {
       ICEFALL_RETURN_IF_ERROR(Insert(t, "a", 9));
       ICEFALL_RETURN_IF_ERROR(Insert(t, "b", 9));
       ICEFALL_RETURN_IF_ERROR(CreateTable(t, "c"));
       return Insert(t, "c", 1);
     },
     {}},
};

struct NamedFault {
  std::string name;
  Fault fault;
};

const NamedFault kFaults[] = {
    {"FullDisk", Fault::FailBefore(ErrorCode::kResourceExhausted)},
    {"PermissionLoss", Fault::FailBefore(ErrorCode::kPermissionDenied)},
    {"FailAfter", Fault::FailAfter()},
    {"Torn", Fault::Torn(40)},
    {"CrashBefore", Fault::CrashBefore()},
    {"CrashAfter", Fault::CrashAfter()},
    {"CrashTorn", Fault::CrashTorn(40)},
    {"PowerLossBefore", Fault::PowerLossBefore()},
};

using Parameter = std::tuple<Scenario, NamedFault>;

class StopAtEachCallTest : public testing::TestWithParam<Parameter> {
 protected:
  const Scenario& scenario() const { return std::get<0>(GetParam()); }
  const NamedFault& fault() const { return std::get<1>(GetParam()); }

  // Tables a, b (three rows each) and f (one data file).
  static void Fill(const std::string& path) {
    auto database = Database::Open(path, {.create_if_missing = true});
    ICEFALL_ASSERT_OK(database);
    ICEFALL_ASSERT_OK(Commit(**database, [](Transaction& t) -> Result<void> {
      for (const std::string name : {"a", "b"}) {
        ICEFALL_RETURN_IF_ERROR(CreateTable(t, name));
        for (uint64_t id = 0; id < 3; ++id) ICEFALL_RETURN_IF_ERROR(Insert(t, name, id));
      }
      ICEFALL_RETURN_IF_ERROR(CreateTable(t, "f"));
      const std::string uuid = UuidOf(t, "f");
      ICEFALL_ASSIGN_OR_RETURN(const auto table, t.Table(uuid));
      ICEFALL_ASSIGN_OR_RETURN(const NewFile file, t.NewDataFile(uuid));
      WriteFile(file.external_path, "rows");
      return t.Change(uuid, InsertFile(*table, file.path, 100000));
    }));
  }

  // What the change makes of it, undisturbed.
  Contents Expected(const std::string& path) const {
    auto database = *Database::Open(path, {});
    EXPECT_TRUE(Commit(*database, scenario().change));
    return *ReadContents(*database);
  }

  // Answers whether the fault was reached.
  bool Stop(uint64_t call, const std::string& path, Result<void>& outcome) const {
    auto base = *LocalStore::Open(path);
    auto store = std::make_shared<FaultStore>(*base);
    {
      auto database = Database::Open(store, scenario().options);
      EXPECT_TRUE(database);
      store->ResetCounts();
      store->SetPlan(FaultAtCall(call, fault().fault));
      auto committed = Commit(**database, scenario().change);
      outcome = committed ? Result<void>() : Fail(committed.error());
    }
    return store->CallCount() >= call;
  }
};

TEST_P(StopAtEachCallTest, LeavesTheOldVersionOrTheNewOne) {
  const TemporaryDirectory original, undisturbed;
  Fill(original.path());
  if (scenario().is_torn) {
    std::ofstream(original.path("a/_log/00000000000000000001.jsonl"), std::ios::app) << "{\"s";
  }
  const auto copy = [&](const TemporaryDirectory& to) {
    std::filesystem::copy(original.path(), to.path(), std::filesystem::copy_options::recursive);
  };
  copy(undisturbed);
  const Contents before = *ReadContents(**Database::Open(original.path(), {}));
  const Contents after = Expected(undisturbed.path());
  bool reached = true;
  uint64_t call = 1;
  for (; reached; ++call) {
    const TemporaryDirectory directory;
    copy(directory);
    Result<void> outcome;
    reached = Stop(call, directory.path(), outcome);
    const std::string told = outcome ? "success" : outcome.error().message();
    SCOPED_TRACE(testing::Message() << "stopped at call " << call << ", told: " << told);
    if (fault().name == "PowerLossBefore") {
      std::filesystem::remove(directory.path("_catalog/lock"));
    }
    auto database = Database::Open(directory.path(), {});
    ICEFALL_ASSERT_OK(database);
    const auto found = ReadContents(**database);
    ICEFALL_ASSERT_OK(found);
    ASSERT_THAT(*found, testing::AnyOf(before, after));
    if (outcome) {
      ASSERT_EQ(*found, after);
    }
    const bool is_crash = fault().fault.answer == Fault::Answer::kCrash;
    if (!outcome && !is_crash && outcome.error().code() != ErrorCode::kOutcomeUnknown) {
      ASSERT_EQ(*found, before);
    }
    ICEFALL_ASSERT_OK(Commit(**database, [](Transaction& t) { return Insert(t, "a", 77); }));
    Contents next = *found;
    ++next["a"];
    ASSERT_EQ(*ReadContents(**database), next);
    const auto store = *LocalStore::Open(directory.path());
    ASSERT_THAT(VerifyDatabase(*store, **database), testing::IsEmpty());
  }
  RecordProperty("calls", static_cast<int>(call));
}

// The same process goes on after a fault that passed.
TEST_P(StopAtEachCallTest, LeavesTheDatabaseObjectUsable) {
  if (fault().fault.answer == Fault::Answer::kCrash) return;  // there is no same process
  const TemporaryDirectory original, undisturbed;
  Fill(original.path());
  if (scenario().is_torn) {
    std::ofstream(original.path("a/_log/00000000000000000001.jsonl"), std::ios::app) << "{\"s";
  }
  const auto copy = [&](const TemporaryDirectory& to) {
    std::filesystem::copy(original.path(), to.path(), std::filesystem::copy_options::recursive);
  };
  copy(undisturbed);
  const Contents before = *ReadContents(**Database::Open(original.path(), {}));
  const Contents after = Expected(undisturbed.path());
  bool reached = true;
  for (uint64_t call = 1; reached; ++call) {
    const TemporaryDirectory directory;
    copy(directory);
    const auto base = *LocalStore::Open(directory.path());
    const auto store = std::make_shared<FaultStore>(*base);
    auto database = *Database::Open(store, scenario().options);
    const auto bystander = *Database::Open(directory.path(), {});
    store->ResetCounts();
    store->SetPlan(FaultAtCall(call, fault().fault));
    const auto outcome = Commit(*database, scenario().change);
    reached = store->CallCount() >= call;
    store->SetPlan(nullptr);
    const std::string told = outcome ? "success" : outcome.error().message();
    SCOPED_TRACE(testing::Message() << "failed at call " << call << ", told: " << told);
    const auto next = Commit(*database, [](Transaction& t) { return Insert(t, "a", 77); });
    ICEFALL_ASSERT_OK(next);
    Contents found = *ReadContents(*database);
    ASSERT_EQ(*ReadContents(*bystander), found);
    ASSERT_EQ(*ReadContents(**Database::Open(directory.path(), {})), found);
    --found["a"];
    ASSERT_THAT(found, testing::AnyOf(before, after));
    const bool is_unknown = !outcome && outcome.error().code() == ErrorCode::kOutcomeUnknown;
    if (!is_unknown) {
      ASSERT_EQ(found, outcome ? after : before);
    }
    ASSERT_THAT(VerifyDatabase(*base, *bystander), testing::IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(All, StopAtEachCallTest,
                         testing::Combine(testing::ValuesIn(kScenarios),
                                          testing::ValuesIn(kFaults)),
                         [](const testing::TestParamInfo<Parameter>& test) {
                           return std::get<0>(test.param).name + std::get<1>(test.param).name;
                         });

}  // namespace
}  // namespace icefall
