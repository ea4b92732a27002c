#include "sql/write/write_fixture.h"

namespace icefall {
namespace {

class SmallPlanTest : public WriteFixture {
 protected:
  SmallPlanTest() {
    Both("CREATE TABLE t(i BIGINT PRIMARY KEY, n INTEGER, s VARCHAR)");
    Both("INSERT INTO t SELECT i, i, 's' || i FROM range(5000) r(i)");
    Both("INSERT INTO t VALUES (-1, -1, 'inline'), (-2, -2, NULL)");
    Ours("SET explain_output = 'optimized_only'");
  }
  bool IsSmall(const std::string& sql) {
    return Ours("EXPLAIN " + sql).find("ICEFALL_SMALL_PLAN") != std::string::npos;
  }
  // As Both, by a small plan.
  void BothSmall(const std::string& sql) {
    EXPECT_TRUE(IsSmall(sql)) << sql;
    Both(sql);
  }
  void BothLarge(const std::string& sql) {
    EXPECT_FALSE(IsSmall(sql)) << sql;
    Both(sql);
  }
};

TEST_F(SmallPlanTest, InsertsOfStatedRows) {
  BothSmall("INSERT INTO t VALUES (10000, 1 + 2, upper('x'))");
  BothSmall("INSERT INTO t (s, i) VALUES ('a', 10001), (NULL, '10002')");
  BothSmall("INSERT INTO t SELECT 10003, 3, 'select' RETURNING *");
  BothSmall("INSERT INTO t VALUES (10003, 0, 'twice')");  // both fail
  BothLarge("INSERT INTO t SELECT i + 20000, n, s || 'x' FROM t WHERE i < 3");
  BothLarge("INSERT INTO t VALUES (30000, (SELECT max(n) FROM t), 'sub')");
  ExpectSame("t");
}

TEST_F(SmallPlanTest, ChangesOfOneKey) {
  BothSmall("UPDATE t SET n = n + 1 WHERE i = 7 RETURNING *");
  BothSmall("UPDATE t SET n = -n, s = s || '!' WHERE '8' = i AND n > 3");
  BothSmall("UPDATE t SET i = 50000 WHERE i = -1");
  BothSmall("UPDATE t SET i = 9 WHERE i = 10");  // both fail
  BothSmall("DELETE FROM t WHERE i = 12 RETURNING i, s");
  BothSmall("DELETE FROM t WHERE i = 13 AND s LIKE 'x%'");
  BothSmall("DELETE FROM t WHERE i = 1 + 13");
  BothSmall("DELETE FROM t WHERE i = -3");
  BothSmall("DELETE FROM t WHERE i = NULL");
  BothLarge("UPDATE t SET n = 0 - i WHERE n = 15");
  BothLarge("UPDATE t SET s = NULL WHERE i = 16 OR i = 17");
  BothLarge("UPDATE t SET s = 'sub' WHERE i = (SELECT max(i) - 1 FROM t)");
  BothLarge("DELETE FROM t WHERE s = 's18'");
  BothLarge("DELETE FROM t WHERE i > 4990");
  BothLarge("UPDATE t SET s = 'from' FROM range(3) r(x) WHERE i = 20 AND x = 1");
  ExpectSame("t");
}

TEST_F(SmallPlanTest, KeysOfSeveralColumns) {
  Both("CREATE TABLE two(a INTEGER, b VARCHAR, c INTEGER, UNIQUE (a, b))");
  Both("INSERT INTO two SELECT i % 10, 'b' || i, i FROM range(100) r(i)");
  BothSmall("UPDATE two SET c = -c WHERE b = 'b11' AND c > 3 AND a = 1");
  BothSmall("DELETE FROM two WHERE a = 2 AND b = 'b12' RETURNING c");
  BothLarge("UPDATE two SET c = -c WHERE b = 'b13'");
  BothSmall("INSERT INTO two VALUES (4, 'b14', 0) ON CONFLICT (a, b) DO UPDATE SET c = -c");
  ExpectSame("two");
}

TEST_F(SmallPlanTest, MergesOfStatedRowsByKey) {
  const std::string update = " ON CONFLICT (i) DO UPDATE SET n = excluded.n, s = t.s || excluded.s";
  BothSmall("INSERT INTO t VALUES (5, -5, 'new')" + update);
  BothSmall("INSERT INTO t VALUES (5, -6, 'b'), (60000, 1, 'c')" + update + " RETURNING *");
  BothSmall("INSERT OR IGNORE INTO t VALUES (6, 0, 'no'), (60001, 0, 'yes')");
  BothSmall("INSERT OR REPLACE INTO t VALUES (8, NULL, NULL)");
  BothSmall(
      "MERGE INTO t USING (VALUES (21, 'm'), (60002, 'n')) v(i, s) ON t.i = v.i "
      "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (v.i, 0, v.s)");
  BothLarge(
      "MERGE INTO t USING (SELECT i FROM t WHERE i BETWEEN 30 AND 40) v ON t.i = v.i "
      "WHEN MATCHED THEN UPDATE SET s = 'merged'");
  BothLarge(
      "MERGE INTO t USING (VALUES (41)) v(i) ON t.i = v.i "
      "WHEN NOT MATCHED BY SOURCE AND t.i > 4980 THEN DELETE");
  ExpectSame("t");
}

TEST_F(SmallPlanTest, MergesTakeTheFirstActionWhoseConditionHolds) {
  const std::string rows =
      "MERGE INTO t USING (VALUES (31, 1), (32, 2), (33, 3), (34, NULL), (61001, 1), (61002, 2), "
      "(61003, 3)) v(i, x) ON t.i = v.i ";
  BothSmall(rows +
            "WHEN MATCHED AND v.x = 1 THEN DELETE "
            "WHEN MATCHED AND v.x = 2 THEN DO NOTHING "
            "WHEN MATCHED AND v.x IN (2, 3) THEN UPDATE SET n = v.x * 100, s = DEFAULT "
            "WHEN NOT MATCHED AND v.x = 1 THEN INSERT (i, s) VALUES (v.i, 'only') "
            "WHEN NOT MATCHED AND v.x > 2 THEN INSERT VALUES (v.i, v.x, 'x' || v.x)");
  BothSmall(rows +
            "WHEN MATCHED AND v.x IS NULL THEN UPDATE SET s = 'rest' WHEN MATCHED THEN ERROR");
  BothSmall(rows +
            "WHEN NOT MATCHED AND v.x > 1 THEN ERROR 'row ' || v.i WHEN MATCHED THEN DELETE");
  const auto twice = ours_->Query(
      "MERGE INTO t USING (VALUES (35), (35)) v(i) ON t.i = v.i WHEN MATCHED THEN DELETE");
  EXPECT_THAT(twice->GetError(), ::testing::HasSubstr("several rows of the source match the row"));
  ExpectSame("t");
  BothFail(rows + "WHEN MATCHED THEN ERROR 'no ' || v.x", "WHEN MATCHED: no 2");
}

// Each kind of column that the rows found can be asked for, of files that store ids and of those
// that do not.
TEST_F(SmallPlanTest, ChangesOfRowsThatMoved) {
  Both("CREATE TABLE w(i BIGINT PRIMARY KEY, s VARCHAR, l INTEGER[], d DECIMAL(9, 2), n INTEGER)");
  Both(
      "INSERT INTO w SELECT i, CASE WHEN i % 3 > 0 THEN 'é' || i END, [i, NULL], i / 4, i % 5 "
      "FROM range(3000) r(i)");
  Both("UPDATE w SET n = n + 1 WHERE i % 2 = 0");
  Both("ALTER TABLE w ADD COLUMN added VARCHAR DEFAULT 'later'");
  Ours("CALL icefall_compact('w')");
  const auto ids = "SELECT i, rowid FROM w WHERE i BETWEEN 10 AND 17 ORDER BY i";
  const auto before = Ours(ids);
  for (const std::string key : {"10", "11", "12", "13"}) {
    BothSmall("UPDATE w SET d = d + 1, added = added || s WHERE i = " + key + " RETURNING *");
    BothSmall("UPDATE w SET l = [n], s = NULL WHERE i = " + key + " AND n >= 0");
    BothSmall("UPDATE w SET n = -1 WHERE i = " + key + " AND s IS NOT NULL");
  }
  Both(
      "INSERT INTO w (i, s) VALUES (14, 'a'), (15, 'b') "
      "ON CONFLICT (i) DO UPDATE SET s = w.s || excluded.s || w.n");
  EXPECT_EQ(Ours(ids), before);
  BothSmall("DELETE FROM w WHERE i = 16");
  BothSmall("DELETE FROM w WHERE i = 16 RETURNING *");
  BothSmall("DELETE FROM w WHERE i = 17 AND d > 4 RETURNING *");
  ExpectSame("w");
}

TEST_F(SmallPlanTest, RowsKeepTheirIdsThroughUpserts) {
  const auto ids = "SELECT i, rowid FROM t WHERE i IN (-1, 40, 41, 62000) ORDER BY i";
  Both("INSERT INTO t VALUES (62000, 0, 'new')");
  const auto before = Ours(ids);
  for (int round = 0; round < 3; ++round) {
    // From a data file first, then from inline rows, one of which has an id of its own.
    BothSmall(
        "INSERT INTO t VALUES (40, 0, 'a'), (62000, 0, 'b'), (-1, 0, 'c') "
        "ON CONFLICT (i) DO UPDATE SET n = n + 1, s = excluded.s");
    BothSmall("UPDATE t SET n = n + 1 WHERE i = 41");
  }
  EXPECT_EQ(Ours(ids), before);
  ExpectSame("t");
}

TEST_F(SmallPlanTest, SeesTheTransactionsOwnRows) {
  Both("BEGIN");
  BothSmall("INSERT INTO t VALUES (70000, 1, 'own')");
  BothSmall("UPDATE t SET s = 'changed' WHERE i = 70000");
  BothSmall("DELETE FROM t WHERE i = 22");
  BothSmall("INSERT INTO t VALUES (22, 1, 'again')");
  Both("COMMIT");
  ExpectSame("t");
}

// The conditions that go into the scan as they are, and those that DuckDB's passes look at.
TEST_F(SmallPlanTest, ConditionsBesideTheKey) {
  BothSmall("UPDATE t SET n = -n WHERE i = 2 AND s = 's2'");
  BothSmall("UPDATE t SET n = -n WHERE i = 3 AND s = 'other'");
  BothSmall("UPDATE t SET n = -n WHERE i = 4 AND i = 4");
  BothSmall("UPDATE t SET n = -n WHERE i = 4 AND i = 5");
  BothSmall("UPDATE t SET n = -n WHERE i = 5 AND s IS NOT NULL");
  BothSmall("UPDATE t SET n = -n WHERE i = 6 AND n = 6.0");
  BothSmall("UPDATE t SET n = -n WHERE i = '7'::BIGINT AND s = 's7' AND n = 7");
  BothSmall("DELETE FROM t WHERE i = 100 AND s = 's100'");
  BothSmall("DELETE FROM t WHERE i = -2 AND s = 'NULL'");
  BothSmall("UPDATE t SET s = s || i || n WHERE i = 101");
  Both("UPDATE t SET n = 0 WHERE i = 1e30");
  Both("UPDATE t SET n = 0 WHERE i = 1.5");
  Both("UPDATE t SET n = 1 / (SELECT 0) WHERE i = 102 AND s = (SELECT 's102')");
  ExpectSame("t");
}

TEST_F(SmallPlanTest, StatementsWithoutParametersArePreparedAndRunAgain) {
  Both("PREPARE u AS UPDATE t SET n = n + 1, s = s || '+' WHERE i = 27");
  Both("PREPARE v AS INSERT INTO t VALUES (28, 0, 'v') ON CONFLICT (i) DO UPDATE SET n = n + 1");
  Both("PREPARE d AS DELETE FROM t WHERE i = 29");
  for (int round = 0; round < 3; ++round) {
    Both("EXECUTE u");
    Both("EXECUTE v");
    Both("EXECUTE d");
    Both("INSERT INTO t VALUES (29, 0, 'again')");
  }
  ExpectSame("t");
}

TEST_F(SmallPlanTest, PreparedStatementsTakeOtherValues) {
  for (const auto* name : {"first", "second"}) {
    Both(std::string("PREPARE ") + name + " AS UPDATE t SET s = $1 WHERE i = $2");
    Both(std::string("EXECUTE ") + name + "('prepared', 23)");
    Both(std::string("EXECUTE ") + name + "(NULL, 24)");
    Both(std::string("EXECUTE ") + name + "('none', -50)");
  }
  ExpectSame("t");
}

TEST_F(SmallPlanTest, LeavesItToDuckdbWhenPassesAreDisabled) {
  Ours("SET disabled_optimizers = 'filter_pushdown'");
  BothLarge("UPDATE t SET s = 'disabled' WHERE i = 25");
  Ours("SET disabled_optimizers = 'extension'");
  BothLarge("UPDATE t SET s = 'not ours' WHERE i = 25");
  BothLarge("INSERT INTO t VALUES (25, 0, 'x') ON CONFLICT (i) DO UPDATE SET s = excluded.s");
  Ours("SET disabled_optimizers = ''");
  BothSmall("UPDATE t SET s = 'enabled' WHERE i = 26");
  Ours("PRAGMA disable_optimizer");
  Both("UPDATE t SET s = s || 'all off' WHERE i = 26");
  Both("INSERT INTO t VALUES (26, 0, 'x') ON CONFLICT (i) DO UPDATE SET n = n - 7");
  ExpectSame("t");
}

}  // namespace
}  // namespace icefall
