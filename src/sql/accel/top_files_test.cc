#include "sql/accel/top_files.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sql/twin_fixture.h"

namespace icefall {
namespace {

// 300 files of 10 rows, and the same rows in a table of DuckDB's.
class TopFilesSql : public TwinFixture {
 protected:
  TopFilesSql() {
    Open(", INLINE_ROW_LIMIT 5, FRAGMENT_ROW_LIMIT 10, RESULT_CACHE false");
    CreateBoth(
        " AS SELECT i AS k, (i * 7919) % 3000 AS shuffled, i // 40 AS few, CASE WHEN i % 50 > 9 "
        "THEN -i END AS n, DATE '2000-01-01' + (i // 3)::INTEGER AS d, 's' || i AS s, i / 7 AS f "
        "FROM range(3000) r(i)");
  }

  void ExpectSameEverywhere() {
    for (const std::string key : {"k", "few", "n"}) {
      for (const std::string direction : {"", " DESC", " NULLS FIRST", " DESC NULLS FIRST"}) {
        for (const std::string limit : {"35", "9 OFFSET 13"}) {
          ExpectSame(fmt::format("SELECT k, s FROM {{}} ORDER BY {}{}, k LIMIT {}", key, direction,
                                 limit));
        }
        ExpectSame(fmt::format("SELECT DISTINCT few, n FROM {{}} ORDER BY {}{}, n, few LIMIT 20",
                               key == "n" ? "n" : "few", direction));
      }
    }
    ExpectSame(
        "SELECT a, count(*) FROM (SELECT few AS a FROM {} ORDER BY k DESC LIMIT 90) GROUP "
        "BY a ORDER BY a");
    ExpectSame("SELECT k FROM {} WHERE n IS NULL ORDER BY k DESC LIMIT 30");
    ExpectSame("SELECT k FROM {} WHERE f < 100 AND shuffled % 3 = 0 ORDER BY k DESC LIMIT 30");
    ExpectSame(
        "SELECT x.k, y.s FROM {0} x JOIN {0} y ON x.k = y.shuffled ORDER BY x.k DESC LIMIT "
        "11");
  }
};

TEST_F(TopFilesSql, ReadsOnlyTheFirstFiles) {
  EXPECT_THAT(Plan("SELECT k FROM t ORDER BY k DESC LIMIT 5"), testing::HasSubstr("TOP_N"));
  EXPECT_EQ(FilesRead("SELECT k FROM t ORDER BY k DESC LIMIT 15"), "2/300");
  EXPECT_EQ(FilesRead("SELECT k FROM t ORDER BY d LIMIT 5"), "1/300");
  ExpectSameEverywhere();
}

TEST_F(TopFilesSql, AnswersTheSameAfterChanges) {
  Change("DELETE FROM {} WHERE k >= 2993 OR k % 100 < 15");
  ExpectSameEverywhere();
  Change("UPDATE {} SET n = 5000, k = k + 3000 WHERE k BETWEEN 500 AND 504");
  Change("INSERT INTO {} (k, few, n) VALUES (9000, 9000, 9000), (-1, -1, NULL)");
  ExpectSameEverywhere();
  Run("BEGIN");
  Run("DELETE FROM t WHERE k > 1000");
  EXPECT_EQ(Rows("SELECT k FROM t ORDER BY k DESC LIMIT 2"), "999\n998");
  Run("ROLLBACK");
  ExpectSameEverywhere();
  Run("ALTER TABLE t ADD COLUMN late INTEGER DEFAULT 3");
  Run("UPDATE t SET late = 4 WHERE k = 77");
  EXPECT_EQ(Rows("SELECT k, late FROM t ORDER BY late DESC, k DESC LIMIT 2"), "77|4\n9000|3");
}

}  // namespace
}  // namespace icefall
