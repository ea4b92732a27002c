#include <string>

#include <gmock/gmock.h>

#include "sql/sql_fixture.h"

namespace icefall {
namespace {

using testing::HasSubstr;
using testing::Not;

class TableScan : public SqlFixture {
 protected:
  // Ten fragments of 1,000 rows each, and the same rows in an ordinary table.
  void MakeFragments() {
    Run("CREATE TABLE t (i INTEGER, s VARCHAR, h HUGEINT, d DOUBLE, "
        "g INTEGER GENERATED ALWAYS AS (i % 7))");
    for (int part = 0; part < 10; ++part) {
      Run("INSERT INTO t SELECT i, 's' || i, i, CASE WHEN i % 100 = 0 THEN NULL ELSE i / 4.0 END "
          "FROM range(" +
          std::to_string(part * 1000) + ", " + std::to_string(part * 1000 + 1000) + ") r(i)");
    }
    Run("CREATE TABLE memory.t AS SELECT * FROM t");
  }
  // The same answer from the table and from its copy.
  void ExpectSame(const std::string& select, const std::string& rest) {
    EXPECT_EQ(Rows(select + " FROM my.t t " + rest), Rows(select + " FROM memory.t t " + rest))
        << select << " " << rest;
  }
};

TEST_F(TableScan, AnswersAsATableOfDuckDbDoes) {
  MakeFragments();
  for (const auto* rest :
       {"", "WHERE i = 77", "WHERE i > 8500", "WHERE i BETWEEN 995 AND 1004", "WHERE s = 's5000'",
        "WHERE s IN ('s1', 's9999', 'none')", "WHERE h = 1234", "WHERE h > 9990", "WHERE g = 3",
        "WHERE d IS NULL", "WHERE d IS NOT NULL AND i % 2 = 0", "WHERE i = 3 OR i = 9003",
        "WHERE i IN (SELECT i * 1000 FROM range(5) r(i))", "WHERE s LIKE 's99%'", "WHERE i IS NULL",
        "JOIN (SELECT range * 500 AS h FROM range(30)) k USING (h)"}) {
    ExpectSame("SELECT count(*), sum(i), min(s), max(h), sum(d), sum(g)", rest);
  }
  for (const auto* rest :
       {"ORDER BY i LIMIT 3", "ORDER BY i DESC LIMIT 3", "ORDER BY s LIMIT 5",
        "ORDER BY d DESC NULLS LAST, i LIMIT 4", "ORDER BY h DESC LIMIT 2 OFFSET 5"}) {
    ExpectSame("SELECT *", rest);
  }
}

TEST_F(TableScan, OrderedPagesAreThoseOfATableOfDuckDb) {
  MakeFragments();
  for (const auto* target : {"my", "memory"}) {
    Run(std::string("USE ") + target);
    Run("INSERT INTO t (i, s, h, d) SELECT NULL, 'n' || i, i, i FROM range(1000) r(i)");
    Run("DELETE FROM t WHERE i BETWEEN 3000 AND 3999 OR i % 10 = 1");
  }
  for (const auto* order : {"i, s", "i DESC, s", "i NULLS FIRST, s", "i DESC NULLS FIRST, s",
                            "s, i", "s DESC, i", "d DESC NULLS LAST, s", "d NULLS FIRST, s"}) {
    for (const auto* page : {"LIMIT 3", "LIMIT 5 OFFSET 1000", "LIMIT 5 OFFSET 950",
                             "LIMIT 5 OFFSET 2695", "LIMIT 5 OFFSET 9090", "OFFSET 9095"}) {
      ExpectSame("SELECT i, s, d", std::string("ORDER BY ") + order + " " + page);
    }
  }
}

TEST_F(TableScan, OpensOnlyFilesThatCanMatch) {
  MakeFragments();
  EXPECT_EQ(FilesRead("SELECT sum(d) FROM t WHERE i = 77"), "1/10");
  EXPECT_EQ(FilesRead("SELECT sum(d) FROM t WHERE i > 7999"), "2/10");
  EXPECT_EQ(FilesRead("SELECT sum(d) FROM t WHERE i = 3 OR i = 9003"), "2/10");
  EXPECT_EQ(FilesRead("SELECT sum(d) FROM t WHERE rowid = 5500"), "1/10");
  EXPECT_EQ(FilesRead("SELECT sum(d) FROM t JOIN (SELECT range + 4000 AS i FROM range(3)) k "
                      "USING (i)"),
            "1/10");
}

TEST_F(TableScan, CountMinAndMaxNeedNoScan) {
  MakeFragments();
  EXPECT_THAT(Plan("SELECT count(*), min(i), max(i) FROM t"), Not(HasSubstr("ICEFALL_SCAN")));
  EXPECT_THAT(Plan("SELECT count(*) FROM t WHERE i >= 3000"), Not(HasSubstr("ICEFALL_SCAN")));
  Run("DELETE FROM t WHERE i IN (0, 500)");
  EXPECT_THAT(Plan("SELECT count(*) FROM t"), Not(HasSubstr("ICEFALL_SCAN")));
  EXPECT_EQ(Rows("SELECT count(*), min(i), max(i) FROM t"), "9998|1|9999");
  EXPECT_EQ(Rows("SELECT count(*) FROM t WHERE i < 1000"), "998");
}

TEST_F(TableScan, DeletedAndInlineRowsMixWithFiles) {
  MakeFragments();
  for (const auto* target : {"my.t", "memory.t"}) {
    const std::string table = target;
    const std::string columns = table == "my.t" ? " (i, s, h, d)" : "";
    const std::string more = table == "my.t" ? "" : ", (20000 + i) % 7";
    Run("USE " + table.substr(0, table.find('.')));
    Run("INSERT INTO t" + columns + " SELECT 20000 + i, 'inline' || i, i, 0.5" + more +
        " FROM range(5) r(i)");
    Run("DELETE FROM t WHERE i % 1000 = 999 OR i = 20002");
  }
  Run("USE my");
  ExpectSame("SELECT count(*), sum(i), min(i), max(i), sum(h), sum(g)", "");
  ExpectSame("SELECT *", "WHERE i > 9990 ORDER BY i");
  ExpectSame("SELECT *", "WHERE h = 3 ORDER BY i");
  ExpectSame("SELECT *", "ORDER BY i DESC LIMIT 7");
}

TEST_F(TableScan, BoundsOfInlineRowsAreKnownWithAndWithoutFiles) {
  Run("CREATE TABLE t (i INTEGER, s VARCHAR, h HUGEINT, d DATE, e ENUM('z', 'a'))");
  Run("INSERT INTO t VALUES (2, 'b', -7, '2024-02-29', 'z'), (9, 'ab', NULL, '1969-12-31', 'a')");
  const auto stats = [&](const std::string& column) {
    return Rows("SELECT stats(" + column + ") FROM t LIMIT 1");
  };
  EXPECT_THAT(stats("i"), HasSubstr("[Min: 2, Max: 9][Has Null: false"));
  EXPECT_THAT(stats("s"), HasSubstr("[Min: ab, Max: b"));
  EXPECT_THAT(stats("h"), HasSubstr("[Min: -7, Max: -7][Has Null: true"));
  EXPECT_THAT(stats("d"), HasSubstr("[Min: 1969-12-31, Max: 2024-02-29]"));
  EXPECT_EQ(Rows("SELECT bitstring_agg(i) FROM t"), "10000001");
  Run("INSERT INTO t SELECT i, 'f', i, '2000-01-01', 'a' FROM range(100, 300) r(i)");
  EXPECT_THAT(stats("i"), HasSubstr("[Min: 2, Max: 299]"));
  Run("ALTER TABLE t ADD COLUMN more INTEGER DEFAULT 5");
  EXPECT_THAT(stats("more"), HasSubstr("[Min: 5, Max: 5]"));
  Run("INSERT INTO t VALUES (1, 'a', 0, '2024-01-01', 'a', -3)");
  EXPECT_THAT(stats("more"), HasSubstr("[Min: -3, Max: 5]"));
  EXPECT_THAT(stats("i"), HasSubstr("[Min: 1, Max: 299]"));
  Run("ALTER TABLE t ALTER more TYPE VARCHAR");
  Run("BEGIN");
  Run("UPDATE t SET i = 1000 WHERE i = 9");
  EXPECT_THAT(stats("i"), HasSubstr("Max: 1000]"));
  EXPECT_EQ(Rows("SELECT count(*) FROM t WHERE i > 299"), "1");
  Run("ROLLBACK");
  EXPECT_EQ(Rows("SELECT count(*), max(i), min(more) FROM t WHERE i > 0"), "203|299|-3");
}

TEST_F(TableScan, ShortTextsAreGroupedAsNumbers) {
  const std::string groups = "SELECT s, count(*), sum(i) FROM t GROUP BY s";
  Run("CREATE TABLE t (i INTEGER, s VARCHAR)");
  Run("CREATE TABLE memory.t (i INTEGER, s VARCHAR)");
  const auto insert = [&](const std::string& select) {
    for (const auto* target : {"my", "memory"}) {
      Run(std::string("INSERT INTO ") + target + ".t " + select);
    }
    ExpectSame("SELECT s, count(*), sum(i), max(s)", "GROUP BY s ORDER BY s");
    ExpectSame("SELECT DISTINCT s", "ORDER BY s DESC");
    ExpectSame("SELECT s, i", "ORDER BY s, i LIMIT 10");
  };
  insert("SELECT i, CASE WHEN i % 5 < 4 THEN chr((65 + i % 5)::INTEGER) END FROM range(2000) r(i)");
  EXPECT_THAT(Plan(groups), HasSubstr("PERFECT_HASH_GROUP_BY"));
  insert("SELECT i, '' FROM range(1000) r(i)");
  // Inline rows.
  insert("VALUES (7, 'Z')");
  EXPECT_THAT(Plan(groups), HasSubstr("PERFECT_HASH_GROUP_BY"));
  insert("VALUES (8, 'longer than the others')");
  EXPECT_THAT(Plan(groups), Not(HasSubstr("compress")));
  for (const auto* target : {"my", "memory"}) {
    Run(std::string("DELETE FROM ") + target + ".t WHERE i = 8");
  }
  insert("SELECT i, 'sixteen bytes ' || (10 + i % 3) FROM range(2000) r(i)");
  EXPECT_THAT(Plan(groups), Not(HasSubstr("compress")));
  insert("SELECT i, '\u00fc' || i % 3 FROM range(2000) r(i)");
}

TEST_F(TableScan, VirtualColumnsNameRowsAndFiles) {
  Run("CREATE TABLE t (i INTEGER)");
  Run("INSERT INTO t SELECT range FROM range(1000)");
  Run("INSERT INTO t VALUES (1000), (1001)");
  EXPECT_EQ(Rows("SELECT i, rowid, file_row_number, file_index, snapshot_sequence FROM t WHERE "
                 "i >= 999 ORDER BY i"),
            "999|999|999|1|2\n1000|1000|0|0|3\n1001|1001|1|0|3");
  EXPECT_EQ(Rows("SELECT i FROM t WHERE rowid = 1001"), "1001");
  EXPECT_EQ(Rows("SELECT i FROM t WHERE file_index = 0 ORDER BY i"), "1000\n1001");
  EXPECT_EQ(Rows("SELECT count(DISTINCT filename) FROM t"), "2");
}

TEST_F(TableScan, RowIdsStayWithUpdatedRows) {
  Run("CREATE TABLE t (i INTEGER, v INTEGER)");
  Run("INSERT INTO t SELECT range, range FROM range(1000)");
  Run("UPDATE t SET v = -1 WHERE i >= 500");
  EXPECT_EQ(Rows("SELECT count(*) FROM t WHERE rowid = i"), "1000");
  EXPECT_EQ(Rows("SELECT i, v FROM t WHERE rowid = 700"), "700|-1");
  EXPECT_EQ(Rows("SELECT count(*) FROM t WHERE rowid > 499 AND v = -1"), "500");
  EXPECT_EQ(Rows("SELECT * FROM t WHERE rowid = 999"), "999|-1");
  EXPECT_EQ(Rows("SELECT DISTINCT snapshot_sequence FROM t ORDER BY 1"), "2\n3");
}

TEST_F(TableScan, ColumnsThatAPlanAsksForTwiceAreReadOnce) {
  Run("CREATE TABLE t (i INTEGER, j INTEGER, s VARCHAR, st STRUCT(a INTEGER, b INTEGER))");
  Run("INSERT INTO t SELECT range, range * 2, 's' || range, {'a': range, 'b': -range} FROM "
      "range(5000)");
  Run("UPDATE t SET s = 'u' WHERE i < 3");
  EXPECT_EQ(Rows("SELECT * FROM t WHERE s = 'u' ORDER BY i"),
            "0|0|u|{'a': 0, 'b': 0}\n1|2|u|{'a': 1, 'b': -1}\n2|4|u|{'a': 2, 'b': -2}");
  Run("UPDATE t SET i = j + 10000 WHERE st.a = 2500");
  EXPECT_EQ(Rows("SELECT * FROM t WHERE i > 10000"), "15000|5000|s2500|{'a': 2500, 'b': -2500}");
  Run("DELETE FROM t WHERE i = 15000 RETURNING *");
  EXPECT_EQ(Rows("SELECT count(*), sum(i), sum(j) FROM t"), "4999|12495000|24990000");
}

TEST_F(TableScan, PlansCanBeWrittenDownAndCopied) {
  MakeFragments();
  Run("PRAGMA enable_verification");
  EXPECT_EQ(Rows("SELECT count(*), sum(i) FROM t WHERE i > 5000 AND s <> 'x'"), "4999|37492500");
  EXPECT_EQ(Rows("SELECT i, s FROM t ORDER BY i DESC LIMIT 2"), "9999|s9999\n9998|s9998");
  Run("PRAGMA disable_verification");
  EXPECT_EQ(Rows("SELECT (SELECT max(i) FROM t) + (SELECT count(*) FROM t a, t b WHERE a.i = b.i)"),
            "19999");
}

TEST_F(TableScan, PreparedStatementsSeeNewCommits) {
  Run("CREATE TABLE t (i INTEGER)");
  Run("PREPARE p AS SELECT count(*) FROM t WHERE i >= $1");
  EXPECT_EQ(Rows("EXECUTE p(0)"), "0");
  Run("INSERT INTO t VALUES (1)");
  EXPECT_EQ(Rows("EXECUTE p(0)"), "1");
}

TEST_F(TableScan, TheDatabaseCanBeCopied) {
  MakeFragments();
  Run("CREATE TABLE keyed (k INTEGER PRIMARY KEY, e ENUM('a', 'b'))");
  Run("INSERT INTO keyed VALUES (1, 'a'), (2, NULL)");
  Run("ATTACH ':memory:' AS copy");
  Run("COPY FROM DATABASE my TO copy");
  EXPECT_EQ(Rows("SELECT count(*), sum(g) FROM copy.t"), Rows("SELECT count(*), sum(g) FROM t"));
  EXPECT_EQ(Rows("SELECT * FROM copy.keyed ORDER BY k"), "1|a\n2|NULL");
}

}  // namespace
}  // namespace icefall
