// What refuses rows, in whose words, and that nothing of the statement stays.
#include "sql/write/write_fixture.h"

namespace icefall {
namespace {

using ConstraintsTest = WriteFixture;

TEST_F(ConstraintsTest, NotNullAndCheck) {
  Both("CREATE TABLE t(i INTEGER NOT NULL, s VARCHAR CHECK (length(s) < 4), CHECK (i < 1000))");
  BothFail("INSERT INTO t VALUES (NULL, 'a')", "NOT NULL constraint failed: t.i");
  BothFail("INSERT INTO t VALUES (1, 'long')",
           "CHECK constraint failed on table t with expression CHECK((length(s) < 4))");
  BothFail("INSERT INTO t SELECT i, 'x' FROM range(2000) r(i)", "CHECK((i < 1000))");
  Both("INSERT INTO t VALUES (1, NULL), (2, 'ok')");
  BothFail("UPDATE t SET i = NULL", "NOT NULL constraint failed: t.i");
  BothFail("UPDATE t SET s = 'too long' WHERE i = 2", "CHECK constraint failed");
  BothFail(
      "MERGE INTO t USING (VALUES (2), (3)) v(a) ON t.i = v.a WHEN MATCHED THEN UPDATE SET "
      "s = '' WHEN NOT MATCHED THEN INSERT VALUES (NULL, NULL)",
      "NOT NULL constraint failed: t.i");
  ExpectSame("t");
}

TEST_F(ConstraintsTest, Keys) {
  Both("CREATE TABLE t(a INTEGER, b VARCHAR, c INTEGER UNIQUE, PRIMARY KEY (a, b))");
  Both("INSERT INTO t SELECT i % 100, i::VARCHAR, i FROM range(1000) r(i)");
  Both("INSERT INTO t VALUES (5, 'x', NULL), (6, 'x', NULL)");
  Both("INSERT INTO t VALUES (5, '1005', 2000), (5, '5x', 2001)");
  BothFail("INSERT INTO t VALUES (5, '5', 5000)", "of table 't': duplicate key '5, 5'");
  BothFail("INSERT INTO t VALUES (-1, 'n', 7)", "duplicate key '7'");
  BothFail("INSERT INTO t VALUES (-1, 'n', 9000), (-2, 'n', 9000)", "duplicate key '9000'");
  BothFail("INSERT INTO t VALUES (NULL, 'n', 9001)", "NOT NULL constraint failed: t.a");
  BothFail("INSERT INTO t SELECT -i, 'x', 500 FROM range(300) r(i)", "duplicate key '500'");
  BothFail("UPDATE t SET c = 1 WHERE c = 2", "duplicate key '1'");
  Both("DELETE FROM t WHERE a = 5 AND b = '5'");
  Both("INSERT INTO t VALUES (5, '5', 5000)");
  ExpectSame("t");
}

TEST_F(ConstraintsTest, KeysMayChangePlaces) {
  Both("CREATE TABLE t(i INTEGER PRIMARY KEY)");
  Both("INSERT INTO t VALUES (1), (2), (3)");
  // DuckDB itself refuses what passes through a duplicate; the rows at the end have none.
  EXPECT_EQ(Ours("UPDATE t SET i = i + 1"), "3|\n");
  EXPECT_EQ(Ours("SELECT sum(i) FROM t"), "9|\n");
}

TEST_F(ConstraintsTest, UpdatesOfOtherColumnsDoNotCompareKeys) {
  Ours("CREATE TABLE t(i INTEGER PRIMARY KEY, j INTEGER UNIQUE, s VARCHAR)");
  Ours("INSERT INTO t SELECT i, -i, 'x' FROM range(500) r(i)");
  Ours("BEGIN");
  Ours("UPDATE t SET s = 'y' WHERE i % 2 = 0");
  auto other = Connect();
  MustRun(*other, "INSERT INTO lake.t VALUES (1000, 1000, 'z')");
  Ours("COMMIT");
  // A column taken from another one does change.
  EXPECT_TRUE(ours_->Query("UPDATE t SET i = j + 4 WHERE i < 2")->HasError());
  EXPECT_FALSE(ours_->Query("UPDATE t SET j = i WHERE i = 1000 OR i = 0")->HasError());
  EXPECT_TRUE(ours_->Query("UPDATE t SET j = 0 - 7 WHERE i = 1000")->HasError());
  EXPECT_EQ(Ours("SELECT count(*), count(DISTINCT i), count(DISTINCT j) FROM t"), "501|501|501|\n");
}

TEST_F(ConstraintsTest, MergesCompareNewRowsWithUpdatedOnes) {
  Both("CREATE TABLE t(i INTEGER PRIMARY KEY, j INTEGER UNIQUE, s VARCHAR)");
  Both("INSERT INTO t SELECT i, i * 10, 'x' FROM range(1, 100) r(i)");
  const auto merge = [](const std::string& rows) {
    return "MERGE INTO t USING (VALUES " + rows +
           ") v(i, j, s) ON t.i = v.i WHEN MATCHED THEN UPDATE SET s = v.s "
           "WHEN NOT MATCHED THEN INSERT VALUES (v.i, v.j, v.s)";
  };
  // The updated row keeps its key, which the new one has, too.
  BothFail(merge("(1, 0, 'a'), (200, 10, 'b')"), "uplicate key");
  BothFail(merge("(200, 20, 'b'), (2, 0, 'a')"), "uplicate key");
  Both(merge("(1, 0, 'a'), (200, 2000, 'b')"));
  BothFail(merge("(3, 0, 'a'), (201, 10, 'b')"), "uplicate key");
  Both("INSERT INTO t VALUES (5, 0, 'c') ON CONFLICT (i) DO UPDATE SET s = excluded.s");
  BothFail("INSERT INTO t VALUES (5, 60, 'c') ON CONFLICT (i) DO UPDATE SET j = excluded.j",
           "uplicate key");
  Both("INSERT INTO t VALUES (5, 61, 'c') ON CONFLICT (i) DO UPDATE SET j = excluded.j");
  BothFail("INSERT INTO t VALUES (300, 61, 'd')", "uplicate key");
  Both("INSERT INTO t VALUES (300, 50, 'd')");
  ExpectSame("t");
}

TEST_F(ConstraintsTest, KeysSeeTheOpenTransaction) {
  Both("CREATE TABLE t(i INTEGER PRIMARY KEY)");
  Both("BEGIN");
  Both("INSERT INTO t SELECT i FROM range(500) r(i)");
  BothFail("INSERT INTO t VALUES (42)", "duplicate key '42'");
  Both("ROLLBACK");
  Both("INSERT INTO t VALUES (42)");
  ExpectSame("t");
}

TEST_F(ConstraintsTest, ConcurrentInsertsOfOneKeyConflict) {
  Ours("CREATE TABLE t(i INTEGER PRIMARY KEY)");
  auto other = Connect();
  MustRun(*other, "USE lake");
  MustRun(*other, "BEGIN");
  Ours("BEGIN");
  MustRun(*other, "INSERT INTO t VALUES (1)");
  Ours("INSERT INTO t VALUES (1)");
  MustRun(*other, "COMMIT");
  EXPECT_TRUE(ours_->Query("COMMIT")->HasError());
  EXPECT_EQ(Ours("SELECT count(*) FROM t"), "1|\n");
}

}  // namespace
}  // namespace icefall
