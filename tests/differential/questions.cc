#include "tests/differential/questions.h"

#include <fmt/format.h>

namespace icefall {
namespace {

constexpr uint64_t kKeyEnd = 4000;  // of the column k

}  // namespace

std::vector<std::string> Questions::Definitions(const std::string& options) {
  return {
      "CREATE TABLE t (k INTEGER, b BIGINT, s VARCHAR, f DOUBLE, d DATE, c DECIMAL(9,2), "
      "e DECIMAL(18,4), w UTINYINT, z SMALLINT, o BOOLEAN, q DOUBLE, p VARCHAR, ts TIMESTAMP)" +
          options,
      "CREATE TABLE d (n SMALLINT, name VARCHAR, x INTEGER)",
      "INSERT INTO d SELECT i % 23, CASE WHEN i % 6 > 0 THEN 'name ' || i % 5 END, i FROM "
      "range(40) r(i)",
      "INSERT INTO d VALUES (NULL, 'none', 7)",
      "CREATE VIEW v AS SELECT k AS key, z + 1 AS next, s AS text, q FROM t WHERE k % 5 > 0"};
}

std::string Questions::Options() {
  std::string text = Of({"", "", " PARTITIONED BY (p)", " PARTITIONED BY (bucket(3, k))",
                         " SORTED BY (k)", " SORTED BY (s, k)"});
  std::vector<std::string> options;
  if (Percent(30)) options.emplace_back("replica = 'duckdb'");
  if (Percent(30)) {
    options.push_back(fmt::format("aggregates = '{}'",
                                  Of({"sum(k), count(s) by z; max(q)", "count(*), avg(e) by p, o",
                                      "count(DISTINCT s), sum(q) FILTER (WHERE o) by w"})));
  }
  if (Percent(10)) options.emplace_back("parquet_compression = 'zstd'");
  for (size_t i = 0; i < options.size(); ++i) text += (i == 0 ? " WITH (" : ", ") + options[i];
  return options.empty() ? text : text + ")";
}

std::string Questions::Insert() {
  const auto low = Pick(kKeyEnd);
  const auto count = Percent(20) ? 500 + Pick(2000) : 1 + Pick(300);
  return fmt::format(
      "INSERT INTO t SELECT i, -i::BIGINT * 100000000000000, CASE WHEN i % 7 <> {} THEN 'text ' || "
      "i % 11 END, CASE WHEN i % 50 = 3 THEN {} ELSE i / 8 END, DATE '2000-01-01' + (i % "
      "40)::INTEGER, (i % 13 / 4)::DECIMAL(9,2), (i * 1.0001)::DECIMAL(18,4), i % 25, i % 30, CASE "
      "WHEN i % 3 > 0 THEN i % 2 = 0 END, CASE WHEN i % 17 > 0 THEN i / 8 END, CASE WHEN i % 4 > 0 "
      "THEN 'part ' || i % 4 END, TIMESTAMP '2020-01-01' + INTERVAL (i) HOUR FROM range({}, {}) "
      "r(i)",
      Pick(9), Percent(50) ? "'nan'" : "'-inf'", low, low + count);
}

std::string Questions::Change() {
  const auto low = Pick(kKeyEnd);
  switch (Pick(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return Insert();
    case 4:
      return fmt::format("DELETE FROM t WHERE k BETWEEN {} AND {}", low, low + Pick(60));
    case 5:
      return fmt::format("DELETE FROM t WHERE k % 101 = {}", Pick(101));
    case 6:
      // Whatever holds a bound.
      if (Percent(50)) {
        return fmt::format("DELETE FROM t WHERE {0} = (SELECT {1}({0}) FROM t)",
                           Of({"k", "b", "s", "f", "d", "c", "e", "q", "ts"}), Of({"min", "max"}));
      }
      return Of({"DELETE FROM t WHERE k = (SELECT max(k) FROM t)",
                 "DELETE FROM t WHERE s = (SELECT min(s) FROM t) AND k % 3 = 0",
                 "DELETE FROM t WHERE q = (SELECT min(q) FROM t)",
                 "DELETE FROM t WHERE s IS NULL AND k % 2 = 0"});
    case 7:
      return fmt::format("INSERT INTO t (k, b, s) VALUES ({}, 7, 'inline')", low);
    case 8:
      return fmt::format("UPDATE t SET b = b + 1, s = s || '!' WHERE k % 97 = {}", Pick(97));
    case 9:
      return fmt::format("UPDATE t SET q = q + 0.125, o = NOT o WHERE k BETWEEN {} AND {}", low,
                         low + Pick(20));
    case 10:
      return fmt::format("UPDATE t SET s = NULL, z = {} WHERE k = {}", Pick(30), low);
    case 11:
      return Of({"DELETE FROM t WHERE p = 'part 2'", "DELETE FROM t WHERE p IS NULL AND o",
                 fmt::format("DELETE FROM t WHERE k >= {}", kKeyEnd - Pick(1000))});
    case 12:
      return fmt::format("UPDATE d SET name = 'name {}' WHERE x % 13 = {}", Pick(7), Pick(13));
    default:
      return Percent(10) ? "DELETE FROM t" : fmt::format("DELETE FROM t WHERE k = {}", low);
  }
}

std::string Questions::Maintenance() {
  return Of({"CALL icefall_compact('t')", "CALL icefall_optimize('t', sort := 'k DESC')",
             "CALL icefall_optimize('t', z_order := 'k, z')",
             "CALL icefall_gc('t', retain_snapshots := 3)", "CALL icefall_build_aggregates('t')",
             "CALL icefall_replicate('t')", "CALL icefall_clear_cache()",
             "ALTER TABLE t SET (replica = 'duckdb')", "ALTER TABLE t SET (replica = 'none')",
             "ALTER TABLE t SET (aggregates = 'sum(q), min(s), count(c) by o; count(*) by w')",
             "ALTER TABLE t SET SORTED BY (z)", "ALTER TABLE t SET PARTITIONED BY (p)"});
}

std::string Questions::Aggregates(const std::string& prefix) {
  static const std::vector<std::string> aggregates = {"count(*)",
                                                      "sum(k)",
                                                      "sum(b)",
                                                      "avg(k)",
                                                      "avg(b)",
                                                      "avg(c)",
                                                      "sum(e)",
                                                      "min(s)",
                                                      "max(d)",
                                                      "avg(z)",
                                                      "count(s)",
                                                      "max(f)",
                                                      "sum(k * 2)",
                                                      "avg(e)",
                                                      "count(DISTINCT s)",
                                                      "count(DISTINCT f)",
                                                      "sum(DISTINCT z)",
                                                      "avg(DISTINCT k % 7)",
                                                      "count(DISTINCT w)",
                                                      "approx_count_distinct(k)",
                                                      "sum(q)",
                                                      "avg(q)",
                                                      "min(q)",
                                                      "max(k)",
                                                      "min(ts)",
                                                      "count(q)",
                                                      "max(p)",
                                                      "count(DISTINCT k)",
                                                      "sum(DISTINCT c)",
                                                      "bool_and(o)",
                                                      "min(o)",
                                                      "round(var_samp(q) / pi(), 3)",
                                                      "round(stddev_pop(q) / pi(), 3)"};
  static const std::vector<std::string> filters = {"k % 3 = 1", "s IS NULL", "o", "z > 20 OR w < 3",
                                                   "p = 'part 1'"};
  std::string list;
  for (auto i = Pick(3) + 1; i > 0; --i) {
    const auto& aggregate = Of(aggregates);
    list += (list.empty() ? prefix : ", ") + aggregate;
    const bool is_plain = aggregate.find("round") == std::string::npos;
    if (is_plain && Percent(25)) list += fmt::format(" FILTER (WHERE {})", Of(filters));
  }
  return list;
}

std::string Questions::Keys() {
  static const std::vector<std::string> keys = {
      "w", "s", "d", "k % 5", "o", "z", "c", "upper(s)", "p", "ts::DATE", "p", "coalesce(s, p)"};
  std::string group;
  for (auto i = Pick(3); i > 0; --i) group += (group.empty() ? "" : ", ") + Of(keys);
  return group;
}

std::string Questions::Filter() {
  const auto low = Pick(kKeyEnd);
  switch (Pick(12)) {
    case 0:
      return fmt::format("k >= {}", low);
    case 1:
      return fmt::format("k >= {} AND k < {}", low, low + Pick(2000));
    case 2:
      return fmt::format("s <> 'text {}'", Pick(11));
    case 3:
      return fmt::format("z = {} OR o", Pick(30));
    case 4:
      return fmt::format("p = 'part {}'", Pick(4));
    case 5:
      return "d > DATE '2000-01-20' AND k % 2 = 0";
    case 6:
      return "s IS NOT NULL AND w IN (3, 4, 9)";
    case 7:
      return fmt::format("k = {}", low);
    default:
      return "true";
  }
}

std::string Questions::Aggregation() {
  const auto group = Keys();
  const auto list = Aggregates("");
  const auto filter = Filter();
  if (group.empty()) return fmt::format("SELECT {} FROM t WHERE {}", list, filter);
  switch (Pick(10)) {
    case 0:
      return fmt::format("SELECT {0}, {1} FROM t WHERE {2} GROUP BY ROLLUP ({0}) ORDER BY ALL",
                         group, list, filter);
    case 1:
      return fmt::format(
          "SELECT {0}, {1} FROM t WHERE {2} GROUP BY {0} HAVING count(*) > 3 ORDER BY ALL LIMIT 5",
          group, list, filter);
    default:
      return fmt::format("SELECT {0}, {1} FROM t WHERE {2} GROUP BY {0} ORDER BY ALL", group, list,
                         filter);
  }
}

std::string Questions::Bounds() {
  static const std::vector<std::string> columns = {"k", "b", "s", "f", "d", "c", "e",
                                                   "w", "z", "o", "q", "p", "ts"};
  std::string list;
  for (auto i = Pick(4) + 1; i > 0; --i) {
    list +=
        fmt::format("{}{}({})", list.empty() ? "" : ", ", Of({"min", "max", "count"}), Of(columns));
  }
  if (Percent(50)) list += ", count(*)";
  return fmt::format("SELECT {} FROM t{}", list, Percent(60) ? "" : " WHERE " + Filter());
}

std::string Questions::Rows() {
  switch (Pick(4)) {
    case 0:
      return fmt::format("SELECT k, s, q FROM t WHERE {} ORDER BY {} k, s, q LIMIT {}", Filter(),
                         Of({"", "ts DESC,", "f,", "p DESC, z,"}), 1 + Pick(20));
    case 1:
      return fmt::format("SELECT DISTINCT {} FROM t WHERE {} ORDER BY ALL",
                         Of({"z", "s, o", "p", "w, p", "d"}), Filter());
    case 2:
      return fmt::format("SELECT k, b, s, e, o FROM t WHERE k = {} ORDER BY ALL", Pick(kKeyEnd));
    default:
      return fmt::format(
          "SELECT next, count(*), max(text), sum(q) FROM v WHERE key > {} GROUP BY "
          "next ORDER BY ALL LIMIT 9",
          Pick(kKeyEnd));
  }
}

std::string Questions::Join() {
  const std::string list = Of({"count(*)", "sum(t.k), count(t.s)", "avg(t.q)", "min(t.s), max(t.k)",
                               "sum(t.e) FILTER (WHERE t.o)", "count(DISTINCT t.w)",
                               "sum(t.k), sum(d.x)", "avg(t.z), count(*)"});
  const std::string key = Of({"d.name", "d.name, t.o", "t.p, d.x % 3", "d.n"});
  return fmt::format("SELECT {0}, {1} FROM t {2} JOIN d ON t.z = d.n{3} GROUP BY {0} ORDER BY ALL",
                     key, list, Of({"", "", "LEFT"}),
                     Of({"", " WHERE d.x > 9", fmt::format(" WHERE t.k < {}", Pick(kKeyEnd))}));
}

std::string Questions::Nested() {
  return Of({"SELECT count(*), sum(k) FROM t WHERE k > (SELECT avg(k) FROM t)",
             "SELECT z, max(n) FROM (SELECT z, w, count(*) AS n FROM t GROUP BY z, w) GROUP BY z "
             "ORDER BY ALL",
             "SELECT count(*) FROM t WHERE z IN (SELECT n FROM d WHERE x % 3 = 0)",
             "SELECT sum(k), min(p) FROM (SELECT * FROM t WHERE o UNION ALL FROM t)",
             "SELECT a.p, a.n, b.m FROM (SELECT p, count(*) AS n FROM t GROUP BY p) a, (SELECT p, "
             "max(k) AS m FROM t GROUP BY p) b WHERE a.p = b.p ORDER BY ALL"});
}

std::string Questions::Ask() {
  std::string sql;
  switch (Pick(12)) {
    case 0:
    case 1:
    case 2:
      sql = Bounds();
      break;
    case 3:
    case 4:
      sql = Rows();
      break;
    case 5:
      sql = Join();
      break;
    case 6:
      sql = Nested();
      break;
    default:
      sql = Aggregation();
  }
  return sql;
}

}  // namespace icefall
