// Replicas: what is read from them is what the data files hold.
#include <atomic>
#include <random>
#include <thread>

#include <gmock/gmock.h>

#include "sql/replica/replica_fixture.h"
#include "sql/stop_flag.h"

namespace icefall {
namespace {

using testing::HasSubstr;

class ReplicaTest : public ReplicaFixture {};

TEST_F(ReplicaTest, AreReadOnceTheyAreBuilt) {
  CreateTable();
  EXPECT_EQ(ReplicasRead("SELECT sum(i) FROM t"), 0);
  EXPECT_EQ(Replicate(), "4|0|0");
  EXPECT_EQ(ReplicasRead("SELECT sum(i) FROM t"), 4);
  ExpectSameTable();
  EXPECT_EQ(Replicate(), "0|4|0");
  EXPECT_EQ(Rows("SELECT count(replica), min(row_count), bool_and(replica_size_bytes > 1000) "
                 "FROM icefall_replicas('t')"),
            "4|5000|true");
  Run("SET icefall_replicas = false");
  EXPECT_EQ(ReplicasRead("SELECT sum(i) FROM t"), 0);
}

TEST_F(ReplicaTest, AreOnlyBuiltForLargeFilesOfTablesThatAskForThem) {
  CreateTable();
  Run("SET icefall_replica_rows_min = 5001");
  EXPECT_EQ(Replicate(), "0|0|0");
  Run("SET icefall_replica_rows_min = 5000");
  Run("ALTER TABLE t RESET (replica)");
  EXPECT_EQ(Replicate(), "0|0|0");
  EXPECT_THAT(ErrorOf("ALTER TABLE t SET (replica = 'parquet')"), HasSubstr("'duckdb' or 'none'"));
  Run("ALTER TABLE t SET (replica = 'duckdb')");
  EXPECT_EQ(Replicate(), "4|0|0");
  Run("ALTER TABLE t SET (replica = 'none')");
  EXPECT_EQ(ReplicasRead("SELECT sum(i) FROM t"), 0);
  EXPECT_EQ(Replicate(), "0|0|4");
  EXPECT_TRUE(ReplicaFiles().empty());
}

TEST_F(ReplicaTest, ApplyDeletesOfBeforeAndAfter) {
  CreateTable();
  Change("DELETE FROM % WHERE i % 7 = 0");
  Replicate();
  ExpectSameTable("deleted before");
  Change("DELETE FROM % WHERE i BETWEEN 4990 AND 7100");
  Change("DELETE FROM % WHERE i = 15000");
  EXPECT_EQ(ReplicasRead("SELECT sum(i) FROM t"), 4);
  ExpectSameTable("deleted after");
  ExpectSame("SELECT i FROM % WHERE i > 4980 ORDER BY i LIMIT 30");
  Change("DELETE FROM % WHERE i >= 15000");
  ExpectSameTable("a whole file");
}

TEST_F(ReplicaTest, AreMixedWithFilesWithoutAndInlineRows) {
  CreateTable();
  Replicate();
  Insert(kRows, kRows + 6'000);
  Insert(30'000, 30'003);
  EXPECT_EQ(ReplicasRead("SELECT sum(i) FROM t"), 4);
  ExpectSameTable();
  Change("UPDATE % SET g = g + 1, s = 'changed' WHERE i % 5 = 1");
  ExpectSameTable("updated");
  Replicate();
  EXPECT_GT(ReplicasRead("SELECT sum(i) FROM t"), 4);
  ExpectSameTable("replicas of the updated rows");
}

TEST_F(ReplicaTest, AnswerVirtualColumnsOfMovedRows) {
  CreateTable();
  Change("UPDATE % SET d = d + 1 WHERE i % 3 = 0");
  Run("CALL icefall_compact('t')");
  Replicate();
  const std::string all =
      "SELECT rowid, file_index, file_row_number, snapshot_sequence, i FROM t ORDER BY ALL";
  const std::string some =
      "SELECT rowid, snapshot_sequence FROM t WHERE rowid BETWEEN 100 AND "
      "20300 AND snapshot_sequence > 2 ORDER BY ALL";
  const std::string places = "SELECT i FROM t WHERE file_row_number % 1000 = 999 ORDER BY i";
  EXPECT_GT(ReplicasRead("SELECT rowid, snapshot_sequence, i FROM t"), 0);
  const auto with = Rows(all) + Rows(some) + Rows(places);
  Run("SET icefall_replicas = false");
  EXPECT_EQ(with, Rows(all) + Rows(some) + Rows(places));
  Run("SET icefall_replicas = true");
  Change("DELETE FROM % WHERE i % 100 = 17");
  Change("UPDATE % SET s = NULL WHERE i % 100 = 18");
  ExpectSameTable();
}

TEST_F(ReplicaTest, KeepTheOrderOfTheFile) {
  Open(", INLINE_ROW_LIMIT 10");
  Settle();
  Run("CREATE TABLE t WITH (replica = 'duckdb') AS SELECT i, hash(i) AS h FROM range(700000) r(i)");
  Run("CREATE TABLE memory.main.t AS FROM t");
  EXPECT_EQ(Replicate(), "1|0|0");
  EXPECT_EQ(ReplicasRead("FROM t"), 1);
  EXPECT_EQ(Rows("SELECT count(*) FROM (SELECT i, file_row_number AS p FROM t) WHERE i <> p"), "0");
  Run("CREATE TABLE memory.main.copied AS FROM t");
  EXPECT_EQ(Rows("SELECT count(*) FROM memory.main.copied WHERE rowid <> i"), "0");
  ExpectSame("FROM % LIMIT 5 OFFSET 333333");
  Change("DELETE FROM % WHERE h % 13 = 5");
  ExpectSame("FROM % LIMIT 5 OFFSET 333333");
  ExpectSame("SELECT sum(h), count(*) FROM % WHERE i BETWEEN 122000 AND 246000");
  ExpectSame("FROM % ORDER BY h DESC LIMIT 7");
  ExpectSame("FROM % ORDER BY h DESC LIMIT 7 OFFSET 100000");
}

// Statements of ours read tables chunk by chunk outside of DuckDB's pipelines.
TEST_F(ReplicaTest, ServeThoseWhoReadWithoutAPipeline) {
  Open(", INLINE_ROW_LIMIT 10");
  Settle();
  Run("CREATE TABLE t WITH (replica = 'duckdb') AS SELECT i::BIGINT AS i, hash(i) AS h, "
      "CASE WHEN i <> 390000 THEN 'v' || i END AS s FROM range(400000) r(i)");
  Run("CREATE TABLE memory.main.t AS FROM t");
  EXPECT_EQ(Replicate(), "1|0|0");
  EXPECT_THAT(ErrorOf("ALTER TABLE t ALTER COLUMN s SET NOT NULL"), HasSubstr("NULL"));
  Run("CREATE UNIQUE INDEX k ON t (i)");
  EXPECT_EQ(Rows("SELECT s FROM t WHERE i = 380000"), "v380000");
  EXPECT_THAT(ErrorOf("INSERT INTO t VALUES (380000, 1, '')"), HasSubstr("380000"));
  Run("SET debug_physical_table_scan_execution_strategy = 'synchronous'");
  ExpectSame("SELECT count(*), sum(h), min(s) FROM % WHERE h % 3 = 1");
  Change("DELETE FROM % WHERE h % 13 = 5");
  ExpectSame("SELECT count(*), sum(h), min(s) FROM %");
}

TEST_F(ReplicaTest, FollowChangesOfTheSchema) {
  CreateTable();
  Replicate();
  for (const char* change :
       {"ALTER TABLE % ADD COLUMN more BIGINT DEFAULT 7", "ALTER TABLE % RENAME COLUMN s TO text",
        "ALTER TABLE % DROP COLUMN d", "ALTER TABLE % ALTER COLUMN g TYPE BIGINT"}) {
    Change(change);
    ExpectSame("SELECT count(*), sum(hash(x)::HUGEINT) FROM % x", change);
    ExpectSame("FROM % ORDER BY i LIMIT 3", change);
  }
  ExpectSame("SELECT count(*), sum(more), min(text) FROM % WHERE g = 5 AND more = 7");
  EXPECT_EQ(ReplicasRead("SELECT sum(i), sum(g) FROM t"), 4);
  Run("ALTER TABLE t RENAME COLUMN o.a TO c");
  Run("ALTER TABLE t ADD COLUMN o.e INTEGER");
  const auto with = Rows("SELECT o, o.c, o.e, o.b FROM t ORDER BY ALL");
  Run("SET icefall_replicas = false");
  EXPECT_EQ(with, Rows("SELECT o, o.c, o.e, o.b FROM t ORDER BY ALL"));
  Run("SET icefall_replicas = true");
  Run("CALL icefall_optimize('t', sort := 'i')");
  Replicate();
  EXPECT_GT(ReplicasRead("SELECT count(*) FROM t WHERE g = 5"), 0);
  EXPECT_EQ(with, Rows("SELECT o, o.c, o.e, o.b FROM t ORDER BY ALL"));
}

// Of which a reader has only the columns that are asked for, in the order in which they are.
TEST_F(ReplicaTest, LeaveOutColumnsThatOnlyFilter) {
  CreateTable();
  Replicate();
  const auto expect_all = [&](const std::string& note) {
    ExpectSame("SELECT count(*) FROM % WHERE g = 5", note);
    ExpectSame("SELECT sum(i), count(s) FROM % WHERE g < 40 AND d > 100 AND day < '2020-06-01'",
               note);
    ExpectSame("SELECT i, s, i FROM % WHERE g IN (3, 7) AND m <> 2.5 ORDER BY 1", note);
    ExpectSame("SELECT sum(i) FROM % WHERE o.a = 3 AND s IS NOT NULL", note);
    ExpectSame("SELECT max(s) FROM % WHERE i < -1", note);
    ExpectSame("SELECT * FROM % WHERE g = 11 ORDER BY d DESC LIMIT 5", note);
    EXPECT_EQ(ReplicasRead("SELECT sum(i) FROM t WHERE g < 40"), 4) << note;
  };
  expect_all("whole");
  Change("DELETE FROM % WHERE i % 10 = 3 OR g = 5");
  expect_all("with deleted rows");
  Run("SET threads = 1");
  expect_all("by one thread");
}

TEST_F(ReplicaTest, ServeFewColumnsOfManyInAnyOrder) {
  std::string columns;
  std::string values;
  for (int i = 0; i < 60; ++i) {
    columns += ", c" + std::to_string(i) + (i % 3 == 0 ? " VARCHAR" : " INTEGER");
    values += ", i + " + std::to_string(i * 100);
  }
  Run("CREATE TABLE t (i INTEGER" + columns + ") WITH (replica = 'duckdb')");
  Run("CREATE TABLE memory.main.t AS FROM t");
  Change("INSERT INTO % SELECT i" + values + " FROM range(3000) r(i)");
  const auto expect_all = [&](const std::string& note) {
    ExpectSame("SELECT c50, c3, i, c49 FROM % WHERE c40 % 7 = 2 AND i > 100 ORDER BY c58", note);
    ExpectSame("SELECT c9, c9, max(c7), max(c8) FROM % WHERE c9 > '1000' GROUP BY c9 ORDER BY 1",
               note);
    ExpectSame("SELECT x.c12, y.c1 FROM % x JOIN % y ON x.i = y.c1 ORDER BY 2, 1", note);
    ExpectSame("SELECT c2, * FROM % ORDER BY c47 DESC LIMIT 7", note);
    EXPECT_GT(ReplicasRead("SELECT c50, c3, rowid FROM t WHERE c40 % 7 = 2"), 0) << note;
    const auto ids = "SELECT c44, rowid, snapshot_sequence, c4 FROM t WHERE c5 % 9 = 1 ORDER BY 1";
    const auto with = Rows(ids);
    Run("SET icefall_replicas = false");
    EXPECT_EQ(with, Rows(ids)) << note;
    Run("SET icefall_replicas = true");
  };
  Replicate();
  expect_all("as written");
  Change("UPDATE % SET c5 = c5 + 9 WHERE i % 4 = 1");
  Run("CALL icefall_compact('t')");
  Replicate();
  expect_all("with stored row ids");
  Change("ALTER TABLE % DROP COLUMN c0");
  Change("ALTER TABLE % ADD COLUMN c0 INTEGER DEFAULT 5");
  Change("ALTER TABLE % ALTER COLUMN c7 TYPE BIGINT");
  expect_all("of another schema");
  ExpectSame("SELECT sum(c0), sum(c7) FROM % WHERE c0 = 5");
}

TEST_F(ReplicaTest, AnswerThePast) {
  CreateTable();
  const auto version = Rows("SELECT max(sequence) FROM icefall_snapshots('t')");
  const auto before = Rows("FROM t ORDER BY ALL");
  Replicate();
  Change("DELETE FROM % WHERE i % 2 = 0");
  Run("ALTER TABLE t DROP COLUMN day");
  const std::string past = "FROM t AT (VERSION => " + version + ") ORDER BY ALL";
  EXPECT_EQ(Rows(past), before);
  EXPECT_EQ(ReplicasRead(past), 4);
}

TEST_F(ReplicaTest, LeaveOutTypesThatAreNotKnownToComeBack) {
  Run("CREATE TABLE t (i INTEGER, b BIT, u UNION(n INTEGER, s VARCHAR), h HUGEINT, z TIMETZ, "
      "v INTERVAL, e ENUM('x', 'y'), k UUID, ns TIMESTAMP_NS, a INTEGER[2], p MAP(VARCHAR, "
      "INTEGER), f FLOAT, w BLOB, uh UHUGEINT, j JSON, q DECIMAL(38,10), va VARIANT) "
      "WITH (replica = 'duckdb')");
  Run("INSERT INTO t SELECT i, i::BIT, i::INTEGER, i::HUGEINT * 100000000000000000000, "
      "'12:34:56+05:30', to_months(i::INTEGER % 30), CASE WHEN i % 2 = 0 THEN 'x' ELSE 'y' END, "
      "uuid(), make_timestamp_ns(i * 1001), [i, NULL], MAP {'k' || i % 5: i}, CASE i % 4 WHEN 0 "
      "THEN 'nan'::FLOAT WHEN 1 THEN '-inf'::FLOAT WHEN 2 THEN -0.0 ELSE i END, "
      "encode('b' || i), i, '{\"a\": ' || i || '}', i / 3, i::VARIANT FROM range(4000) r(i)");
  EXPECT_EQ(Replicate(), "1|0|0");
  EXPECT_EQ(ReplicasRead("SELECT i, h, z, v, e, k, ns, a, p, f, w, uh, j, q FROM t"), 1);
  EXPECT_EQ(ReplicasRead("SELECT b FROM t"), 0);
  EXPECT_EQ(ReplicasRead("SELECT u FROM t"), 0);
  EXPECT_EQ(ReplicasRead("SELECT i, va FROM t"), 0);
  const std::vector<std::string> queries{
      "SELECT * EXCLUDE (va) FROM t ORDER BY i",
      "SELECT i, h, z, v, e, k, ns, a, p, f, w, uh, j, q FROM t ORDER BY i",
      "SELECT i FROM t WHERE h > 5000000000000000000000 AND e = 'y' AND f > 100 ORDER BY i",
      "SELECT i FROM t WHERE isnan(f) AND uh < 100 AND q > 3 AND w > encode('b2') ORDER BY i",
      "SELECT e, count(*), max(z), max(v), max(ns) FROM t GROUP BY e ORDER BY e"};
  std::string with;
  for (const auto& query : queries) with += Rows(query) + "\n";
  Run("SET icefall_replicas = false");
  std::string without;
  for (const auto& query : queries) without += Rows(query) + "\n";
  EXPECT_EQ(with, without);
}

TEST_F(ReplicaTest, ServePartialAggregates) {
  Open(", INLINE_ROW_LIMIT 10");
  Settle();
  Run("SET icefall_partial_aggregates = true");
  Run("SET icefall_partial_rows_min = 1");
  Run("CREATE TABLE t WITH (replica = 'duckdb') AS SELECT i, i % 7 AS g, i / 3.0 AS d FROM "
      "range(500000) r(i)");
  Run("CREATE TABLE memory.main.t AS FROM t");
  Replicate();
  const char* query =
      "SELECT g, sum(i), count(*), max(i) FROM % WHERE i > 1000 GROUP BY g ORDER "
      "BY g";
  for (int round = 0; round < 4; ++round) {
    ExpectSame(query);
    Change("DELETE FROM % WHERE i % 100003 = " + std::to_string(2'000 + round));
    ExpectSame(query);
  }
}

TEST_F(ReplicaTest, AreMadeByTheStatementsThatWriteTheFiles) {
  CreateTable();
  EXPECT_TRUE(ReplicaFiles().empty());
  Run("SET icefall_replicate_at_commit = true");
  const std::string query = "SELECT sum(i) FROM t";
  Insert(kRows, kRows + 5'000);
  EXPECT_EQ(ReplicasRead(query), 1);
  ExpectSameTable("inserted");
  Insert(kRows + 5'000, kRows + 5'900);
  EXPECT_EQ(ReplicasRead(query), 1) << "a small file";
  Change("UPDATE % SET m = m + 1 WHERE i % 2 = 0");
  EXPECT_EQ(ReplicasRead(query), 2);
  ExpectSameTable("updated");
  Run("BEGIN");
  Run("INSERT INTO t FROM t LIMIT 3000");
  EXPECT_EQ(ReplicasRead(query), 2);
  Run("ROLLBACK");
  EXPECT_EQ(ReplicasRead(query), 2);
  EXPECT_EQ(ReplicaFiles().size(), 2U);
  EXPECT_EQ(Rows("SELECT detail FROM icefall_cache() WHERE kind = 'replicas' AND name = 't'"),
            "2 files, of 6 that are to have one");
  EXPECT_EQ(Replicate(), "4|2|0");
  EXPECT_EQ(Rows("SELECT detail, size_bytes > 1000 FROM icefall_cache() WHERE kind = 'replicas' "
                 "AND name = 't'"),
            "6 files, of 6 that are to have one|true");
}

// The rows are committed by then.
TEST_F(ReplicaTest, AreNotMadeBehindACommitThatIsToStop) {
  CreateTable();
  Run("SET icefall_replicate_at_commit = true");
  static std::atomic<bool> stop = true;
  StopFlag::Watch(*connection().context, stop);
  Run("INSERT INTO t FROM t");
  EXPECT_TRUE(ReplicaFiles().empty());
  stop = false;
  Run("INSERT INTO t FROM t");
  EXPECT_FALSE(ReplicaFiles().empty());
}

TEST_F(ReplicaTest, AreMadeOfTablesThatAreCreatedFromAQuery) {
  Run("SET icefall_replicate_at_commit = true");
  Run("CREATE TABLE t WITH (replica = 'duckdb') AS SELECT range AS i FROM range(2000)");
  EXPECT_EQ(ReplicasRead("SELECT sum(i) FROM t"), 1);
  Run("CREATE TABLE small WITH (replica = 'duckdb') AS SELECT range AS i FROM range(999)");
  Run("CREATE TABLE without AS SELECT range AS i FROM range(2000)");
  EXPECT_EQ(ReplicaFiles().size(), 1U);
}

TEST_F(ReplicaTest, KeepWithinTheBudget) {
  CreateTable();
  Run("SET icefall_replicas_mib = 0");
  EXPECT_EQ(Rows("SELECT built_files, skipped_files, total_bytes FROM icefall_replicate('t')"),
            "0|4|0");
  Run("SET icefall_replicas_mib = 2");
  const auto report = Rows(
      "SELECT built_files BETWEEN 1 AND 3, built_files + skipped_files, "
      "total_bytes <= 2097152 FROM icefall_replicate('t')");
  EXPECT_EQ(report, "true|4|true");
  ExpectSameTable();
}

TEST_F(ReplicaTest, GoWithTheDataFileAndTheTable) {
  CreateTable();
  Replicate();
  Run("CALL icefall_optimize('t', sort := 'g')");
  EXPECT_EQ(Rows("SELECT DISTINCT severity FROM icefall_check('t')"), "");
  Run("CALL icefall_gc('t', retain_snapshots := 1)");
  EXPECT_EQ(Rows("SELECT count(replica) FROM icefall_replicas('t')"),
            std::to_string(ReplicaFiles().size()));
  ExpectSameTable();
  Replicate();
  EXPECT_FALSE(ReplicaFiles().empty());
  Run("DROP TABLE t");
  Run("CALL icefall_gc('t', retain_snapshots := 1)");
  EXPECT_TRUE(ReplicaFiles().empty());
}

TEST_F(ReplicaTest, AreSeenByOtherProcesses) {
  CreateTable();
  duckdb::DuckDB other(nullptr);
  RegisterIcefall(*other.instance);
  duckdb::Connection connection(other);
  connection.Query("ATTACH '" + path() + "' AS my (TYPE icefall, INLINE_ROW_LIMIT 0)");
  connection.Query("SET icefall_replica_rows_min = 1000");
  EXPECT_EQ(Replicate(), "4|0|0");
  const auto done = connection.Query("SELECT kept_files FROM icefall_replicate('my.t')");
  EXPECT_EQ(done->GetValue(0, 0).ToString(), "4");
  const auto plan = connection.Query("EXPLAIN ANALYZE SELECT sum(i) FROM my.t");
  EXPECT_THAT(plan->GetValue(1, 0).ToString(), HasSubstr("Replicas: 4"));
  connection.Query("DELETE FROM my.t WHERE i % 9 = 2");
  Run("DELETE FROM memory.main.t WHERE i % 9 = 2");
  ExpectSameTable();
}

TEST_F(ReplicaTest, StayExactBesideWritersAndTheirOwnBuilding) {
  CreateTable();
  std::atomic<bool> is_done = false;
  const auto beside = [&](auto&& work) {
    return std::thread([&, work] {
      duckdb::Connection connection(db());
      connection.Query("SET icefall_replica_rows_min = 1000");
      while (!is_done) work(connection);
    });
  };
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.push_back(beside([&](duckdb::Connection& connection) {
      // Whatever is deleted, pairs go together.
      const auto rows = connection.Query(
          "SELECT count(*) FROM (SELECT i // 2 AS pair, count(*) AS "
          "n FROM my.t GROUP BY pair) WHERE n <> 2");
      if (rows->HasError() || rows->GetValue(0, 0).ToString() != "0") ++wrong;
    }));
    threads.push_back(beside([&](duckdb::Connection& connection) {
      if (connection.Query("CALL icefall_replicate('my.t')")->HasError()) ++wrong;
    }));
  }
  for (int i = 0; i < 40; ++i) {
    Change("DELETE FROM % WHERE (i // 2) % 40 = " + std::to_string(i) + " AND i % 3000 < 1500");
    if (i % 10 == 9) Run("CALL icefall_optimize('t', sort := 'i')");
  }
  is_done = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  ExpectSameTable();
}

TEST_F(ReplicaTest, AnswerRandomQueriesLikeDuckdb) {
  CreateTable();
  Replicate();
  std::mt19937 random(7);
  const auto pick = [&](int count) { return static_cast<int>(random() % count); };
  const auto condition = [&] {
    const std::vector<std::string> choices{
        "i > " + std::to_string(pick(kRows)),
        "i BETWEEN " + std::to_string(pick(kRows)) + " AND " + std::to_string(pick(kRows)),
        "g = " + std::to_string(pick(97)),
        "g IN (" + std::to_string(pick(97)) + ", " + std::to_string(pick(97)) + ")",
        "s = 'v" + std::to_string(pick(500)) + "'",
        "s IS NULL",
        "s LIKE 'v1" + std::to_string(pick(9)) + "%'",
        "m < " + std::to_string(pick(2'500)),
        "day >= DATE '2020-02-01' + " + std::to_string(pick(300)),
        "o.a = " + std::to_string(pick(13)),
        "l[2] = 1",
        "d * 2 > " + std::to_string(pick(4'000))};
    return choices[static_cast<size_t>(pick(static_cast<int>(choices.size())))];
  };
  const std::vector<std::string> shapes{
      "SELECT count(*), sum(i), min(s), max(m), count(s) FROM % WHERE ",
      "SELECT g, count(*), sum(m) FROM % WHERE ~ GROUP BY g ORDER BY g",
      "SELECT i, s, l, o FROM % WHERE ~ ORDER BY i LIMIT 20",
      "SELECT DISTINCT o.b FROM % WHERE ~ ORDER BY 1",
      "SELECT i, day FROM % WHERE ~ ORDER BY m DESC, i LIMIT 11",
      "SELECT count(*) FROM % a JOIN % b ON a.i = b.i + 1 WHERE a.g = 3 AND "};
  for (int round = 0; round < 150; ++round) {
    if (pick(12) == 0) Change("DELETE FROM % WHERE " + condition() + " AND i % 50 = 3");
    if (pick(30) == 0) Change("UPDATE % SET m = m + 1 WHERE " + condition() + " AND i % 9 = 4");
    if (pick(30) == 0) Replicate();
    auto where = condition() + (pick(2) == 0 ? " AND " + condition() : "");
    auto sql = shapes[static_cast<size_t>(pick(static_cast<int>(shapes.size())))];
    const auto place = sql.find('~');
    const bool is_join = sql.find("JOIN") != std::string::npos;
    if (is_join) where = "b.i % 2 = 0";
    sql = place == std::string::npos ? sql + where : sql.replace(place, 1, where);
    ExpectSame(sql);
  }
}

}  // namespace
}  // namespace icefall
