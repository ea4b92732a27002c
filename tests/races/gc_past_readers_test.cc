// Garbage collection while others begin to read the past: they read it whole, or hear that it is
// gone.
#include <filesystem>

#include <gtest/gtest.h>

#include "maintenance/gc.h"
#include "store/fault_store.h"
#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

class GcPastReadersTest : public testing::Test {
 protected:
  // Commit 1 makes table t, each further one replaces its file.
  void SetUp() override {
    writer_ = *Database::Open(directory_.path(), {.create_if_missing = true});
    ICEFALL_ASSERT_OK(Commit(*writer_, [](Transaction& t) { return CreateTable(t, "t"); }));
    ReplaceFile();
    old_file_ = file_;
    old_ = CurrentState(*writer_);
  }

  void ReplaceFile() {
    ICEFALL_ASSERT_OK(Commit(*writer_, [&](Transaction& t) -> Result<void> {
      const std::string uuid = UuidOf(t, "t");
      ICEFALL_ASSIGN_OR_RETURN(const auto table, t.Table(uuid));
      ICEFALL_ASSIGN_OR_RETURN(const NewFile file, t.NewDataFile(uuid));
      WriteFile(file.external_path, "rows");
      file_ = file.external_path;
      ChangeSet change = InsertFile(*table, file.path, 10);
      table->fragments.ForEach([&](const FragmentPointer& fragment) {
        change.removed_fragments.push_back(fragment->id);
      });
      return t.Change(uuid, std::move(change));
    }));
  }

  static SnapshotPointer CurrentState(Database& database) {
    const auto transaction = *database.Begin();
    return *transaction->Table(UuidOf(*transaction, "t"));
  }

  static void Collect(Database& database) {
    ICEFALL_ASSERT_OK(
        CollectGarbage(database, SystemClock(), {"main", "t"}, {.retain_snapshots = 1}));
  }

  bool OldFileIsThere() const { return std::filesystem::exists(old_file_); }

  const TemporaryDirectory directory_;
  std::unique_ptr<Database> writer_;
  std::string file_, old_file_;
  SnapshotPointer old_;  // of old_file_
};

TEST_F(GcPastReadersTest, WhoPinsBeforeTheMarkKeepsTheFiles) {
  ReplaceFile();
  const auto reader = *Database::Open(directory_.path(), {});
  const auto base = *LocalStore::Open(directory_.path());
  std::unique_ptr<Transaction> past;
  Result<SnapshotPointer> read = Fail(ErrorCode::kInternal, "not read");
  const auto store = std::make_shared<FaultStore>(*base, [&](const StoreCallInfo& call) {
    if (call.call == StoreCall::kPut && call.key.starts_with("t/_oldest/") && !past) {
      past = *reader->BeginAt({.sequence = old_->database_sequence});
      read = past->Table(UuidOf(*past, "t"));
    }
    return Fault::None();
  });
  const auto collector = *Database::Open(store, {});
  Collect(*collector);
  ICEFALL_ASSERT_OK(read);
  EXPECT_EQ((*read)->sequence, old_->sequence);
  EXPECT_TRUE(OldFileIsThere());
  Collect(*collector);
  EXPECT_TRUE(OldFileIsThere());
  past.reset();
  Collect(*collector);
  EXPECT_FALSE(OldFileIsThere());
}

TEST_F(GcPastReadersTest, WhoRemembersAStateHearsThatItIsGone) {
  const auto reader = *Database::Open(directory_.path(), {});
  EXPECT_EQ(CurrentState(*reader)->sequence, old_->sequence);
  ReplaceFile();
  Collect(*writer_);
  EXPECT_FALSE(OldFileIsThere());
  const auto past = *reader->BeginAt({.sequence = old_->database_sequence});
  const auto read = past->Table(UuidOf(*past, "t"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kNotFound);
  const auto now = *reader->Begin();
  const auto at = now->TableAt(UuidOf(*now, "t"), old_->sequence);
  ASSERT_FALSE(at);
  EXPECT_EQ(at.error().code(), ErrorCode::kNotFound);
}

TEST_F(GcPastReadersTest, WhoReadsAnOlderVersionKeepsItsFiles) {
  ReplaceFile();
  const auto reader = *Database::Open(directory_.path(), {});
  auto transaction = *reader->Begin();
  ICEFALL_ASSERT_OK(transaction->TableAt(UuidOf(*transaction, "t"), old_->sequence));
  Collect(*writer_);
  EXPECT_TRUE(OldFileIsThere());
  transaction.reset();
  Collect(*writer_);
  EXPECT_FALSE(OldFileIsThere());
}

}  // namespace
}  // namespace icefall
