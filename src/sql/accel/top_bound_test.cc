#include "sql/accel/top_bound.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sql/twin_fixture.h"

namespace icefall {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kColumns = {"k", "shuffled", "few", "n", "d", "s", "f", "m", "b"};

// Files of 4,000 rows with facts, inline rows, and the same rows in a table of DuckDB's.
class TopBoundSql : public TwinFixture {
 protected:
  TopBoundSql() {
    Open(", INLINE_ROW_LIMIT 5, FRAGMENT_ROW_LIMIT 4000, RESULT_CACHE false");
    Run("SET icefall_facts_rows_min = 1");
    CreateBoth(
        " AS SELECT i AS k, (i * 7919) % 30011 AS shuffled, i // 400 AS few, CASE WHEN i % 50 > 9 "
        "THEN -i END AS n, DATE '2000-01-01' + (i // 3)::INTEGER AS d, CASE i % 3 WHEN 0 THEN 'ü' "
        "WHEN 1 THEN '' ELSE 'text ' END || hash(i) AS s, CASE WHEN i % 1000 = 7 THEN "
        "'nan'::DOUBLE WHEN i "
        "% 9 > 0 THEN i / 7 END AS f, (i % 9973)::DECIMAL(15, 2) * 4 AS m, i % 3 = 0 AS b "
        "FROM range(10000) r(i)");
  }

  void ExpectSameEverywhere() {
    for (const auto& key : kColumns) {
      for (const std::string direction : {"", " DESC", " NULLS FIRST", " DESC NULLS FIRST"}) {
        if (direction.ends_with("FIRST") && key != "n" && key != "f") continue;
        const auto order = fmt::format("{}{}, k", key, direction);
        for (const std::string limit : {"1", "7 OFFSET 20", "150"}) {
          ExpectSame(fmt::format("SELECT k, n FROM {{}} ORDER BY {} LIMIT {}", order, limit));
        }
        ExpectSame(fmt::format("SELECT * FROM {{}} ORDER BY {} LIMIT 10", order));
      }
    }
    ExpectSame("SELECT k FROM {} WHERE n IS NULL ORDER BY k DESC LIMIT 30");
    ExpectSame("SELECT k FROM {} WHERE shuffled % 3 = 0 ORDER BY k DESC LIMIT 30");
    ExpectSame("SELECT k FROM {} ORDER BY k + shuffled DESC, k LIMIT 10");
  }
};

TEST_F(TopBoundSql, IsAFilterOfTheScan) {
  EXPECT_THAT(Plan("SELECT k, n FROM t ORDER BY k DESC LIMIT 5"), HasSubstr("k>=9995"));
  EXPECT_THAT(Plan("SELECT k, n FROM t ORDER BY k LIMIT 5 OFFSET 3"), HasSubstr("k<=7"));
  EXPECT_THAT(Plan("SELECT k FROM t WHERE n < 5 ORDER BY k DESC LIMIT 5"), Not(HasSubstr("k>=")));
  EXPECT_THAT(Plan("SELECT k FROM t ORDER BY n DESC NULLS FIRST LIMIT 5"), Not(HasSubstr("n>=")));
  ExpectSameEverywhere();
}

TEST_F(TopBoundSql, FollowsDeletesAndInlineRows) {
  Change("DELETE FROM {} WHERE k >= 9993 OR k % 100 < 15 OR shuffled < 40");
  EXPECT_THAT(Plan("SELECT k FROM t ORDER BY k DESC LIMIT 1"), HasSubstr("k>=9992"));
  ExpectSameEverywhere();
  Change("UPDATE {} SET n = 5000, k = k + 30000 WHERE k BETWEEN 500 AND 504");
  Change(
      "INSERT INTO {} VALUES (90000, -5, -1, 9000, '1999-01-01', 'z', 'nan', 1e9, NULL), (NULL, "
      "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (-1, 40000, 99, NULL, NULL, '', "
      "'-inf', -1e9, true)");
  ExpectSameEverywhere();
  // More than were noted.
  Change("DELETE FROM {} WHERE k > 9700");
  ExpectSameEverywhere();
  Change("DELETE FROM {} WHERE k IS NOT NULL");
  ExpectSameEverywhere();
}

TEST_F(TopBoundSql, IsOfTheSnapshotThatIsRead) {
  const auto before = Rows("SELECT max(sequence) FROM icefall_snapshots('t')");
  const auto rows = Rows("SELECT * FROM t ORDER BY k DESC LIMIT 9");
  Run("BEGIN");
  Run("DELETE FROM t WHERE k > 5000");
  EXPECT_EQ(Rows("SELECT k FROM t ORDER BY k DESC LIMIT 2"), "5000\n4999");
  Run("INSERT INTO t (k) SELECT range FROM range(20000, 26000)");
  EXPECT_EQ(Rows("SELECT k FROM t ORDER BY k DESC LIMIT 2"), "25999\n25998");
  Run("ROLLBACK");
  Run("DELETE FROM t WHERE k > 5000");
  EXPECT_EQ(Rows("SELECT * FROM t AT (VERSION => " + before + ") ORDER BY k DESC LIMIT 9"), rows);
}

TEST_F(TopBoundSql, IsNotTakenFromBeforeAColumnWasChanged) {
  Change("ALTER TABLE {} ALTER few TYPE VARCHAR");
  ExpectSameEverywhere();
  Change("ALTER TABLE {} ADD COLUMN late INTEGER DEFAULT 3");
  Change("UPDATE {} SET late = 4 WHERE k % 5000 = 77");
  ExpectSame("SELECT k, late FROM {} ORDER BY late DESC, k DESC LIMIT 5");
  ExpectSame("SELECT k, late FROM {} ORDER BY late, k DESC LIMIT 5");
}

}  // namespace
}  // namespace icefall
