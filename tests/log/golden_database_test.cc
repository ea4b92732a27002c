// tests/golden/database_v1 is a database of format version 1, byte for byte as it was written once.
// Every later version reads it. The pages in docs/format quote its lines.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "database/database_impl.h"
#include "store/fault_store.h"
#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

const std::string kGolden = ICEFALL_GOLDEN_DIRECTORY "/database_v1";

Schema OrdersSchema() {
  Schema schema = SampleSchema();
  schema.fields[0].required = true;
  schema.fields[1].write_default = "'none'";
  schema.constraints.push_back(
      {.kind = Constraint::Kind::kPrimaryKey, .name = "orders_id_pkey", .fields = {FieldId(1)}});
  schema.constraints.push_back(
      {.kind = Constraint::Kind::kCheck, .name = "orders_id_check", .expression = "id > 0"});
  return schema;
}

// Writes the golden database. Run once per format version, with the Parquet file of four rows that
// becomes its data file: ICEFALL_GOLDEN_PARQUET=… --gtest_also_run_disabled_tests.
TEST(GoldenDatabaseTest, DISABLED_Write) {
  const char* parquet = std::getenv("ICEFALL_GOLDEN_PARQUET");
  ASSERT_NE(parquet, nullptr);
  const std::string bytes = ReadWholeFile(parquet);
  std::filesystem::create_directories(kGolden);
  ManualClock clock(1'763'700'000'000'000);
  const auto base = *LocalStore::Open(kGolden);
  const auto store = std::make_shared<FaultStore>(*base);
  {
    DatabaseImpl database(
        store, kGolden,
        {.create_if_missing = true, .manifest_interval_bytes = 2200, .clock = &clock});
    ICEFALL_ASSERT_OK(database.Start());
    const auto commit = [&](auto body) {
      clock.AdvanceMicros(60'000'000);
      return Commit(database, body);
    };
    ICEFALL_ASSERT_OK(commit([&](Transaction& t) -> Result<void> {
      Snapshot initial = EmptySnapshot("", OrdersSchema());
      initial.properties["comment"] = "what was ordered";
      initial.sort_order.fields.push_back({.expression = "id"});
      ICEFALL_RETURN_IF_ERROR(t.CreateTable({"main", "orders"}, initial));
      return Insert(t, "orders", 1);
    }));
    ICEFALL_ASSERT_OK(commit([&](Transaction& t) -> Result<void> {
      const std::string uuid = UuidOf(t, "orders");
      ICEFALL_ASSIGN_OR_RETURN(const NewFile file, t.NewDataFile(uuid));
      WriteFile(file.external_path, bytes);
      ICEFALL_ASSIGN_OR_RETURN(const auto table, t.Table(uuid));
      ChangeSet change = InsertFile(*table, file.path, 4);
      Fragment fragment = *change.added_fragments[0];
      fragment.size_bytes = bytes.size();
      change.added_fragments[0] = std::make_shared<const Fragment>(fragment);
      return t.Change(uuid, std::move(change));
    }));
    ICEFALL_ASSERT_OK(commit([&](Transaction& t) -> Result<void> {
      ICEFALL_RETURN_IF_ERROR(t.CreateTable({"main", "Größe"}, EmptySnapshot("", SampleSchema())));
      ICEFALL_RETURN_IF_ERROR(t.CreateObject({.kind = ObjectKind::kView,
                                              .name = {"main", "names"},
                                              .definition = "CREATE VIEW names AS FROM orders"}));
      return {};
    }));
    ICEFALL_ASSERT_OK(commit([&](Transaction& t) -> Result<void> {
      ChangeSet change;
      change.operation = "delete";
      change.summary["deleted_rows"] = "1";
      change.deleted_rows[FragmentId(1)].Add(2);
      return t.Change(UuidOf(t, "orders"), std::move(change));
    }));
    const auto both = [](Transaction& t) -> Result<void> {
      ICEFALL_RETURN_IF_ERROR(Insert(t, "orders", 10));
      return Insert(t, "Größe", 10);
    };
    ICEFALL_ASSERT_OK(commit(both));
    // One whose writer died before the outcome: the next one aborts it.
    store->SetPlan([](const StoreCallInfo& info) {
      const bool is_outcome =
          info.call == StoreCall::kPut && info.key.starts_with("_transactions/");
      return is_outcome ? Fault::FailBefore(ErrorCode::kUnavailable) : Fault::None();
    });
    ASSERT_FALSE(commit(both));
    store->SetPlan(nullptr);
    ICEFALL_ASSERT_OK(commit([](Transaction& t) { return Delete(t, "orders", 0); }));
    database.WaitForManifests();
  }
  std::filesystem::remove(kGolden + "/_catalog/lock");
}

TEST(GoldenDatabaseTest, IsReadAsItWasWritten) {
  const TemporaryDirectory copy;
  std::filesystem::copy(kGolden, copy.path(), std::filesystem::copy_options::recursive);
  auto database = Database::Open(copy.path(), {});
  ICEFALL_ASSERT_OK(database);
  EXPECT_EQ(*ReadContents(**database), (Contents{{"orders", 4}, {"Größe", 1}}));
  auto transaction = *(*database)->Begin();
  const auto catalog = *transaction->Catalog();
  EXPECT_NE(catalog->Find(ObjectKind::kView, {"main", "names"}), nullptr);
  const std::string uuid = UuidOf(*transaction, "orders");
  const auto table = *transaction->Table(uuid);
  EXPECT_EQ(*table->schema, OrdersSchema());
  EXPECT_EQ(table->properties.at("comment"), "what was ordered");
  ASSERT_EQ(table->fragments.size(), 1);
  const FragmentPointer fragment = table->fragments.Find(FragmentId(1));
  EXPECT_EQ(fragment->row_count, 4);
  EXPECT_TRUE(fragment->deletes->Contains(2));
  EXPECT_EQ(fragment->added_at, Sequence(2));
  EXPECT_EQ(fragment->deletes_version, Sequence(3));
  ASSERT_EQ(table->inline_rows.batches.size(), 2);
  EXPECT_EQ(table->inline_rows.batches[1]->rows, "[[10,\"a\"]]");
  EXPECT_TRUE(table->inline_rows.deletes->Contains(0));
  std::vector<std::string> operations;
  const auto history = *(*database)->History(uuid);
  for (const CommitSummary& commit : history) operations.push_back(commit.operation);
  // The aborted commit has a number and is none.
  EXPECT_THAT(operations, testing::ElementsAre("create", "insert", "delete", "insert", "delete"));
  EXPECT_EQ(history.back().sequence, Sequence(6));
  const auto store = *LocalStore::Open(copy.path());
  EXPECT_THAT(VerifyDatabase(*store, **database), testing::IsEmpty());
  ICEFALL_ASSERT_OK(Commit(**database, [](Transaction& t) { return Insert(t, "orders", 11); }));
}

TEST(GoldenDatabaseTest, IsReadWhereNothingCanBeWritten) {
  const TemporaryDirectory copy;
  std::filesystem::copy(kGolden, copy.path(), std::filesystem::copy_options::recursive);
  auto database = Database::Open(copy.path(), {.read_only = true});
  ICEFALL_ASSERT_OK(database);
  EXPECT_EQ(*ReadContents(**database), (Contents{{"orders", 4}, {"Größe", 1}}));
  EXPECT_FALSE(std::filesystem::exists(copy.path("_catalog/lock")));
}

}  // namespace
}  // namespace icefall
