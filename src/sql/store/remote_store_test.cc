// Databases in stores that have no paths: in memory, and in the bucket that ICEFALL_TEST_S3 names
// where it is set (tests/store/with_s3_server.py).
#include <cstdlib>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "sql/storage_extension.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;

// Empty for the store in memory, which ends with its database.
std::vector<std::string> Locations() {
  std::vector<std::string> locations = {""};
  if (const char* s3 = std::getenv("ICEFALL_TEST_S3")) locations.emplace_back(s3);
  return locations;
}

class RemoteStore : public ::testing::TestWithParam<std::string> {
 protected:
  RemoteStore() {
    location_ = "memory:";
    if (!GetParam().empty()) {
      location_ = "s3:" + GetParam();
      location_.insert(location_.find('?'), "/" + NewUuid(SystemClock()));
    }
    Open();
  }

  bool is_kept() const { return !GetParam().empty(); }

  // A new process, as far as DuckDB can tell.
  void Open() {
    connection_.reset();
    db_ = std::make_unique<duckdb::DuckDB>(nullptr);
    RegisterIcefall(*db_->instance);
    connection_ = std::make_unique<duckdb::Connection>(*db_);
    Run("ATTACH '" + location_ + "' AS lake (TYPE icefall)");
    Run("USE lake");
  }

  std::string Query(duckdb::Connection& connection, const std::string& sql) {
    const auto result = connection.Query(sql);
    return result->HasError() ? result->GetError() : result->ToString();
  }
  std::string Rows(const std::string& sql) { return Query(*connection_, sql); }
  void Run(const std::string& sql) {
    const auto result = connection_->Query(sql);
    EXPECT_FALSE(result->HasError()) << sql << "\n" << result->GetError();
  }
  // The same statements on a plain DuckDB table beside it.
  void RunBoth(const std::string& sql) {
    Run(sql);
    duckdb::Connection plain(*db_);
    const auto result = plain.Query(sql);
    EXPECT_FALSE(result->HasError()) << sql << "\n" << result->GetError();
  }
  void ExpectSame(const std::string& sql) {
    duckdb::Connection plain(*db_);
    EXPECT_EQ(Rows(sql), Query(plain, sql)) << sql;
  }

  std::string location_;
  std::unique_ptr<duckdb::DuckDB> db_;
  std::unique_ptr<duckdb::Connection> connection_;
};

INSTANTIATE_TEST_SUITE_P(Stores, RemoteStore, ::testing::ValuesIn(Locations()),
                         [](const auto& store) { return store.param.empty() ? "Memory" : "S3"; });

TEST_P(RemoteStore, AnswersWhatAPlainTableAnswers) {
  RunBoth("CREATE TABLE t(i BIGINT PRIMARY KEY, s VARCHAR, d DOUBLE)");
  RunBoth("INSERT INTO t SELECT i, 'n' || i, i / 7 FROM range(300000) r(i)");
  RunBoth("INSERT INTO t VALUES (-1, NULL, NULL), (-2, 'ü€', 1e300)");
  RunBoth("DELETE FROM t WHERE i % 3 = 0");
  RunBoth("UPDATE t SET s = s || '!', d = NULL WHERE i BETWEEN 1000 AND 2000");
  RunBoth("INSERT INTO t VALUES (1, 'again', 0) ON CONFLICT DO UPDATE SET s = excluded.s");
  RunBoth(
      "MERGE INTO t USING (SELECT i FROM range(299000, 301000) r(i)) n ON t.i = n.i "
      "WHEN MATCHED THEN UPDATE SET s = 'merged' WHEN NOT MATCHED THEN INSERT VALUES (n.i, 'new', "
      "0)");
  ExpectSame("SELECT count(*), sum(i), count(s), min(s), max(s), sum(d::DECIMAL(18, 2)) FROM t");
  ExpectSame("SELECT * FROM t WHERE i IN (-2, 1, 1001, 299001, 300999) ORDER BY i");
  EXPECT_THAT(Rows("INSERT INTO t VALUES (1, 'twice', 0)"), HasSubstr("onstraint"));
  if (!is_kept()) return;
  const std::string before = Rows("SELECT count(*), sum(i), min(s), max(s) FROM t");
  Open();
  EXPECT_EQ(Rows("SELECT count(*), sum(i), min(s), max(s) FROM t"), before);
}

TEST_P(RemoteStore, KeepsHistoryAndTransactions) {
  Run("CREATE TABLE a(i INT)");
  Run("CREATE TABLE b(i INT)");
  Run("INSERT INTO a SELECT range FROM range(5000)");
  Run("BEGIN");
  Run("DELETE FROM a WHERE i < 1000");
  Run("INSERT INTO b SELECT range FROM range(1000)");
  duckdb::Connection other(*db_);
  EXPECT_THAT(Query(other, "SELECT (SELECT count(*) FROM lake.a), (SELECT count(*) FROM lake.b)"),
              HasSubstr("5000\t0"));
  Run("COMMIT");
  EXPECT_THAT(Query(other, "SELECT (SELECT count(*) FROM lake.a), (SELECT count(*) FROM lake.b)"),
              HasSubstr("4000\t1000"));
  EXPECT_THAT(Rows("SELECT count(*) FROM a AT (VERSION => 2)"), HasSubstr("5000"));
  Run("BEGIN");
  Run("INSERT INTO b SELECT range FROM range(100000)");
  Run("ROLLBACK");
  EXPECT_THAT(Rows("SELECT count(*) FROM b"), HasSubstr("1000"));
}

TEST_P(RemoteStore, IsMaintained) {
  RunBoth("CREATE TABLE t(i INT, s VARCHAR)");
  for (int part = 0; part < 4; ++part) {
    RunBoth("INSERT INTO t SELECT i, 's' || i FROM range(" + std::to_string(part * 1000) + ", " +
            std::to_string(part * 1000 + 1000) + ") r(i)");
  }
  RunBoth("DELETE FROM t WHERE i % 2 = 0");
  Run("CALL icefall_compact('t')");
  // The file was hashed on its way into the store.
  EXPECT_EQ(connection_->Query("FROM icefall_check('t', checksums := true)")->RowCount(), 0U);
  EXPECT_THAT(Rows("SELECT count(*) FROM icefall_fragments('t')"), HasSubstr("\n1\n"));
  Run("CREATE INDEX by_s ON t(s)");
  ExpectSame("SELECT * FROM t WHERE s = 's777'");
  ExpectSame("SELECT count(*), sum(i) FROM t");
}

TEST_P(RemoteStore, TwoProcessesWriteAtOnce) {
  if (!is_kept()) return;
  Run("CREATE TABLE t(i INT)");
  duckdb::DuckDB second(nullptr);
  RegisterIcefall(*second.instance);
  duckdb::Connection there(second);
  Query(there, "ATTACH '" + location_ + "' AS lake (TYPE icefall)");
  for (int i = 0; i < 5; ++i) {
    Run("INSERT INTO t VALUES (" + std::to_string(i) + ")");
    EXPECT_THAT(Query(there, "INSERT INTO lake.t VALUES (" + std::to_string(100 + i) + ")"),
                HasSubstr("Count"));
  }
  EXPECT_EQ(Query(there, "SELECT count(*), sum(i) FROM lake.t"),
            Rows("SELECT count(*), sum(i) FROM t"));
  EXPECT_THAT(Rows("SELECT count(*), sum(i) FROM t"), HasSubstr("10\t520"));
}

TEST(RemoteStoreErrors, NameWhatIsWrong) {
  duckdb::DuckDB db(nullptr);
  RegisterIcefall(*db.instance);
  duckdb::Connection connection(db);
  EXPECT_THAT(connection.Query("ATTACH 's3://' AS a (TYPE icefall)")->GetError(),
              HasSubstr("expected s3://bucket/prefix"));
  EXPECT_THAT(connection
                  .Query("ATTACH 's3://bucket/a?endpoint=http://127.0.0.1:1&access_key_id=k"
                         "&secret_access_key=hidden' AS a (TYPE icefall)")
                  ->GetError(),
              testing::AllOf(HasSubstr("127.0.0.1"), testing::Not(HasSubstr("hidden"))));
  EXPECT_THAT(connection.Query("FROM 'icefall-store://7/a.parquet'")->GetError(),
              HasSubstr("is not attached"));
}

}  // namespace
}  // namespace icefall
