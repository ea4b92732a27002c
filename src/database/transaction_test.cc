#include "database/transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

using testing::HasSubstr;

class TransactionTest : public testing::Test {
 protected:
  void SetUp() override {
    database_ = *Database::Open(directory_.path(), {.create_if_missing = true, .clock = &clock_});
    ICEFALL_ASSERT_OK(Commit(*database_, [](Transaction& t) -> Result<void> {
      ICEFALL_RETURN_IF_ERROR(CreateTable(t, "a"));
      ICEFALL_RETURN_IF_ERROR(Insert(t, "a", 1));
      return CreateTable(t, "b");
    }));
  }

  std::unique_ptr<Transaction> Begin() { return *database_->Begin(); }

  static void ExpectConflict(const Result<CommitOutcome>& outcome, const std::string& name) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code(), ErrorCode::kConflict);
    EXPECT_THAT(outcome.error().message(), HasSubstr(name));
  }

  size_t FileCount(const std::string& folder) const {
    size_t count = 0;
    if (!std::filesystem::exists(directory_.path(folder))) return 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path(folder))) {
      count += entry.is_regular_file() ? 1 : 0;
    }
    return count;
  }

  TemporaryDirectory directory_;
  ManualClock clock_{1'700'000'000'000'000};
  std::unique_ptr<Database> database_;
};

TEST_F(TransactionTest, SeesItsOwnChangesAndOthersOnlyAfterCommit) {
  auto mine = Begin();
  auto other = Begin();
  ICEFALL_ASSERT_OK(Insert(*mine, "a", 2));
  EXPECT_EQ((*mine->Table(UuidOf(*mine, "a")))->live_row_count, 2);
  EXPECT_EQ((*other->Table(UuidOf(*other, "a")))->live_row_count, 1);
  ICEFALL_ASSERT_OK(mine->Commit());
  EXPECT_EQ((*other->Table(UuidOf(*other, "a")))->live_row_count, 1);
  EXPECT_EQ(*ReadContents(*database_), (Contents{{"a", 2}, {"b", 0}}));
}

TEST_F(TransactionTest, TableFirstTouchedLateIsReadAsOfTheBeginning) {
  auto old = Begin();
  ICEFALL_ASSERT_OK(Commit(*database_, [](Transaction& t) { return Insert(t, "b", 1); }));
  EXPECT_EQ((*old->Table(UuidOf(*old, "b")))->live_row_count, 0);
}

TEST_F(TransactionTest, AppendsOfBothAreKept) {
  auto first = Begin(), second = Begin();
  ICEFALL_ASSERT_OK(Insert(*first, "a", 2));
  ICEFALL_ASSERT_OK(Insert(*second, "a", 3));
  ICEFALL_ASSERT_OK(first->Commit());
  ICEFALL_ASSERT_OK(second->Commit());
  EXPECT_EQ(ReadContents(*database_)->at("a"), 3);
}

TEST_F(TransactionTest, SameRowDeletedTwiceConflicts) {
  auto first = Begin(), second = Begin();
  ICEFALL_ASSERT_OK(Delete(*first, "a", 0));
  ICEFALL_ASSERT_OK(Delete(*second, "a", 0));
  ICEFALL_ASSERT_OK(first->Commit());
  ExpectConflict(second->Commit(), "\"main\".\"a\"");
  EXPECT_EQ(ReadContents(*database_)->at("a"), 0);
}

TEST_F(TransactionTest, SameNameCreatedTwiceConflicts) {
  auto first = Begin(), second = Begin();
  ICEFALL_ASSERT_OK(CreateTable(*first, "c"));
  ICEFALL_ASSERT_OK(CreateTable(*second, "C"));
  const auto twice = CreateTable(*first, "C");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code(), ErrorCode::kAlreadyExists);
  ICEFALL_ASSERT_OK(first->Commit());
  ExpectConflict(second->Commit(), "\"C\"");
}

TEST_F(TransactionTest, DropConflictsWithChangeAndBack) {
  auto drop = Begin(), insert = Begin();
  ICEFALL_ASSERT_OK(drop->DropObject(UuidOf(*drop, "a")));
  ICEFALL_ASSERT_OK(Insert(*insert, "a", 2));
  ICEFALL_ASSERT_OK(insert->Commit());
  ExpectConflict(drop->Commit(), "\"a\"");

  drop = Begin(), insert = Begin();
  ICEFALL_ASSERT_OK(drop->DropObject(UuidOf(*drop, "a")));
  ICEFALL_ASSERT_OK(Insert(*insert, "a", 3));
  ICEFALL_ASSERT_OK(drop->Commit());
  ExpectConflict(insert->Commit(), "\"a\"");
}

TEST_F(TransactionTest, SerializableReadConflictsWithLaterChange) {
  for (const Isolation isolation : {Isolation::kSnapshot, Isolation::kSerializable}) {
    auto reader = Begin();
    reader->SetIsolation(isolation);
    reader->RecordRead(UuidOf(*reader, "a"));
    ICEFALL_ASSERT_OK(Insert(*reader, "b", 1));
    ICEFALL_ASSERT_OK(Commit(*database_, [](Transaction& t) { return Insert(t, "a", 5); }));
    const auto outcome = reader->Commit();
    if (isolation == Isolation::kSnapshot) {
      ICEFALL_ASSERT_OK(outcome);
    } else {
      ExpectConflict(outcome, "\"a\"");
    }
  }
}

TEST_F(TransactionTest, RenameGivesTheOldNameAway) {
  auto transaction = Begin();
  const std::string uuid = UuidOf(*transaction, "a");
  CatalogObject renamed = *(*transaction->Catalog())->FindTableByUuid(uuid);
  renamed.name.name = "z";
  ICEFALL_ASSERT_OK(transaction->ReplaceObject(uuid, renamed));
  ICEFALL_ASSERT_OK(CreateTable(*transaction, "a"));
  ICEFALL_ASSERT_OK(transaction->Commit());
  EXPECT_EQ(*ReadContents(*database_), (Contents{{"a", 0}, {"b", 0}, {"z", 1}}));
  const auto again = *Database::Open(directory_.path(), {});
  EXPECT_EQ(*ReadContents(*again), (Contents{{"a", 0}, {"b", 0}, {"z", 1}}));
}

TEST_F(TransactionTest, SchemaIsDroppedOnlyWhenEmpty) {
  auto transaction = Begin();
  const auto schema =
      transaction->CreateObject({.kind = ObjectKind::kSchema, .name = {"", "sales"}});
  ICEFALL_ASSERT_OK(schema);
  ICEFALL_ASSERT_OK(transaction->CreateTable({"sales", "t"}, EmptySnapshot("", SampleSchema())));
  const auto full = transaction->DropObject(*schema);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code(), ErrorCode::kInvalidArgument);
  ICEFALL_ASSERT_OK(transaction->Commit());
  const auto missing = Begin()->CreateTable({"none", "t"}, EmptySnapshot("", SampleSchema()));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
}

TEST_F(TransactionTest, FilesOfWhatIsNotCommittedAreDeleted) {
  const auto write = [](Transaction& transaction) {
    const std::string uuid = UuidOf(transaction, "a");
    const NewFile file = *transaction.NewDataFile(uuid);
    WriteFile(file.external_path, "rows");
    return transaction.Change(uuid, InsertFile(**transaction.Table(uuid), file.path, 10));
  };
  {
    auto dropped = Begin();
    ICEFALL_ASSERT_OK(write(*dropped));
    EXPECT_EQ(FileCount("a/data"), 1);
  }
  EXPECT_EQ(FileCount("a/data"), 0);
  auto loser = Begin();
  ICEFALL_ASSERT_OK(write(*loser));
  ICEFALL_ASSERT_OK(Delete(*loser, "a", 0));
  ICEFALL_ASSERT_OK(Commit(*database_, [](Transaction& t) { return Delete(t, "a", 0); }));
  ExpectConflict(loser->Commit(), "\"a\"");
  EXPECT_EQ(FileCount("a/data"), 0);
  auto winner = Begin();
  ICEFALL_ASSERT_OK(write(*winner));
  ICEFALL_ASSERT_OK(winner->NewDataFile(UuidOf(*winner, "a")));
  ICEFALL_ASSERT_OK(winner->Commit());
  EXPECT_EQ(FileCount("a/data"), 1);
}

TEST_F(TransactionTest, CommitWithoutChangesWritesNothing) {
  auto transaction = Begin();
  ICEFALL_ASSERT_OK(transaction->Table(UuidOf(*transaction, "a")));
  EXPECT_FALSE(transaction->HasChanges());
  const auto outcome = transaction->Commit();
  ICEFALL_ASSERT_OK(outcome);
  EXPECT_EQ(outcome->database_sequence.value, 2);
  EXPECT_TRUE(outcome->tables.empty());
  EXPECT_FALSE(transaction->Table("x"));
}

TEST_F(TransactionTest, TravelsInTime) {
  const std::string uuid = UuidOf(*Begin(), "a");
  std::vector<TimestampMicros> times = {clock_.NowMicros()};
  for (uint64_t id = 2; id <= 200; ++id) {
    clock_.AdvanceMicros(1'000'000);
    times.push_back(clock_.NowMicros());
    ICEFALL_ASSERT_OK(Commit(*database_, [&](Transaction& t) { return Insert(t, "a", id); }));
  }
  auto transaction = Begin();
  for (const uint64_t version : {1, 2, 100, 199, 200}) {
    const auto at = transaction->TableAt(uuid, Sequence(version));
    ICEFALL_ASSERT_OK(at);
    EXPECT_EQ((*at)->live_row_count, version);
    const auto as_of = transaction->TableAsOf(uuid, times[version - 1] + 10);
    ICEFALL_ASSERT_OK(as_of);
    EXPECT_EQ((*as_of)->live_row_count, version);
  }
  const auto later = transaction->TableAt(uuid, Sequence(201));
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(later.error().message(), HasSubstr("versions 1 ("));
  EXPECT_FALSE(transaction->TableAsOf(uuid, times[0] - 10));
}

TEST_F(TransactionTest, RebaseReachesBehindTheKeptStates) {
  auto old = Begin();
  ICEFALL_ASSERT_OK(Delete(*old, "a", 0));
  for (uint64_t id = 2; id <= 100; ++id) {
    ICEFALL_ASSERT_OK(Commit(*database_, [&](Transaction& t) { return Insert(t, "a", id); }));
  }
  ICEFALL_ASSERT_OK(old->Commit());
  EXPECT_EQ(ReadContents(*database_)->at("a"), 99);
}

TEST_F(TransactionTest, TimesGrowEvenWhenTheClockStands) {
  for (uint64_t id = 2; id <= 4; ++id) {
    ICEFALL_ASSERT_OK(Commit(*database_, [&](Transaction& t) { return Insert(t, "a", id); }));
  }
  const auto history = *database_->History(UuidOf(*Begin(), "a"));
  for (size_t i = 1; i < history.size(); ++i) {
    EXPECT_GT(history[i].committed_at, history[i - 1].committed_at);
  }
}

TEST_F(TransactionTest, TimesGrowWhenTheClockJumps) {
  const int64_t day = int64_t{24} * 3600 * 1'000'000;
  const auto insert = [&](uint64_t id) {
    ICEFALL_ASSERT_OK(Commit(*database_, [&](Transaction& t) { return Insert(t, "a", id); }));
  };
  for (const int64_t jump : {day, -30 * day, int64_t{5}, -day, 60 * day}) {
    clock_.AdvanceMicros(jump);
    insert(static_cast<uint64_t>(jump));
    // As another process, which remembers no time.
    database_.reset();
    std::filesystem::remove(directory_.path("_catalog/lock"));
    database_ = *Database::Open(directory_.path(), {.clock = &clock_});
    insert(7);
  }
  const auto history = *database_->History(UuidOf(*Begin(), "a"));
  ASSERT_EQ(history.size(), 11);
  for (size_t i = 1; i < history.size(); ++i) {
    EXPECT_GT(history[i].committed_at, history[i - 1].committed_at);
    EXPECT_EQ((*Begin()->TableAsOf(UuidOf(*Begin(), "a"), history[i].committed_at))->sequence,
              history[i].sequence);
  }
}

}  // namespace
}  // namespace icefall
