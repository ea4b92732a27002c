// Every statement is cut off at every state of the disk that a power cut could leave. Reopened, the
// database is the old version or the new one, the new one once it was acknowledged; it checks
// clean, and takes the next commit.
#include <duckdb.hpp>
#include <duckdb/main/attached_database.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/storage/storage_extension.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "maintenance/check.h"
#include "session/parquet_reader.h"
#include "sql/icefall_catalog.h"
#include "sql/icefall_transaction_manager.h"
#include "tests/crash/power_cut_states.h"
#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

// The database that `ATTACH ... (TYPE recorded)` attaches.
struct Recorded {
  std::shared_ptr<ObjectStore> store;
  DatabaseOptions options;
};
Recorded& TheRecorded() {
  static auto& recorded = *new Recorded();
  return recorded;
}

duckdb::unique_ptr<duckdb::Catalog> AttachRecorded(
    duckdb::optional_ptr<duckdb::StorageExtensionInfo>, duckdb::ClientContext&,
    duckdb::AttachedDatabase& attached, const duckdb::string&, duckdb::AttachInfo&,
    duckdb::AttachOptions&) {
  auto database = Database::Open(TheRecorded().store, TheRecorded().options);
  EXPECT_TRUE(database);
  return duckdb::make_uniq<IcefallCatalog>(attached, *std::move(database), AttachSettings());
}

duckdb::unique_ptr<duckdb::TransactionManager> MakeManager(
    duckdb::optional_ptr<duckdb::StorageExtensionInfo>, duckdb::AttachedDatabase& attached,
    duckdb::Catalog& catalog) {
  return duckdb::make_uniq<IcefallTransactionManager>(attached, catalog.Cast<IcefallCatalog>());
}

// DuckDB with the database on a store attached and in use.
class RecordedSession {
 public:
  RecordedSession(std::shared_ptr<ObjectStore> store, const DatabaseOptions& options)
      : duckdb_(nullptr) {
    TheRecorded() = {std::move(store), options};
    auto extension = duckdb::make_shared_ptr<duckdb::StorageExtension>();
    extension->attach = AttachRecorded;
    extension->create_transaction_manager = MakeManager;
    duckdb::StorageExtension::Register(duckdb::DBConfig::GetConfig(*duckdb_.instance), "recorded",
                                       std::move(extension));
    connection_ = std::make_unique<duckdb::Connection>(duckdb_);
    Run("ATTACH 'recorded' AS my (TYPE recorded)");
    Run("USE my");
  }
  void Run(const std::string& sql) {
    const auto result = connection_->Query(sql);
    ASSERT_FALSE(result->HasError()) << sql << ": " << result->GetError();
  }

 private:
  duckdb::DuckDB duckdb_;
  std::unique_ptr<duckdb::Connection> connection_;
};

struct Operation {
  std::string name;
  std::string sql;
  DatabaseOptions options = {.manifest_interval_bytes = UINT64_MAX};
};

const Operation kOperations[] = {
    {"Insert", "INSERT INTO t VALUES (-1, 'inline')"},
    {"InsertWithManifest", "INSERT INTO t VALUES (-1, 'x')", {.manifest_interval_bytes = 1}},
    {"InsertInNewSegment", "INSERT INTO t VALUES (-1, 'x')", {.segment_size_bytes_max = 1}},
    {"BulkLoad", "INSERT INTO t SELECT range + 50000, 'bulk' FROM range(5000)"},
    {"InsertOnConflict",
     "INSERT INTO t VALUES (1, 'changed'), (-1, 'new') ON CONFLICT (id) DO UPDATE SET "
     "v = excluded.v"},
    {"InsertPartitioned", "INSERT INTO p SELECT range, range % 3 FROM range(3000)"},
    {"DeleteOneRow", "DELETE FROM t WHERE id = 7"},
    {"DeleteManyRows", "DELETE FROM t WHERE hash(id) % 3 = 0"},
    {"DeleteInlineRow", "DELETE FROM u WHERE id = 1"},
    {"Truncate", "TRUNCATE t"},
    {"UpdateOneRow", "UPDATE t SET v = 'changed' WHERE id = 7"},
    {"UpdateManyRows", "UPDATE t SET v = 'changed' WHERE id % 2 = 0"},
    {"Merge",
     "MERGE INTO t USING (SELECT range + 19990 AS id FROM range(300)) s ON t.id = s.id "
     "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'merged')"},
    {"AddColumn", "ALTER TABLE u ADD COLUMN w INTEGER DEFAULT 7"},
    {"RenameColumn", "ALTER TABLE u RENAME COLUMN v TO w"},
    {"ChangeType", "ALTER TABLE u ALTER COLUMN id TYPE VARCHAR"},
    {"RenameTable", "ALTER TABLE u RENAME TO renamed"},
    {"CreateTable", "CREATE TABLE n (i INTEGER)"},
    {"CreateTableAs", "CREATE TABLE n AS SELECT range AS i FROM range(5000)"},
    {"ReplaceTable", "CREATE OR REPLACE TABLE u AS SELECT range AS i FROM range(5000)"},
    {"DropTable", "DROP TABLE u"},
    {"CreateView", "CREATE VIEW w AS SELECT * FROM t"},
    {"CreateSchema", "CREATE SCHEMA s"},
    {"SeveralTables",
     "BEGIN; INSERT INTO t VALUES (-1, 'x'); DELETE FROM u; INSERT INTO p VALUES (1, 1); COMMIT"},
    {"SeveralTablesAndNames",
     "BEGIN; UPDATE t SET v = 'y' WHERE id < 5; DROP TABLE u; CREATE TABLE n AS SELECT range AS i "
     "FROM range(500); COMMIT"},
};

// Names and tables at one time.
struct Version {
  CatalogSnapshotPointer names;
  std::map<std::string, SnapshotPointer> tables;  // by uuid

  bool Same(const Version& other) const {
    if (!CatalogCodec::Same(*names, *other.names) || tables.size() != other.tables.size()) {
      return false;
    }
    return std::ranges::all_of(tables, [&](const auto& item) {
      const auto found = other.tables.find(item.first);
      return found != other.tables.end() && TableCodec::Same(*item.second, *found->second);
    });
  }
};

Result<Version> ReadVersion(Database& database) {
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database.Begin());
  Version version;
  ICEFALL_ASSIGN_OR_RETURN(version.names, transaction->Catalog());
  for (const auto& object : version.names->Tables()) {
    ICEFALL_ASSIGN_OR_RETURN(version.tables[object->uuid], transaction->Table(object->uuid));
  }
  return version;
}

class PowerCutTest : public testing::TestWithParam<Operation> {
 protected:
  // What store calls and Persist made durable; the lock file is no part of it.
  static StoredFiles ReadFiles(const std::string& path) {
    StoredFiles files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      const auto key = std::filesystem::relative(entry.path(), path).string();
      if (entry.is_regular_file() && key != kLockKey) files[key] = ReadWholeFile(entry.path());
    }
    return files;
  }

  static void WriteFiles(const StoredFiles& files, const std::string& path) {
    for (const auto& [key, bytes] : files) {
      std::filesystem::create_directories(std::filesystem::path(path + "/" + key).parent_path());
      WriteFile(path + "/" + key, bytes);
    }
  }

  static void Fill(const std::string& path) {
    RecordedSession session(*LocalStore::Create(path), {.create_if_missing = true});
    session.Run("CREATE TABLE t (id BIGINT PRIMARY KEY, v VARCHAR)");
    session.Run("INSERT INTO t SELECT range, 'row' FROM range(20000)");
    session.Run("CREATE TABLE u (id BIGINT, v VARCHAR)");
    session.Run("INSERT INTO u VALUES (1, 'a'), (2, 'b')");
    session.Run("CREATE TABLE p (id BIGINT, k BIGINT)");
    session.Run("ALTER TABLE p SET PARTITIONED BY (k)");
    session.Run("CREATE TABLE z (id BIGINT, name VARCHAR)");
  }

  // Reopens what a cut left. Answers whether it is the new version.
  void CheckState(const PowerCutState& state, const Version& before, const Version& after,
                  size_t acknowledged) {
    const TemporaryDirectory directory;
    WriteFiles(state.files, directory.path());
    const auto database = Database::Open(directory.path(), {});
    ICEFALL_ASSERT_OK(database);
    const auto found = ReadVersion(**database);
    ICEFALL_ASSERT_OK(found);
    ASSERT_TRUE(found->Same(after) || found->Same(before));
    if (state.events >= acknowledged) {
      ASSERT_TRUE(found->Same(after));
    }
    ICEFALL_ASSERT_OK(Commit(**database, [](Transaction& t) { return Insert(t, "z", 1); }));
    for (const auto& object : found->names->Tables()) {
      const auto report = CheckTable(**database, object->name, *reader_, {});
      ICEFALL_ASSERT_OK(report);
      for (const Finding& finding : report->findings) {
        ASSERT_NE(finding.severity, Severity::kError) << finding.code << ": " << finding.message;
      }
    }
  }

  std::unique_ptr<DataFileReader> reader_ = *MakeParquetReader();
};

TEST_P(PowerCutTest, LeavesTheOldVersionOrTheNewOne) {
  const TemporaryDirectory directory;
  Fill(directory.path());
  const StoredFiles initial = ReadFiles(directory.path());
  const Version before = *ReadVersion(**Database::Open(directory.path(), {}));
  const auto base = *LocalStore::Open(directory.path());
  const auto store = std::make_shared<RecordingStore>(*base);
  size_t acknowledged = 0;
  {
    RecordedSession session(store, GetParam().options);
    store->Clear();
    session.Run(GetParam().sql);
    acknowledged = store->events().size();
  }
  const Version after = *ReadVersion(**Database::Open(directory.path(), {}));
  ASSERT_FALSE(before.Same(after));
  const auto states = PowerCutStates(initial, store->events());
  size_t index = 0;
  for (const PowerCutState& state : states) {
    SCOPED_TRACE(testing::Message() << "state " << index++ << " of " << states.size() << ", after "
                                    << state.events << " of " << store->events().size()
                                    << " events, acknowledged after " << acknowledged);
    CheckState(state, before, after, acknowledged);
    if (HasFatalFailure()) return;
  }
  RecordProperty("events", static_cast<int>(store->events().size()));
  RecordProperty("states", static_cast<int>(states.size()));
}

INSTANTIATE_TEST_SUITE_P(All, PowerCutTest, testing::ValuesIn(kOperations),
                         [](const testing::TestParamInfo<Operation>& test) {
                           return test.param.name;
                         });

}  // namespace
}  // namespace icefall
