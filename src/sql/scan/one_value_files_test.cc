#include "sql/scan/one_value_files.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sql/sql_fixture.h"

namespace icefall {
namespace {

class OneValueFilesSql : public SqlFixture {
 protected:
  void SetUp() override {
    Open(", INLINE_ROW_LIMIT 10");
    Run("SET icefall_result_cache = false");
    Run("SET icefall_partial_aggregates = false");
    Run("SET icefall_metadata_aggregates = false");
    Run("SET threads = 4");
    Run("CREATE TABLE t (p VARCHAR, d DATE, v INTEGER, x DOUBLE) PARTITIONED BY (p, d)");
    Run("CREATE TABLE memory.main.t (p VARCHAR, d DATE, v INTEGER, x DOUBLE)");
    // Several files of each partition, one of NULL.
    for (int load = 0; load < 3; ++load) {
      Change(
          fmt::format("INSERT INTO % SELECT CASE WHEN i % 5 = 4 THEN NULL ELSE 'p' || (i % 5) "
                      "END, DATE '2024-01-01' + (i % 3)::INTEGER, i, i / 8 FROM range({}, {}) "
                      "r(i)",
                      load * 30'000, load * 30'000 + 30'000));
    }
  }
  // To both tables; the first '%' stands for the name.
  void Change(std::string sql) {
    const auto name = sql.find('%');
    auto copy = sql;
    Run(sql.replace(name, 1, "t"));
    Run(copy.replace(name, 1, "memory.main.t"));
  }
  // Grouped by the partitions of files, or not, and with the rows that DuckDB's own table has;
  // "FROM %" stands for the table.
  void Expect(const std::string& sql, bool is_by_partition) {
    auto ours = sql;
    ours.replace(sql.find("FROM %") + 5, 1, "t");
    auto other = sql;
    other.replace(sql.find("FROM %") + 5, 1, "memory.main.t");
    EXPECT_EQ(Rows(ours), Rows(other)) << sql;
    EXPECT_EQ(Plan(ours).find("PARTITIONED_AGGREGATE") != std::string::npos, is_by_partition)
        << Plan(ours);
  }
};

TEST_F(OneValueFilesSql, GroupRowsByThePartitionsOfFiles) {
  Expect("SELECT p, count(*), sum(v), min(x), avg(x) FROM % GROUP BY p ORDER BY p", true);
  Expect("SELECT d, p, max(v) FROM % GROUP BY p, d ORDER BY ALL", true);
  Expect("SELECT sum(v), d FROM % WHERE v % 7 = 3 GROUP BY d ORDER BY d", true);
  Expect("SELECT p, sum(v) FROM % WHERE p = 'p2' AND d > DATE '2024-01-01' GROUP BY p", true);
  Expect("SELECT p, sum(v) FILTER (v % 2 = 0) FROM % GROUP BY p ORDER BY p", true);
  Expect("SELECT p, sum(y) FROM (SELECT v * 2 AS y, p FROM %) GROUP BY p ORDER BY p", true);
  Expect("SELECT p, count(DISTINCT v % 11) FROM % GROUP BY p ORDER BY p", false);
  Expect("SELECT v % 10, count(*) FROM % GROUP BY ALL ORDER BY ALL", false);
  Expect("SELECT p, v, count(*) FROM % WHERE v < 50 GROUP BY p, v ORDER BY ALL", false);
  Expect("SELECT upper(p), sum(v) FROM % GROUP BY ALL ORDER BY ALL", false);
}

TEST_F(OneValueFilesSql, FollowChanges) {
  Change("DELETE FROM % WHERE v % 13 = 5 OR p = 'p1'");
  Expect("SELECT p, count(*), sum(v) FROM % GROUP BY p ORDER BY p", true);
  Change("UPDATE % SET p = 'other' WHERE v BETWEEN 20000 AND 40000");
  Expect("SELECT p, count(*), sum(v) FROM % GROUP BY p ORDER BY p", true);
  // Inline rows have no file.
  Change("INSERT INTO % VALUES ('p2', DATE '2024-01-01', 7, 8)");
  Expect("SELECT p, count(*), sum(v) FROM % GROUP BY p ORDER BY p", false);
  Change("DELETE FROM % WHERE v = 7 AND x = 8");
  Expect("SELECT d, count(*), sum(v) FROM % GROUP BY d ORDER BY d", true);
  Run("ALTER TABLE t ADD COLUMN n INTEGER DEFAULT 3");
  Run("ALTER TABLE memory.main.t ADD COLUMN n INTEGER DEFAULT 3");
  Expect("SELECT p, sum(n) FROM % GROUP BY p ORDER BY p", true);
  // Another spec for the files to come, which have several values of `p`.
  Run("ALTER TABLE t SET PARTITIONED BY (d)");
  Change("INSERT INTO % SELECT 'p' || (i % 2), DATE '2024-01-01', i, 0, 1 FROM range(5000) r(i)");
  Expect("SELECT p, sum(n), sum(v) FROM % GROUP BY p ORDER BY p", false);
  Expect("SELECT d, sum(n), sum(v) FROM % GROUP BY d ORDER BY d", true);
}

TEST_F(OneValueFilesSql, ReadReplicasAndAnswerBesideJoins) {
  Run("SET icefall_replica_rows_min = 1000");
  Run("ALTER TABLE t SET (replica = 'duckdb')");
  Run("CALL icefall_replicate('t')");
  Expect("SELECT p, count(*), sum(v), min(x) FROM % GROUP BY p ORDER BY p", true);
  Change("DELETE FROM % WHERE v % 13 = 5");
  Expect("SELECT p, d, count(*), sum(v), min(x) FROM % GROUP BY p, d ORDER BY ALL", true);
  Expect("SELECT p, sum(a.v) FROM % a JOIN range(100) r(i) ON a.v = r.i GROUP BY p ORDER BY p",
         false);
  Expect("SELECT p, count(*) FROM % GROUP BY p HAVING count(*) > 17000 ORDER BY p LIMIT 2", true);
}

TEST_F(OneValueFilesSql, NothingOfAnEmptyTable) {
  Run("CREATE TABLE none (p INTEGER, v INTEGER) PARTITIONED BY (p)");
  EXPECT_EQ(Rows("SELECT p, sum(v) FROM none GROUP BY p"), "");
}

}  // namespace
}  // namespace icefall
