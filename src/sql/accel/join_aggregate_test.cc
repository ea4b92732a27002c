#include "sql/accel/join_aggregate.h"

#include <cctype>
#include <regex>

#include <gmock/gmock.h>

#include "sql/accel/partial_fixture.h"

namespace icefall {
namespace {

// `t` and, with duplicate, missing and NULL keys, the small tables `d` and `e`; copies of all in
// `memory.main`.
class JoinAggregateSql : public PartialAggregateSql {
 protected:
  void SetUp() override {
    Both(
        "CREATE TABLE %t AS SELECT i AS k, CASE WHEN i % 19 > 0 THEN (i % 30)::INTEGER END AS a, "
        "(i % 7)::SMALLINT AS b, i % 11 AS v, (i % 4000) / 8 AS q, CASE WHEN i % 5 > 0 THEN "
        "'text ' || i % 13 END AS s, i % 3 = 0 AS o FROM range(300000) r(i)");
    Both(
        "CREATE TABLE %d AS SELECT CASE WHEN i < 50 THEN (i * 7 % 24)::INTEGER END AS a, "
        "'name ' || i % 5 AS name, i AS x FROM range(53) r(i)");
    Both("CREATE TABLE %e AS SELECT (i % 9)::SMALLINT AS b, i % 2 AS y FROM range(11) r(i)");
  }
  // '%' stands for where the tables are.
  static std::string In(const std::string& place, std::string sql) {
    for (auto at = sql.find('%'); at != std::string::npos; at = sql.find('%', at + 1)) {
      if (at + 1 < sql.size() && std::isalpha(static_cast<unsigned char>(sql[at + 1])) != 0) {
        sql.replace(at, 1, place);
      }
    }
    return sql;
  }
  void Both(const std::string& sql) {
    Run(In("my.main.", sql));
    Run(In("memory.main.", sql));
  }
  // As States, beside the boxes of other operators.
  std::string StatesOf(const std::string& sql) {
    const auto plan = Plan(In("my.main.", sql));
    std::smatch found;
    return std::regex_search(plan, found, std::regex("[0-9]+ kept, [0-9]+")) ? found.str() : "";
  }
  void ExpectPlain(const std::string& sql) {
    EXPECT_EQ(Rows(In("my.main.", sql)), Rows(In("memory.main.", sql))) << sql;
  }
};

TEST_F(JoinAggregateSql, StatesTakeThePlaceOfRows) {
  const std::string sql =
      "SELECT name, count(*), count(s), sum(v), avg(q), min(s), max(k), sum(q), count(DISTINCT b), "
      "sum(DISTINCT v) FILTER (o), sum(v) FILTER (s IS NULL), approx_count_distinct(v) FROM %t t "
      "JOIN %d d ON t.a = d.a GROUP BY name ORDER BY name";
  EXPECT_EQ(StatesOf(sql), "0 kept, 3");
  ExpectPlain(sql);
  EXPECT_EQ(StatesOf(sql), "3 kept, 0");
  ExpectPlain(sql);
  Both("DELETE FROM %t WHERE k = 5 OR k = 299999");
  Both("UPDATE %d SET name = 'other' WHERE x = 3");
  EXPECT_EQ(StatesOf(sql), "2 kept, 1");
  ExpectPlain(sql);
  Both("INSERT INTO %d VALUES (29, 'new', 100), (3, 'new', 101), (1000, 'new', 102)");
  ExpectPlain(sql);
  EXPECT_EQ(StatesOf(sql), "3 kept, 0");
  for (const std::string other :
       {"SELECT sum(v) FROM %t t JOIN %d d ON t.a = d.a WHERE d.x > 20",
        "SELECT x % 3, count(s), sum(v) FROM %t t JOIN %d d USING (a) GROUP BY 1 ORDER BY 1",
        "SELECT d.name, count(*) FROM %t t LEFT JOIN %d d ON t.a = d.a GROUP BY 1 ORDER BY 1",
        "SELECT a, sum(v) FROM %t GROUP BY a ORDER BY a",
        "SELECT count(*) FROM %t WHERE a IN (SELECT a FROM %d WHERE x % 2 = 0)"}) {
    EXPECT_NE(StatesOf(other), "") << other;
    ExpectPlain(other);
    EXPECT_EQ(StatesOf(other), "3 kept, 0") << other;
    ExpectPlain(other);
  }
}

TEST_F(JoinAggregateSql, KeysOfAllKinds) {
  for (const std::string sql :
       {"SELECT b, name, sum(v) FROM %t t JOIN %d d ON t.a = d.a GROUP BY ALL ORDER BY ALL",
        "SELECT b + 1, count(*) FROM %t t JOIN %d d ON t.a + 1 = d.a - 2 GROUP BY ALL ORDER BY ALL",
        "SELECT d.a, t.a, min(q) FROM %t t JOIN %d d ON t.a = d.a GROUP BY ALL ORDER BY ALL",
        "SELECT name, sum(v) FROM %t t JOIN %d d ON t.a = d.a AND t.b = d.x % 5 GROUP BY ALL ORDER "
        "BY ALL",
        "SELECT name, sum(v) FROM %t t JOIN %d d ON t.a > d.a GROUP BY ALL ORDER BY ALL",
        "SELECT name, y, sum(v), count(*) FROM %t t JOIN %d d ON t.a = d.a JOIN %e e ON t.b = e.b "
        "GROUP BY ALL ORDER BY ALL",
        "SELECT name, sum(v) FROM %t t LEFT JOIN %d d ON t.a = d.a LEFT JOIN %e e ON d.x = e.b "
        "GROUP BY ALL ORDER BY ALL",
        "SELECT sum(v), count(*) FROM %t t JOIN %d d ON t.a = d.a WHERE t.k >= 200000 AND t.o",
        "SELECT sum(v) FROM %t t WHERE NOT EXISTS (FROM %d d WHERE t.a = d.a)",
        "SELECT count(*), sum(v) FROM %t t JOIN %d d ON t.a = d.a AND d.x < 0"}) {
    EXPECT_EQ(StatesOf(sql).empty(), false) << sql << "\n" << Plan(In("my.main.", sql));
    ExpectPlain(sql);
    ExpectPlain(sql);
  }
}

TEST_F(JoinAggregateSql, LeavesWhatNeedsTheRows) {
  for (const std::string sql :
       {"SELECT name, sum(x) FROM %t t JOIN %d d ON t.a = d.a GROUP BY name ORDER BY name",
        "SELECT name, sum(v + x) FROM %t t JOIN %d d ON t.a = d.a GROUP BY name ORDER BY name",
        "SELECT v + x, count(*) FROM %t t JOIN %d d ON t.a = d.a GROUP BY 1 ORDER BY 1",
        "SELECT name, sum(v) FROM %t t JOIN %d d ON t.a = d.a AND t.v + d.x > 20 GROUP BY name "
        "ORDER BY name",
        "SELECT name, sum(v) FROM %t t FULL JOIN %d d ON t.a = d.a GROUP BY name ORDER BY name",
        "SELECT name, sum(v) FROM %d d LEFT JOIN %t t ON t.a = d.a GROUP BY name ORDER BY name",
        "SELECT name, median(v) FROM %t t JOIN %d d ON t.a = d.a GROUP BY name ORDER BY name",
        "SELECT count(*) FROM %t t JOIN %t u ON t.k = u.k"}) {
    EXPECT_EQ(StatesOf(sql), "") << sql;
    ExpectPlain(sql);
  }
}

// Filters that a join finds out while it runs hide rows from the scan, which states must have.
TEST_F(JoinAggregateSql, StatesHaveRowsThatAJoinAboveDoesNotNeed) {
  Run("CREATE TABLE memory.main.one AS SELECT 3::SMALLINT AS b");
  ExpectPlain(
      "SELECT b, n FROM (SELECT b, sum(v) AS n FROM %t GROUP BY b) JOIN memory.main.one "
      "USING (b)");
  ExpectPlain("SELECT b, sum(v) FROM %t GROUP BY b ORDER BY b");
  ExpectPlain("SELECT sum(k) FROM %t t JOIN memory.main.one o ON t.b = o.b");
  ExpectPlain("SELECT b, sum(k) FROM %t GROUP BY b ORDER BY b");
}

}  // namespace
}  // namespace icefall
