// Every writing statement against plain DuckDB: alone, in a transaction, and rolled back.
#include "sql/write/write_fixture.h"

namespace icefall {
namespace {

enum class Mode { kAutocommit, kTransaction, kRollback };

class StatementsTest : public WriteFixture, public ::testing::WithParamInterface<Mode> {
 protected:
  // Runs the statements on both, comparing table t after each.
  void Run(const std::vector<std::string>& statements) {
    const bool transaction = GetParam() != Mode::kAutocommit;
    if (transaction) Both("BEGIN");
    for (const auto& statement : statements) {
      Both(statement);
      // A transaction of ours cannot see the open one of plain DuckDB.
      Both("SELECT * FROM t");
    }
    if (transaction) Both(GetParam() == Mode::kTransaction ? "COMMIT" : "ROLLBACK");
    ExpectSame("t");
    Both("SELECT count(*) FROM t");
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, StatementsTest,
                         ::testing::Values(Mode::kAutocommit, Mode::kTransaction, Mode::kRollback));

constexpr const char* kMixed =
    "CREATE TABLE t(i INTEGER, s VARCHAR DEFAULT 'none', l INTEGER[], "
    "st STRUCT(a INTEGER, b VARCHAR), d DECIMAL(10, 2), ts TIMESTAMP, h HUGEINT, b BLOB, f DOUBLE)";
constexpr const char* kFill =
    "INSERT INTO t SELECT i, CASE WHEN i % 7 = 0 THEN NULL WHEN i % 11 = 0 THEN '' ELSE "
    "'grüße ' || i END, CASE WHEN i % 5 = 0 THEN NULL ELSE [i, NULL, i + 1] END, "
    "{'a': i, 'b': CASE WHEN i % 3 = 0 THEN NULL ELSE 'x' || i END}, i / 4, "
    "TIMESTAMP '2024-01-01' + i * INTERVAL 1 HOUR, i::HUGEINT * 1000000000000000000000, "
    "i::VARCHAR::BLOB, CASE WHEN i % 13 = 0 THEN 'nan'::DOUBLE ELSE i / 3 END FROM range({}) r(i)";

std::string Fill(int count) {
  std::string text = kFill;
  return text.replace(text.find("{}"), 2, std::to_string(count));
}

TEST_P(StatementsTest, SmallRowsStayInline) {
  Both(kMixed);
  Run({Fill(20), "INSERT INTO t (i) VALUES (100), (NULL)", "INSERT INTO t DEFAULT VALUES",
       "INSERT INTO t (s, i) VALUES (DEFAULT, 5), ('', 6)",
       "UPDATE t SET s = s || '!', l = [1] WHERE i < 4", "DELETE FROM t WHERE i % 2 = 0",
       "UPDATE t SET s = DEFAULT, st = NULL WHERE i = 5", "INSERT INTO t SELECT * FROM t",
       "DELETE FROM t"});
}

TEST_P(StatementsTest, ManyRowsGoToFiles) {
  Both(kMixed);
  Run({Fill(5000), "DELETE FROM t WHERE i % 3 = 0",
       "UPDATE t SET d = d + 1, b = 'x' WHERE i > 4000", "UPDATE t SET i = i + 1",
       "INSERT INTO t SELECT * FROM t WHERE i < 500", "DELETE FROM t WHERE s IS NULL",
       "UPDATE t SET l = NULL WHERE i = 4242", "DELETE FROM t WHERE i = 4244",
       "DELETE FROM t WHERE false"});
}

TEST_P(StatementsTest, ChangesOfChanges) {
  Both("CREATE TABLE t(i INTEGER, s VARCHAR)");
  Both("INSERT INTO t SELECT i, 'v' || i FROM range(3000) r(i)");
  Both("INSERT INTO t VALUES (-1, 'inline')");
  Run({"UPDATE t SET s = 'a' WHERE i % 2 = 0", "UPDATE t SET s = s || 'b' WHERE i % 3 = 0",
       "INSERT INTO t VALUES (-2, 'more')", "UPDATE t SET s = 'neg' WHERE i < 0",
       "DELETE FROM t WHERE i % 6 = 0", "UPDATE t SET i = -i", "DELETE FROM t WHERE s = 'neg'",
       "TRUNCATE t", "INSERT INTO t VALUES (1, 'last')"});
}

TEST_P(StatementsTest, JoinsNameRows) {
  Both("CREATE TABLE t(i INTEGER, s VARCHAR)");
  Both("INSERT INTO t SELECT i, 'v' || i FROM range(1000) r(i)");
  Run(
      {"UPDATE t SET s = v.b FROM (VALUES (1, 'one'), (2, 'two'), (5000, 'x')) v(a, b) "
       "WHERE t.i = v.a",
       "DELETE FROM t USING (SELECT range * 3 AS k FROM range(200)) u WHERE t.i = u.k",
       "DELETE FROM t WHERE i IN (SELECT i + 1 FROM t)",
       "UPDATE t SET i = (SELECT max(i) FROM t) WHERE i < 100"});
}

TEST_P(StatementsTest, Returning) {
  Both("CREATE TABLE t(i INTEGER, s VARCHAR)");
  Both("INSERT INTO t SELECT i, 'v' || i FROM range(500) r(i)");
  Run({"INSERT INTO t VALUES (1000, 'ü'), (NULL, NULL) RETURNING *, i + 1 AS next",
       "UPDATE t SET s = upper(s) WHERE i % 50 = 0 RETURNING s, i",
       "DELETE FROM t WHERE i > 450 RETURNING i", "DELETE FROM t WHERE i IS NULL RETURNING *",
       "DELETE FROM t WHERE i = -5 RETURNING *",
       "MERGE INTO t USING (VALUES (1, 'one'), (2000, 'new')) v(a, b) ON t.i = v.a "
       "WHEN MATCHED AND a = 1 THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (a, b) "
       "RETURNING merge_action, *",
       "DELETE FROM t RETURNING i"});
}

TEST_P(StatementsTest, MergeWithEveryAction) {
  Both("CREATE TABLE t(i INTEGER, s VARCHAR, n INTEGER DEFAULT 7)");
  Both("INSERT INTO t SELECT i, 'v' || i, i FROM range(300) r(i)");
  const std::string source = "USING (SELECT range AS a, 'm' || range AS b FROM range(150, 450)) v ";
  Run({"MERGE INTO t " + source +
           "ON t.i = v.a WHEN MATCHED AND a < 160 THEN DELETE WHEN MATCHED AND a < 200 THEN "
           "UPDATE SET s = b WHEN MATCHED AND a < 210 THEN DO NOTHING WHEN MATCHED THEN UPDATE "
           "SET s = b || '!', n = DEFAULT WHEN NOT MATCHED AND a < 400 THEN INSERT (i, s) VALUES "
           "(a, b) WHEN NOT MATCHED BY SOURCE AND i < 20 THEN DELETE WHEN NOT MATCHED BY SOURCE "
           "THEN UPDATE SET n = -1",
       "MERGE INTO t USING (VALUES (1000, 'one')) v(a, b) ON t.i = v.a WHEN NOT MATCHED THEN "
       "INSERT VALUES (a, b, 1)",
       "MERGE INTO t USING (SELECT 210 AS i, 'by name' AS s, 3 AS n) v USING (i) WHEN MATCHED "
       "THEN UPDATE WHEN NOT MATCHED THEN INSERT"});
}

// DuckDB's own UPDATE action reads columns that it has not filled when there is a RETURNING.
TEST_F(WriteFixture, MergeReturnsTheRowsOfEveryAction) {
  Ours("CREATE TABLE t(i INTEGER, s VARCHAR DEFAULT 'new')");
  Ours("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')");
  EXPECT_EQ(
      Ours("MERGE INTO t USING (VALUES (1, 1), (2, 2), (3, 3), (9, 4)) v(a, b) ON i = a "
           "WHEN MATCHED AND b = 1 THEN DELETE "
           "WHEN MATCHED AND b = 2 THEN UPDATE SET s = upper(s), i = -i "
           "WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED BY TARGET THEN INSERT (i) VALUES (a) "
           "WHEN NOT MATCHED BY SOURCE THEN UPDATE SET s = s || '!' "
           "RETURNING merge_action, i, s"),
      "'DELETE'|1|'a'|\n'INSERT'|9|'new'|\n'UPDATE'|-2|'B'|\n'UPDATE'|4|'d!'|\n");
  EXPECT_EQ(Ours("FROM t"), "-2|'B'|\n3|'c'|\n4|'d!'|\n9|'new'|\n");
}

// Plain DuckDB lets one of them win.
TEST_F(WriteFixture, MergeRefusesSeveralSourceRowsForOne) {
  Ours("CREATE TABLE t(i INTEGER, n INTEGER)");
  Ours("INSERT INTO t SELECT i, 0 FROM range(5000) r(i)");
  const std::string merge =
      "MERGE INTO t USING (SELECT least(i, 4000) AS a, i AS b FROM range(5000) r(i)) v ON i = a ";
  for (const std::string action :
       {"UPDATE SET n = b", "DELETE", "ERROR", "UPDATE SET n = b WHEN NOT MATCHED THEN INSERT"}) {
    const auto result = ours_->Query(merge + "WHEN MATCHED THEN " + action);
    ASSERT_TRUE(result->HasError()) << action;
    if (action != "ERROR") {
      EXPECT_THAT(result->GetError(), ::testing::HasSubstr("MERGE INTO \"t\": several rows of the "
                                                           "source match the row with rowid 4000"));
    }
  }
  Ours(merge + "WHEN MATCHED AND b > 4000 THEN DO NOTHING WHEN MATCHED THEN UPDATE SET n = b");
  EXPECT_EQ(Ours("SELECT count(*), sum(n) FROM t WHERE n = i"), "4001|8002000|\n");
}

TEST_F(WriteFixture, UpdateFromCountsARowOnce) {
  Ours("CREATE TABLE t(i INTEGER, n INTEGER)");
  Ours("INSERT INTO t VALUES (1, 0), (2, 0)");
  EXPECT_EQ(Ours("UPDATE t SET n = b FROM (VALUES (1, 7), (1, 7), (1, 7)) v(a, b) WHERE i = a"),
            "1|\n");
  EXPECT_EQ(Ours("FROM t"), "1|7|\n2|0|\n");
}

TEST_P(StatementsTest, OnConflict) {
  Both("CREATE TABLE t(i INTEGER PRIMARY KEY, s VARCHAR)");
  Both("INSERT INTO t SELECT i, 'v' || i FROM range(300) r(i)");
  Run({"INSERT INTO t VALUES (1, 'x'), (1000, 'y') ON CONFLICT DO NOTHING",
       "INSERT INTO t VALUES (1, 'x'), (1001, 'y') ON CONFLICT (i) DO UPDATE SET s = excluded.s",
       "INSERT OR REPLACE INTO t VALUES (2, 'two'), (1002, 'new')",
       "INSERT OR IGNORE INTO t SELECT i, 'w' FROM range(250, 350) r(i)",
       "UPDATE t SET i = i + 1 WHERE i > 1000", "UPDATE t SET s = 'same key'",
       "DELETE FROM t WHERE i < 10", "INSERT INTO t VALUES (3, 'again')"});
}

TEST_P(StatementsTest, PartitionsAndNulls) {
  Both("CREATE TABLE t(region VARCHAR, day DATE, n INTEGER)");
  Ours("DROP TABLE t");
  Ours("CREATE TABLE t(region VARCHAR, day DATE, n INTEGER) PARTITIONED BY (region, month(day))");
  Run(
      {"INSERT INTO t SELECT CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN 'a/b' WHEN 2 THEN 'ü' ELSE "
       "'' END, DATE '2024-01-01' + (i % 90)::INTEGER, i FROM range(4000) r(i)",
       "DELETE FROM t WHERE region = 'a/b'", "UPDATE t SET region = 'moved' WHERE n % 10 = 0",
       "INSERT INTO t VALUES (NULL, NULL, NULL)", "DELETE FROM t WHERE region IS NULL"});
}

}  // namespace
}  // namespace icefall
