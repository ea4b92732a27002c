#include "database/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "database/database_impl.h"
#include "store/fault_store.h"
#include "store/memory_store.h"
#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class DatabaseTest : public testing::Test {
 protected:
  static std::unique_ptr<Database> OpenAt(const std::string& path, const DatabaseOptions& options) {
    auto database = Database::Open(path, options);
    EXPECT_TRUE(database) << (database ? "" : database.error().message());
    return database ? *std::move(database) : nullptr;
  }
  std::unique_ptr<Database> Open(const DatabaseOptions& options = {.create_if_missing = true}) {
    return OpenAt(directory_.path(), options);
  }

  static Error OpenError(const std::string& path, const DatabaseOptions& options) {
    auto database = Database::Open(path, options);
    EXPECT_FALSE(database);
    return database ? Error(ErrorCode::kInternal, "opened") : database.error();
  }

  TemporaryDirectory directory_;
};

TEST_F(DatabaseTest, CommittedChangesAreThereAfterReopening) {
  std::string uuid;
  {
    const auto database = Open();
    auto transaction = *database->Begin();
    auto created = transaction->CreateTable({"main", "orders"}, EmptySnapshot("", SampleSchema()));
    ICEFALL_ASSERT_OK(created);
    uuid = *created;
    for (uint64_t id = 1; id <= 2; ++id) ICEFALL_ASSERT_OK(Insert(*transaction, "orders", id));
    auto committed = transaction->Commit();
    ICEFALL_ASSERT_OK(committed);
    EXPECT_EQ(committed->database_sequence.value, 2);
  }
  const auto database = Open({});
  auto transaction = *database->Begin();
  const auto object = (*transaction->Catalog())->Find(ObjectKind::kTable, {"MAIN", "Orders"});
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(object->uuid, uuid);
  EXPECT_EQ(object->directory, "orders");
  auto table = *transaction->Table(uuid);
  EXPECT_EQ(table->live_row_count, 2);
  ASSERT_EQ(table->inline_rows.batches.size(), 1);
  EXPECT_EQ(table->inline_rows.batches[0]->rows, "[[1,\"a\"],[2,\"a\"]]");
  ICEFALL_ASSERT_OK(transaction->Change(uuid, InsertRow(*table, 3)));
  ICEFALL_ASSERT_OK(transaction->Commit());
  const auto history = *database->History(uuid);
  ASSERT_EQ(history.size(), 2);
  EXPECT_EQ(history[0].operation, "create");
  EXPECT_EQ(history[1].operation, "insert");
  EXPECT_EQ(history[1].summary.at("inserted_rows"), "1");
  EXPECT_EQ((*database->TableAt(uuid, Sequence(1)))->live_row_count, 2);
}

TEST_F(DatabaseTest, OpenSaysWhatIsThereInstead) {
  EXPECT_EQ(OpenError(directory_.path("missing"), {}).code(), ErrorCode::kNotFound);
  EXPECT_EQ(OpenError(directory_.path(), {}).code(), ErrorCode::kInvalidArgument);
  WriteFile(directory_.path("letter.txt"), "hello");
  const Error error = OpenError(directory_.path(), {.create_if_missing = true});
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message(),
              AllOf(HasSubstr(directory_.path()), HasSubstr("1 other"), HasSubstr("_catalog")));
  EXPECT_FALSE(std::filesystem::exists(directory_.path("_catalog")));
  EXPECT_EQ(
      OpenError(directory_.path("missing"), {.read_only = true, .create_if_missing = true}).code(),
      ErrorCode::kNotFound);
}

TEST_F(DatabaseTest, ReadOnlyRefusesEveryChange) {
  ICEFALL_ASSERT_OK(Commit(*Open(), [](Transaction& t) { return CreateTable(t, "a"); }));
  const auto database = Open({.read_only = true});
  EXPECT_EQ(*ReadContents(*database), (Contents{{"a", 0}}));
  auto transaction = *database->Begin();
  const std::string uuid = UuidOf(*transaction, "a");
  const auto refused = [](const auto& result) {
    return !result && result.error().code() == ErrorCode::kPermissionDenied;
  };
  EXPECT_TRUE(refused(Insert(*transaction, "a", 1)));
  EXPECT_TRUE(refused(CreateTable(*transaction, "b")));
  EXPECT_TRUE(refused(transaction->DropObject(uuid)));
  EXPECT_TRUE(refused(transaction->NewDataFile(uuid)));
  EXPECT_TRUE(refused(transaction->CreateObject({.kind = ObjectKind::kSchema, .name = {"", "s"}})));
}

TEST_F(DatabaseTest, ReadOnlyWithoutLockFileSeesTheNewest) {
  ICEFALL_ASSERT_OK(Commit(*Open(), [](Transaction& t) { return CreateTable(t, "a"); }));
  std::filesystem::remove(directory_.path("_catalog/lock"));
  const auto reader = Open({.read_only = true});
  EXPECT_EQ(*ReadContents(*reader), (Contents{{"a", 0}}));
  EXPECT_FALSE(std::filesystem::exists(directory_.path("_catalog/lock")));
  ICEFALL_ASSERT_OK(Commit(*Open(), [](Transaction& t) { return Insert(t, "a", 1); }));
  EXPECT_EQ(*ReadContents(*reader), (Contents{{"a", 1}}));
}

TEST_F(DatabaseTest, RenamedAndUnwelcomeNamesGetSafeDirectories) {
  const auto database = Open();
  const std::vector<std::string> names = {
      "../x", "a/b",    "_log",  ".hidden", "Größe",
      "a.b",  "\"q\"'", "a*?[]", " ",       std::string(300, 'n')};
  for (const std::string& name : names) {
    ICEFALL_ASSERT_OK(Commit(*database, [&](Transaction& t) { return CreateTable(t, name); }));
    ICEFALL_ASSERT_OK(Commit(*database, [&](Transaction& t) { return Insert(t, name, 1); }));
  }
  const auto again = Open({});
  auto transaction = *again->Begin();
  const auto catalog = *transaction->Catalog();
  std::set<std::string> directories;
  for (const auto& object : catalog->Tables()) {
    directories.insert(object->directory);
    EXPECT_LT(object->directory.size(), 200);
    EXPECT_TRUE(std::filesystem::is_directory(directory_.path(object->directory)));
    EXPECT_EQ((*transaction->Table(object->uuid))->live_row_count, 1);
  }
  EXPECT_EQ(directories.size(), names.size());
}

TEST_F(DatabaseTest, RecreatedTableGetsAnotherDirectory) {
  const auto database = Open();
  ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) { return CreateTable(t, "a"); }));
  auto before = *database->Begin();
  const std::string dropped = UuidOf(*before, "a");
  ICEFALL_ASSERT_OK(Commit(*database, [&](Transaction& t) { return t.DropObject(dropped); }));
  ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) { return CreateTable(t, "a"); }));
  ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) { return Insert(t, "a", 1); }));
  auto after = *database->Begin();
  EXPECT_NE(UuidOf(*after, "a"), dropped);
  // What began before the drop still sees it, and so does history.
  EXPECT_EQ((*before->Table(dropped))->live_row_count, 0);
  EXPECT_EQ(Open({})->History(dropped)->size(), 1);
}

TEST_F(DatabaseTest, PastTransactionSeesOldNamesAndChangesNothing) {
  const auto database = Open();
  ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) { return CreateTable(t, "a"); }));
  const auto inserted = Commit(*database, [](Transaction& t) { return Insert(t, "a", 1); });
  ICEFALL_ASSERT_OK(inserted);
  ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) { return t.DropObject(UuidOf(t, "a")); }));
  for (const auto& reader : {Open({}), Open({.read_only = true})}) {
    auto past = reader->BeginAt({.sequence = inserted->database_sequence});
    ICEFALL_ASSERT_OK(past);
    const std::string uuid = UuidOf(**past, "a");
    ICEFALL_ASSERT_OK((*past)->Table(uuid));
    EXPECT_EQ((*(*past)->Table(uuid))->live_row_count, 1);
    EXPECT_EQ((*(*past)->TableAt(uuid, Sequence(1)))->live_row_count, 0);
    const auto refused = Insert(**past, "a", 2);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kPermissionDenied);
    EXPECT_EQ((*reader->FindTableEver([&](const CatalogObject& object) {
                return object.directory == "a";
              }))->uuid,
              uuid);
    for (const uint64_t number : {0, 99}) {
      const auto never = reader->BeginAt({.sequence = DatabaseSequence(number)});
      ASSERT_FALSE(never);
      EXPECT_EQ(never.error().code(), ErrorCode::kNotFound);
    }
    EXPECT_TRUE(ReadContents(*reader)->empty());
  }
}

TEST_F(DatabaseTest, PastOfAPurgedTableIsNamedAndNotFound) {
  const auto database = Open();
  const auto created = Commit(*database, [](Transaction& t) { return CreateTable(t, "a"); });
  ICEFALL_ASSERT_OK(created);
  ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) { return t.DropObject(UuidOf(t, "a")); }));
  std::filesystem::remove_all(directory_.path("a"));
  const auto reader = Open({});
  auto past = *reader->BeginAt({.sequence = created->database_sequence});
  const auto table = past->Table(UuidOf(*past, "a"));
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(table.error().message(), HasSubstr("\"a\": what it was then is not kept any more"));
}

TEST_F(DatabaseTest, ManyThreadsLoseNothing) {
  const auto database = Open();
  ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) { return CreateTable(t, "a"); }));
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (uint64_t n = 0; n < 25; ++n) {
        const auto committed =
            Commit(*database, [&](Transaction& t) { return Insert(t, "a", i * 25 + n); });
        EXPECT_TRUE(committed) << committed.error().message();
        EXPECT_TRUE(ReadContents(*database));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*ReadContents(*database), (Contents{{"a", 200}}));
  EXPECT_EQ(*ReadContents(*Open({})), (Contents{{"a", 200}}));
}

TEST_F(DatabaseTest, ManifestsAreWrittenBehindCommits) {
  DatabaseImpl database(*LocalStore::Open(directory_.path()), "here",
                        {.create_if_missing = true, .manifest_interval_bytes = 2000});
  ICEFALL_ASSERT_OK(database.Start());
  ICEFALL_ASSERT_OK(Commit(database, [](Transaction& t) { return CreateTable(t, "a"); }));
  for (uint64_t i = 0; i < 50; ++i) {
    ICEFALL_ASSERT_OK(Commit(database, [&](Transaction& t) { return Insert(t, "a", i); }));
    // One is written for all that was committed since the last, however late.
    if (i % 25 == 24) database.WaitForManifests();
  }
  const auto store = *LocalStore::Open(directory_.path());
  const auto manifests = *ListManifests(*store, "a");
  EXPECT_GT(manifests.size(), 1);
  EXPECT_LT(manifests.size(), 50);
  EXPECT_THAT(VerifyDatabase(*store, database), testing::IsEmpty());
}

TEST_F(DatabaseTest, OneOfSeveralProcessesWritesAManifest) {
  // What each opens stands for a process.
  std::vector<std::unique_ptr<DatabaseImpl>> databases;
  for (int i = 0; i < 4; ++i) {
    databases.push_back(std::make_unique<DatabaseImpl>(
        *LocalStore::Open(directory_.path()), "here",
        DatabaseOptions{.create_if_missing = true, .manifest_interval_bytes = 20'000}));
    ICEFALL_ASSERT_OK(databases.back()->Start());
  }
  ICEFALL_ASSERT_OK(Commit(*databases[0], [](Transaction& t) { return CreateTable(t, "a"); }));
  for (uint64_t i = 0; i < 400; ++i) {
    auto& database = *databases[i % databases.size()];
    ICEFALL_ASSERT_OK(Commit(database, [&](Transaction& t) { return Insert(t, "a", i); }));
    database.WaitForManifests();
  }
  const auto store = *LocalStore::Open(directory_.path());
  uint64_t log_bytes = 0;
  const auto segments = *store->List({.prefix = SegmentPrefix("a")});
  for (const auto& segment : segments) log_bytes += segment.size_bytes;
  const auto manifests = *ListManifests(*store, "a");
  EXPECT_GE(manifests.size(), log_bytes / 2 / 20'000);
  EXPECT_LE(manifests.size(), log_bytes / 20'000 + 1);
  EXPECT_THAT(VerifyDatabase(*store, *databases[0]), testing::IsEmpty());
}

TEST_F(DatabaseTest, WritesTheManifestThatAnotherProcessOwes) {
  const DatabaseOptions patient{.create_if_missing = true};
  const auto other = Open(patient);
  ICEFALL_ASSERT_OK(Commit(*other, [](Transaction& t) { return CreateTable(t, "a"); }));
  DatabaseImpl database(*LocalStore::Open(directory_.path()), "here",
                        {.manifest_interval_bytes = 4000});
  ICEFALL_ASSERT_OK(database.Start());
  // The other one's commit is always the one that makes the manifest due, and it writes none.
  for (uint64_t i = 0; i < 40; ++i) {
    for (uint64_t n = 0; n < 20; ++n) {
      ICEFALL_ASSERT_OK(Commit(*other, [&](Transaction& t) { return Insert(t, "a", i); }));
    }
    ICEFALL_ASSERT_OK(Commit(database, [&](Transaction& t) { return Insert(t, "a", i); }));
    database.WaitForManifests();
  }
  const auto store = *LocalStore::Open(directory_.path());
  EXPECT_GT(ListManifests(*store, "a")->size(), 1);
  EXPECT_THAT(VerifyDatabase(*store, database), testing::IsEmpty());
}

// A memory store whose objects cannot grow, as on S3.
class PutOnlyStore : public MemoryStore {
 public:
  Capabilities capabilities() const override { return {}; }
};

TEST_F(DatabaseTest, WorksByConditionalPutsAlone) {
  const auto store = std::make_shared<PutOnlyStore>();
  const auto open = [&] { return *Database::Open(store, {.create_if_missing = true}); };
  const auto first = open();
  ICEFALL_ASSERT_OK(Commit(*first, [](Transaction& t) -> Result<void> {
    ICEFALL_RETURN_IF_ERROR(CreateTable(t, "a"));
    return CreateTable(t, "b");
  }));
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const auto database = open();
      for (uint64_t n = 0; n < 20; ++n) {
        const auto committed = Commit(*database, [&](Transaction& t) -> Result<void> {
          ICEFALL_RETURN_IF_ERROR(Insert(t, "a", n));
          return i % 2 == 0 ? Insert(t, "b", n) : Result<void>();
        });
        EXPECT_TRUE(committed) << committed.error().message();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Contents expected = {{"a", 80}, {"b", 40}};
  EXPECT_EQ(*ReadContents(*first), expected);
  EXPECT_EQ(*ReadContents(*open()), expected);
  EXPECT_THAT(VerifyDatabase(first->store(), *first), testing::IsEmpty());
}

TEST_F(DatabaseTest, ObjectsAreAskedForABoundedNumberOfTimes) {
  PutOnlyStore base;
  {
    const auto writer = *Database::Open(std::shared_ptr<ObjectStore>(&base, [](ObjectStore*) {}),
                                        {.create_if_missing = true});
    ICEFALL_ASSERT_OK(Commit(*writer, [](Transaction& t) { return CreateTable(t, "a"); }));
    for (uint64_t i = 0; i < 200; ++i) {
      ICEFALL_ASSERT_OK(Commit(*writer, [&](Transaction& t) { return Insert(t, "a", i); }));
    }
  }
  const auto store = std::make_shared<FaultStore>(base);
  const auto reader = *Database::Open(store, {});
  EXPECT_EQ(*ReadContents(*reader), (Contents{{"a", 200}}));
  EXPECT_LE(store->CallCount(), 4u)
      << "the head, what was committed since, the newest of that, and what came after that";
  store->ResetCounts();
  EXPECT_EQ(*ReadContents(*reader), (Contents{{"a", 200}}));
  EXPECT_EQ(store->CallCount(), 1u);
  ICEFALL_ASSERT_OK(Commit(*reader, [](Transaction& t) { return Insert(t, "a", 1); }));
  store->ResetCounts();
  ICEFALL_ASSERT_OK(Commit(*reader, [](Transaction& t) { return Insert(t, "a", 1); }));
  EXPECT_EQ(store->CallCount(StoreCall::kPut), 1u);
  EXPECT_EQ(store->CallCount(), 2u) << "a look at what is new, and the commit";
}

TEST_F(DatabaseTest, ALongTransactionIsRebasedWithoutReadingThePastAgain) {
  PutOnlyStore base;
  const auto lend = [&] { return std::shared_ptr<ObjectStore>(&base, [](ObjectStore*) {}); };
  const auto fast = *Database::Open(lend(), {.create_if_missing = true});
  ICEFALL_ASSERT_OK(Commit(*fast, [](Transaction& t) { return CreateTable(t, "a"); }));
  const auto store = std::make_shared<FaultStore>(base);
  const auto slow = *Database::Open(store, {});
  auto transaction = *slow->Begin();
  ICEFALL_ASSERT_OK(Insert(*transaction, "a", 1000));
  for (uint64_t i = 0; i < 200; ++i) {
    ICEFALL_ASSERT_OK(Commit(*fast, [&](Transaction& t) { return Insert(t, "a", i); }));
    ICEFALL_ASSERT_OK(ReadContents(*slow));  // as other statements of the process do
  }
  store->ResetCounts();
  ICEFALL_ASSERT_OK(transaction->Commit());
  EXPECT_EQ(store->CallCount(), 1u) << "the commit";
  EXPECT_EQ(*ReadContents(*fast), (Contents{{"a", 201}}));
}

}  // namespace
}  // namespace icefall
