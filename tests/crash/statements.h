// Every kind of statement that changes something, run by DuckDB on a database whose store the test
// chose, so that it can record or refuse what is stored.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <duckdb.hpp>
#include <duckdb/main/attached_database.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/storage/storage_extension.hpp>
#include <gtest/gtest.h>

#include "sql/functions/table_functions.h"
#include "sql/icefall_catalog.h"
#include "sql/icefall_transaction_manager.h"
#include "tests/crash/sample_database.h"

namespace icefall {

// The database that `ATTACH ... (TYPE lent)` attaches.
struct AttachedStore {
  std::shared_ptr<ObjectStore> store;
  DatabaseOptions options;
};
inline AttachedStore& TheAttachedStore() {
  static auto& attached = *new AttachedStore();
  return attached;
}

inline duckdb::unique_ptr<duckdb::Catalog> AttachStore(
    duckdb::optional_ptr<duckdb::StorageExtensionInfo>, duckdb::ClientContext&,
    duckdb::AttachedDatabase& attached, const duckdb::string&, duckdb::AttachInfo&,
    duckdb::AttachOptions&) {
  auto database = Database::Open(TheAttachedStore().store, TheAttachedStore().options);
  EXPECT_TRUE(database);
  return duckdb::make_uniq<IcefallCatalog>(attached, *std::move(database), AttachSettings(),
                                           std::make_shared<StoreMounts>());
}

inline duckdb::unique_ptr<duckdb::TransactionManager> MakeManager(
    duckdb::optional_ptr<duckdb::StorageExtensionInfo>, duckdb::AttachedDatabase& attached,
    duckdb::Catalog& catalog) {
  return duckdb::make_uniq<IcefallTransactionManager>(attached, catalog.Cast<IcefallCatalog>());
}

// DuckDB with the database on a store attached and in use.
class StatementSession {
 public:
  StatementSession(std::shared_ptr<ObjectStore> store, const DatabaseOptions& options)
      : duckdb_(nullptr) {
    TheAttachedStore() = {std::move(store), options};
    auto extension = duckdb::make_shared_ptr<duckdb::StorageExtension>();
    extension->attach = AttachStore;
    extension->create_transaction_manager = MakeManager;
    duckdb::StorageExtension::Register(duckdb::DBConfig::GetConfig(*duckdb_.instance), "lent",
                                       std::move(extension));
    RegisterTableFunctions(*duckdb_.instance);
    connection_ = std::make_unique<duckdb::Connection>(duckdb_);
    Run("ATTACH 'lent' AS my (TYPE lent)");
    Run("USE my");
  }
  void Run(const std::string& sql) { ASSERT_EQ(Try(sql), "") << sql; }
  // The error; empty when there was none. A transaction that was left open is rolled back.
  std::string Try(const std::string& sql) {
    const auto result = connection_->Query(sql);
    if (!result->HasError()) return "";
    if (connection_->HasActiveTransaction()) connection_->Query("ROLLBACK");
    return result->GetError();
  }

 private:
  duckdb::DuckDB duckdb_;
  std::unique_ptr<duckdb::Connection> connection_;
};

struct Operation {
  std::string name;
  std::string sql;
  DatabaseOptions options = {.manifest_interval_bytes = UINT64_MAX};
  bool changes_version = true;
};

inline const Operation kOperations[] = {
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
    {"CreateView", "CREATE VIEW x AS SELECT * FROM t"},
    {"CreateSchema", "CREATE SCHEMA s"},
    {"SeveralTables",
     "BEGIN; INSERT INTO t VALUES (-1, 'x'); DELETE FROM u; INSERT INTO p VALUES (1, 1); COMMIT"},
    {"SeveralTablesAndNames",
     "BEGIN; UPDATE t SET v = 'y' WHERE id < 5; DROP TABLE u; CREATE TABLE n AS SELECT range AS i "
     "FROM range(500); COMMIT"},
    {"CreateIndex", "CREATE INDEX i ON t (v)"},
    {"CreateUniqueIndex", "CREATE UNIQUE INDEX i ON c (id, v)"},
    {"DropIndex", "DROP INDEX c_id"},
    {"FlushInlineRows", "INSERT INTO w VALUES (3, repeat('z', 600000))"},
    {"Compact", "CALL icefall_compact('c')"},
    {"CompactWithManifest", "CALL icefall_compact('c')", {.manifest_interval_bytes = 1}},
    {"OptimizeSorted", "CALL icefall_optimize('c', sort := 'v DESC, id')"},
    {"OptimizeClustered", "CALL icefall_optimize('c', z_order := 'id, v')"},
    {"OptimizePartitioned", "CALL icefall_optimize('p', sort := 'id')"},
    {"OptimizeAndForget", "CALL icefall_optimize('c', sort := 'v', retain_snapshots := 1)"},
    {"CollectGarbage",
     "CALL icefall_gc('c', retain_snapshots := 1)",
     {.manifest_interval_bytes = UINT64_MAX},
     false},
    {"DropAndCollectGarbage", "DROP TABLE u; CALL icefall_gc('u')"},
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

inline Result<Version> ReadVersion(Database& database) {
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database.Begin());
  Version version;
  ICEFALL_ASSIGN_OR_RETURN(version.names, transaction->Catalog());
  for (const auto& object : version.names->Tables()) {
    ICEFALL_ASSIGN_OR_RETURN(version.tables[object->uuid], transaction->Table(object->uuid));
  }
  return version;
}

// Table c: files that compaction puts together, one with deleted rows, inline rows, and files
// that only the past needs.
inline void FillCompactable(StatementSession& session) {
  session.Run("CREATE TABLE c (id BIGINT, v VARCHAR)");
  session.Run("CREATE INDEX c_id ON c (id)");
  session.Run("INSERT INTO c SELECT range, 'gone' FROM range(300)");
  session.Run("TRUNCATE c");
  session.Run("INSERT INTO c SELECT range, 'one' FROM range(300)");
  session.Run("INSERT INTO c SELECT range + 300, 'two' FROM range(300)");
  session.Run("DELETE FROM c WHERE id % 3 = 0");
  session.Run("INSERT INTO c VALUES (1000, 'inline'), (1001, 'inline')");
}

inline void FillForStatements(const std::string& path) {
  StatementSession session(*LocalStore::Create(path), {.create_if_missing = true});
  session.Run("CREATE TABLE t (id BIGINT PRIMARY KEY, v VARCHAR)");
  session.Run("INSERT INTO t SELECT range, 'row' FROM range(20000)");
  session.Run("CREATE TABLE u (id BIGINT, v VARCHAR)");
  session.Run("INSERT INTO u VALUES (1, 'a'), (2, 'b')");
  session.Run("CREATE TABLE p (id BIGINT, k BIGINT)");
  session.Run("ALTER TABLE p SET PARTITIONED BY (k)");
  session.Run("INSERT INTO p SELECT range, range % 2 FROM range(500)");
  FillCompactable(session);
  // Inline rows of which no more fit.
  session.Run("CREATE TABLE w (id BIGINT, v VARCHAR)");
  session.Run("INSERT INTO w VALUES (1, 'gone'), (2, repeat('y', 600000))");
  session.Run("DELETE FROM w WHERE id = 1");
  session.Run("CREATE TABLE z (id BIGINT, name VARCHAR)");
}

}  // namespace icefall
