#include "database/database.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/uuid.h"

namespace icefall {
namespace {

// A directory that goes with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory()
      : path_(std::filesystem::temp_directory_path() / ("icefall-" + NewUuid(SystemClock()))) {}
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

Schema TwoColumns() {
  Schema schema;
  schema.fields.resize(2);
  schema.fields[0].name = "id";
  schema.fields[0].type = Type::Primitive("BIGINT");
  schema.fields[1].name = "name";
  schema.fields[1].type = Type::Primitive("VARCHAR");
  AssignFieldIds(schema, FieldId());
  return schema;
}

// An insert of one inline row.
ChangeSet InsertRow(const Snapshot& table, int id) {
  auto batch = std::make_shared<InlineBatch>();
  batch->first_position = table.inline_rows.next_position;
  batch->row_count = 1;
  batch->schema = table.schema->id;
  for (const Field& field : table.schema->fields) batch->fields.push_back(field.id);
  batch->rows = "[[" + std::to_string(id) + ",\"a\"]]";
  batch->first_row_id = table.next_row_id;
  ChangeSet change;
  change.operation = "insert";
  change.summary["inserted_rows"] = "1";
  change.added_inline.push_back(std::move(batch));
  change.row_id_count = 1;
  return change;
}

class DatabaseTest : public testing::Test {
 protected:
  std::unique_ptr<Database> Open(DatabaseOptions options = {.create_if_missing = true}) {
    auto database = Database::Open(directory_.path(), options);
    EXPECT_TRUE(database) << (database ? "" : database.error().message());
    return database ? *std::move(database) : nullptr;
  }

  TemporaryDirectory directory_;
};

TEST_F(DatabaseTest, CommittedChangesAreThereAfterReopening) {
  std::string uuid;
  {
    const auto database = Open();
    auto transaction = *database->Begin();
    auto created = transaction->CreateTable({"main", "orders"}, EmptySnapshot("", TwoColumns()));
    ASSERT_TRUE(created) << created.error().message();
    uuid = *created;
    for (int id = 1; id <= 2; ++id) {
      const auto table = *transaction->Table(uuid);
      const auto changed = transaction->Change(uuid, InsertRow(*table, id));
      ASSERT_TRUE(changed) << changed.error().message();
    }
    auto committed = transaction->Commit();
    ASSERT_TRUE(committed) << committed.error().message();
    EXPECT_EQ(committed->database_sequence.value, 2);
  }
  const auto database = Open({});
  auto transaction = *database->Begin();
  const auto catalog = *transaction->Catalog();
  const auto object = catalog->Find(ObjectKind::kTable, {"MAIN", "Orders"});
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(object->uuid, uuid);
  EXPECT_EQ(object->directory, "orders");
  auto table = *transaction->Table(uuid);
  EXPECT_EQ(table->live_row_count, 2);
  ASSERT_TRUE(transaction->Change(uuid, InsertRow(*table, 3)));
  auto committed = transaction->Commit();
  ASSERT_TRUE(committed) << committed.error().message();
  const auto history = *database->History(uuid);
  ASSERT_EQ(history.size(), 2);
  EXPECT_EQ(history[0].operation, "create");
  EXPECT_EQ(history[1].operation, "insert");
  EXPECT_EQ((*database->TableAt(uuid, Sequence(1)))->live_row_count, 2);
}

}  // namespace
}  // namespace icefall
