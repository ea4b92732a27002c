#include "sql/scan/code_reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sql/twin_fixture.h"

namespace icefall {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kColumns = {"a", "b", "c", "d", "e", "f", "g", "h", "m"};

// A file of two row groups, and the same rows in a table of DuckDB's.
class CodesSql : public TwinFixture {
 protected:
  CodesSql() {
    Open(", INLINE_ROW_LIMIT 5, RESULT_CACHE false");
    Run("SET icefall_partial_aggregates = false");
    CreateBoth(
        " AS SELECT i AS k, (hash(i) % 100)::TINYINT AS a, CASE WHEN hash(i, 1) % 3 > 0 THEN hash("
        "i, 2) % 500 END::USMALLINT AS b, ((hash(i, 3) % 900)::INTEGER - 450)::DECIMAL(4, 1) AS c, "
        "CASE WHEN hash(i, 4) % 5 = 0 THEN NULL WHEN hash(i, 4) % 7 = 0 THEN '' ELSE 'wört ' || "
        "(hash(i, 5) % 300) END AS d, (hash(i, 6) % 60)::DOUBLE / 7 AS e, CASE WHEN hash(i, 7) % "
        "50 = 0 THEN 'nan'::FLOAT ELSE (hash(i, 7) % 9)::FLOAT END AS f, DATE '2000-01-01' + "
        "(i // 1000)::INTEGER AS g, CASE WHEN i > 60000 THEN i // 50000 END AS h, "
        "((hash(i, 8) % 77) * 1000000007)::DECIMAL(17, 3) AS m FROM range(150000) r(i)");
  }

  void ExpectSameEverywhere() {
    for (const auto& column : kColumns) {
      ExpectSame(fmt::format("SELECT count(DISTINCT {0}), max({0}) FROM {{}}", column));
      ExpectSame(fmt::format("SELECT {0} FROM {{}} GROUP BY {0} ORDER BY {0}", column));
      ExpectSame(
          fmt::format("SELECT DISTINCT {0} FROM {{0}} WHERE {0} > (SELECT min({0}) FROM "
                      "{{0}}) ORDER BY {0} DESC",
                      column));
      for (const std::string filter :
           {"{0} IS NULL", "{0} IS NOT NULL", "{0} = (SELECT max({0}) FROM memory.main.plain)",
            "{0} > (SELECT min({0}) FROM memory.main.plain)"}) {
        const auto condition = fmt::format(fmt::runtime(filter), column);
        ExpectSame("SELECT count(*) FROM {} WHERE " + condition);
        ExpectSame("SELECT count(*) FROM {} WHERE a < 50 AND " + condition);
      }
    }
    for (const std::string filter :
         {"a = 5 AND d = 'wört 7'", "a IN (1, 77, 99) AND b < 100 AND c >= 0",
          "d LIKE 'w_rt 1%' AND a <> 3", "d = '' AND e < 3", "f = 'nan'", "f > 7", "a > 200",
          "g BETWEEN DATE '2000-02-01' AND DATE '2000-02-09' AND a < 9", "h = 2 OR h IS NULL",
          "d IN ('wört 1', 'wört 2', 'none')", "m = 5000000035", "upper(d) = 'WÖRT 9'"}) {
      ExpectSame(std::string("SELECT count(*) FROM {} WHERE ") + filter);
    }
    ExpectSame("SELECT a, count(*) FROM {} WHERE a < 9 GROUP BY a ORDER BY a");
    ExpectSame("SELECT sum(DISTINCT a), count(DISTINCT a), min(a) FROM {}");
    ExpectSame("SELECT count(DISTINCT a), count(a) FROM {}");
    ExpectSame("SELECT count(DISTINCT a + 1) FROM {} WHERE b = 3");
    ExpectSame(
        "SELECT x.a, count(*) FROM {0} x JOIN (SELECT DISTINCT b FROM {0}) y ON x.b = y.b "
        "WHERE x.a < 3 GROUP BY x.a ORDER BY x.a");
  }

  std::string Profile(const std::string& question) { return Rows("EXPLAIN ANALYZE " + question); }
};

TEST_F(CodesSql, AnswerFiltersAndDistinctValues) {
  EXPECT_THAT(Profile("SELECT count(*) FROM t WHERE a = 5 AND d = 'wört 7'"),
              HasSubstr("By dictionary: 1"));
  EXPECT_THAT(Profile("SELECT count(DISTINCT d) FROM t"), HasSubstr("By dictionary: 1"));
  EXPECT_THAT(Profile("SELECT sum(a) FROM t WHERE d = 'wört 7'"), Not(HasSubstr("By dictionary")));
  EXPECT_THAT(Profile("SELECT count(DISTINCT k) FROM t"), Not(HasSubstr("By dictionary")));
  ExpectSameEverywhere();
}

TEST_F(CodesSql, LeaveOutWhatIsDeletedAndAddInlineRows) {
  Change("DELETE FROM {} WHERE a = 5 OR k % 7 = 0 OR k BETWEEN 30000 AND 50000 OR m = 0");
  Change(
      "INSERT INTO {} (k, a, b, d, f) VALUES (-1, 5, 65535, 'wört 7', 'inf'), (-2, NULL, NULL, "
      "NULL, NULL), (-3, -128, 0, 'ü', 'nan')");
  ExpectSameEverywhere();
  Run("BEGIN");
  Run("DELETE FROM t WHERE a <> 7");
  EXPECT_EQ(Rows("SELECT count(DISTINCT a), min(a) FROM t"), "1|7");
  EXPECT_EQ(Rows("SELECT count(*) FROM t WHERE a < 7"), "0");
  Run("INSERT INTO t (k, a) SELECT range, range % 3 FROM range(40000)");
  EXPECT_EQ(Rows("SELECT count(DISTINCT a) FROM t"), "4");
  EXPECT_EQ(Rows("SELECT count(*) FROM t WHERE a < 2"), "26667");
  Run("ROLLBACK");
  const auto before = Rows("SELECT max(sequence) FROM icefall_snapshots('t')");
  const auto values = Rows("SELECT count(DISTINCT d) FROM t");
  Run("DELETE FROM t WHERE d > 'wört 2'");
  EXPECT_EQ(Rows("SELECT count(DISTINCT d) FROM t AT (VERSION => " + before + ")"), values);
}

TEST_F(CodesSql, LeaveFilesOfAnotherSchemaToDuckdb) {
  Change("ALTER TABLE {} ADD COLUMN late INTEGER DEFAULT 3");
  Change("ALTER TABLE {} ALTER a TYPE INTEGER");
  Change("ALTER TABLE {} DROP COLUMN e");
  Change("INSERT INTO {} (k, a, late) SELECT range, range % 300, range % 9 FROM range(70000)");
  for (const std::string column : {"a", "late", "b", "d"}) {
    ExpectSame(fmt::format("SELECT count(DISTINCT {0}), min({0}) FROM {{}}", column));
    ExpectSame(fmt::format("SELECT count(*) FROM {{}} WHERE {} = '3' AND k >= 0", column));
    ExpectSame(fmt::format("SELECT count(*) FROM {{}} WHERE {} > '1'", column));
  }
}

}  // namespace
}  // namespace icefall
