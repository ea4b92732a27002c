#include "sql/accel/direct_answer.h"

#include "duckdb/parser/parser.hpp"
#include <fmt/format.h>

#include "sql/sql_fixture.h"

namespace icefall {
namespace {

class DirectAnswerSql : public SqlFixture {
 protected:
  DirectAnswerSql() {
    Open(", INLINE_ROW_LIMIT 5");
    Run("CREATE TABLE t (k INTEGER, s VARCHAR, d DECIMAL(9,2))");
    Run("INSERT INTO t SELECT range, 'text ' || range, range / 4 FROM range(100)");
  }

  // The row, its values separated by '|'; empty when the statement has to be run.
  std::string Direct(const std::string& sql) {
    duckdb::Parser parser;
    parser.ParseQuery(sql);
    const auto& statement = *parser.statements.at(0);
    EXPECT_TRUE(MayAnswerDirectly(statement)) << sql;
    EXPECT_TRUE(MayAnswerDirectly(std::string_view(sql))) << sql;
    const auto answer = AnswerDirectly(*connection().context, statement);
    EXPECT_TRUE(connection().IsAutoCommit());
    if (answer == nullptr) return "";
    const auto run = Run(sql);
    EXPECT_EQ(answer->names, run->names) << sql;
    EXPECT_EQ(answer->types, run->types) << sql;
    std::string text;
    for (size_t i = 0; i < answer->types.size(); ++i) {
      text += (i > 0 ? "|" : "") + answer->row.GetValue(i, 0).ToString();
    }
    return text;
  }

  static bool MayAnswer(const std::string& sql) {
    duckdb::Parser parser;
    parser.ParseQuery(sql);
    return MayAnswerDirectly(*parser.statements.at(0));
  }
};

TEST_F(DirectAnswerSql, GivesWhatTheStatementGives) {
  EXPECT_EQ(Direct("SELECT count(*) FROM t"), "100");
  EXPECT_EQ(Direct("select COUNT(*) AS \"All\", min(k), Max(s), max(d) smallest, count(s) from t"),
            "100|0|text 99|24.75|100");
  EXPECT_EQ(Direct("SELECT\n\tmin (t.k), max(k) FROM my.main.t"), "0|99");
  EXPECT_EQ(Direct("SELECT count(1), count('') FROM t AS u"), "100|100");
  EXPECT_EQ(Direct("SELECT count(NULL) FROM t"), "");
  Run("CREATE VIEW v AS SELECT k AS renamed FROM t");
  EXPECT_EQ(Direct("SELECT max(renamed) FROM v"), "99");
  Run("CREATE TABLE none (a VARCHAR)");
  EXPECT_EQ(Direct("SELECT count(*), min(a), count(a) FROM none"), "0|NULL|0");
}

TEST_F(DirectAnswerSql, FollowsChanges) {
  Run("DELETE FROM t WHERE k IN (0, 50, 99)");
  EXPECT_EQ(Direct("SELECT count(*), min(k), max(k) FROM t"), "97|1|98");
  Run("INSERT INTO t VALUES (-7, NULL, 1000)");  // inline
  EXPECT_EQ(Direct("SELECT count(*), count(s), min(k), max(d) FROM t"), "98|97|-7|1000.00");
  Run("UPDATE t SET k = 5000 WHERE k = 1");
  EXPECT_EQ(Direct("SELECT count(*), max(k) FROM t"), "98|5000");
  duckdb::Connection other(db());
  EXPECT_FALSE(other.Query("DELETE FROM my.main.t WHERE k = 5000")->HasError());
  EXPECT_EQ(Direct("SELECT count(*), max(k) FROM t"), "97|98");
  Run("ALTER TABLE t RENAME k TO renamed");
  EXPECT_EQ(Direct("SELECT max(renamed) FROM t"), "98");
}

TEST_F(DirectAnswerSql, LeavesTheRestToTheExecutor) {
  // Asks for something else than it looks like.
  EXPECT_EQ(Direct("SELECT max(k, 2) FROM t"), "");
  EXPECT_EQ(Direct("SELECT count(*) FROM missing"), "");
  EXPECT_EQ(Direct("SELECT min(missing) FROM t"), "");
  EXPECT_NE(ErrorOf("SELECT min(missing) FROM t").find("missing"), std::string::npos);
  Run("CREATE TEMP TABLE elsewhere AS FROM range(3)");
  EXPECT_EQ(Direct("SELECT count(*) FROM elsewhere"), "");
  // The name that is nearer.
  Run("CREATE TEMP TABLE t AS FROM range(3)");
  EXPECT_EQ(Direct("SELECT count(*) FROM temp.t"), "");
  EXPECT_EQ(Direct("SELECT count(*) FROM my.t"), "100");
  Run("DROP TABLE temp.t");
  Run("CREATE TEMP MACRO max(a) AS 42");
  EXPECT_EQ(Direct("SELECT max(k) FROM t"), "");
  Run("DROP MACRO max");
  Run("SET icefall_metadata_aggregates = false");
  EXPECT_EQ(Direct("SELECT count(*) FROM t"), "");
  Run("RESET icefall_metadata_aggregates");
  Run("PRAGMA enable_profiling = 'no_output'");
  EXPECT_EQ(Direct("SELECT count(*) FROM t"), "");
  Run("PRAGMA disable_profiling");
  EXPECT_EQ(Direct("SELECT count(*) FROM t"), "100");
}

TEST_F(DirectAnswerSql, KeepsOutOfTransactionsAndOpenResults) {
  const auto open = connection().SendQuery("FROM range(1000000)");
  duckdb::Parser parser;
  parser.ParseQuery("SELECT count(*) FROM t");
  EXPECT_EQ(AnswerDirectly(*connection().context, *parser.statements[0]), nullptr);
  uint64_t rows = 0;
  while (const auto chunk = open->Fetch()) rows += chunk->size();
  EXPECT_EQ(rows, 1'000'000);
  EXPECT_NE(AnswerDirectly(*connection().context, *parser.statements[0]), nullptr);
  Run("BEGIN");
  EXPECT_EQ(AnswerDirectly(*connection().context, *parser.statements[0]), nullptr);
  Run("INSERT INTO t SELECT range, NULL, NULL FROM range(1000, 2000)");
  EXPECT_EQ(AnswerDirectly(*connection().context, *parser.statements[0]), nullptr);
  Run("ROLLBACK");
  EXPECT_EQ(Direct("SELECT count(*) FROM t"), "100");
}

TEST_F(DirectAnswerSql, TellsByItsLooksWhatIsNotAsked) {
  for (const auto* sql :
       {"SELECT sum(k) FROM t", "SELECT count(DISTINCT k) FROM t", "SELECT min(k) + 1 FROM t",
        "SELECT count(*) FROM t WHERE k > 3", "SELECT max(k) FROM t GROUP BY s",
        "SELECT max(k) FROM t HAVING max(k) > 3", "SELECT count(*) FROM t LIMIT 0",
        "SELECT count(*) FROM t USING SAMPLE 10%", "SELECT count(*) FROM t, t AS u",
        "SELECT max(k + 1) FROM t", "SELECT count(*) FILTER (k > 3) FROM t", "SELECT count(*)",
        "FROM t", "SELECT count(*) OVER () FROM t", "WITH t AS (SELECT 1) SELECT count(*) FROM t",
        "SELECT count(*) FROM t UNION ALL SELECT 3", "SELECT count(*), 42 FROM t",
        "EXPLAIN SELECT count(*) FROM t", "CREATE TABLE u AS SELECT count(*) FROM t"}) {
    EXPECT_FALSE(MayAnswer(sql)) << sql;
  }
  for (const std::string_view sql :
       {"", "  ", "selectcount(*) FROM t", "SELECT", "SELECT countless FROM t", "SELECT k FROM t",
        "SELECT minimum(k) FROM t", "INSERT INTO t SELECT count(*)", "SELECT sum(k) FROM t"}) {
    EXPECT_FALSE(MayAnswerDirectly(sql)) << sql;
  }
}

}  // namespace
}  // namespace icefall
