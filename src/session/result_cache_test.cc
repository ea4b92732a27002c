#include <chrono>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/duckdb_result.h"
#include "session/session.h"
#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

using testing::HasSubstr;

std::string Text(const Value& value) {
  return std::visit(
      [](const auto& v) -> std::string {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::monostate>)
          return "NULL";
        else if constexpr (std::is_same_v<T, std::string>)
          return v;
        else
          return std::to_string(v);
      },
      value);
}

class SessionResultCacheTest : public testing::Test {
 protected:
  SessionResultCacheTest() : session_(Open()) {
    Run(*session_, "CREATE TABLE t (k INTEGER, v DECIMAL(9,2)); INSERT INTO t VALUES (1, 2.5)");
  }

  std::unique_ptr<Session> Open(const SessionOptions& options = {.create_if_missing = true}) {
    auto session = Session::Open(directory_.path("db"), options);
    if (!session) throw std::runtime_error(session.error().message());
    // Every answer is worth a file here.
    Run(**session, "SET icefall_result_file_ms_min = 0");
    return *std::move(session);
  }
  static void Run(Session& session, const std::string& sql) {
    const auto ran = session.Execute(sql);
    EXPECT_TRUE(ran) << sql << ": " << ran.error().message();
  }
  static std::string Ask(Session& session, const std::string& sql) {
    auto result = session.Query(sql);
    if (!result) return "error: " + result.error().message();
    std::string text;
    std::vector<Row> rows;
    do {
      if (!result->FetchRows(rows)) return "error";
      for (const auto& row : rows) {
        for (const auto& value : row) text += Text(value) + "|";
        text += ";";
      }
    } while (!rows.empty());
    return text;
  }
  std::string Ask(const std::string& sql) { return Ask(*session_, sql); }
  uint64_t Hits() { return session_->impl().results->counters().hits; }
  uint64_t Entries() {
    return session_->impl().results ? session_->impl().results->counters().entries : 0;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Session> session_;
};

TEST_F(SessionResultCacheTest, GivesTheSameAnswerAgainUntilRowsChange) {
  EXPECT_EQ(Ask("SELECT sum(v) FROM t"), "2.50|;");
  EXPECT_EQ(Ask("SELECT sum(v) FROM t"), "2.50|;");
  EXPECT_EQ(Hits(), 1U);
  Run(*session_, "INSERT INTO t VALUES (2, 1)");
  EXPECT_EQ(Ask("SELECT sum(v) FROM t"), "3.50|;");
  const auto other = Open();
  Run(*other, "UPDATE t SET v = 10 WHERE k = 2");
  EXPECT_EQ(Ask("SELECT sum(v) FROM t"), "12.50|;");
  EXPECT_EQ(Hits(), 1U);
  EXPECT_EQ(Ask("SELECT sum(v) FROM t"), "12.50|;");
  EXPECT_EQ(Hits(), 2U);
}

TEST_F(SessionResultCacheTest, SeesATableMadeAgainAndAViewChanged) {
  Run(*session_, "CREATE VIEW w AS SELECT k FROM t");
  EXPECT_EQ(Ask("FROM w"), "1|;");
  Run(*session_, "CREATE OR REPLACE VIEW w AS SELECT k + 1 FROM t");
  EXPECT_EQ(Ask("FROM w"), "2|;");
  Run(*session_, "DROP VIEW w; DROP TABLE t; CREATE TABLE w AS SELECT 7 AS k");
  EXPECT_EQ(Ask("FROM w"), "7|;");
  EXPECT_EQ(Ask("FROM w"), "7|;");
}

TEST_F(SessionResultCacheTest, KeepsNoAnswerThatDependsOnMoreThanTables) {
  const std::string file = directory_.path("outside.csv");
  std::ofstream(file) << "a\n1\n";
  Run(*session_, "CREATE TEMP TABLE mine AS SELECT 1 AS k");
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "1|;");
  Run(*session_, "DROP TABLE mine");
  const std::vector<std::string> texts = {"SELECT random() FROM t",
                                          "SELECT now() FROM t",
                                          "SELECT current_date FROM t",
                                          "SELECT age(TIMESTAMP '2000-01-01') FROM t",
                                          "SELECT uuid() FROM t",
                                          "SELECT * FROM t USING SAMPLE 1 ROWS",
                                          "SELECT count(*) FROM t, read_csv('" + file + "')",
                                          "SELECT 1",
                                          "FROM icefall_snapshots('t')",
                                          "SELECT count(*) FROM t, duckdb_tables()"};
  for (const auto& sql : texts) {
    EXPECT_THAT(Ask(sql), testing::Not(HasSubstr("error"))) << sql;
    EXPECT_EQ(Entries(), 0U) << sql;
  }
}

TEST_F(SessionResultCacheTest, TellsSessionsApartThatMeanSomethingElse) {
  Run(*session_, "INSERT INTO t VALUES (NULL, 1)");
  const std::string sql = "SELECT k FROM t ORDER BY k";
  EXPECT_EQ(Ask(sql), "1|;NULL|;");
  Run(*session_, "SET default_null_order = 'nulls_first'");
  EXPECT_EQ(Ask(sql), "NULL|;1|;");
  Run(*session_, "SET VARIABLE x = 5");
  EXPECT_EQ(Ask("SELECT getvariable('x') FROM t WHERE k = 1"), "5|;");
  Run(*session_, "SET VARIABLE x = 6");
  EXPECT_EQ(Ask("SELECT getvariable('x') FROM t WHERE k = 1"), "6|;");
  Run(*session_, "CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 9 AS k; SET schema = 'icefall.s'");
  EXPECT_EQ(Ask(sql), "9|;");
  Run(*session_, "SET schema = 'icefall.main'; CREATE TEMP TABLE t AS SELECT 8 AS k");
  EXPECT_EQ(Ask(sql), "8|;");
  Run(*session_, "DROP TABLE temp.t");
  EXPECT_EQ(Ask(sql), "NULL|;1|;");
}

TEST_F(SessionResultCacheTest, SeesItsOwnTransaction) {
  const std::string sql = "SELECT count(*) FROM t";
  EXPECT_EQ(Ask(sql), "1|;");
  Run(*session_, "BEGIN; INSERT INTO t VALUES (5, 5)");
  EXPECT_EQ(Ask(sql), "2|;");
  Run(*session_, "ROLLBACK");
  EXPECT_EQ(Ask(sql), "1|;");
  Run(*session_, "BEGIN");
  EXPECT_EQ(Ask(sql), "1|;");
  Run(*Open(), "INSERT INTO t VALUES (6, 6)");
  EXPECT_EQ(Ask(sql), "1|;") << "the transaction's own point in time";
  Run(*session_, "COMMIT");
  EXPECT_EQ(Ask(sql), "2|;");
}

TEST_F(SessionResultCacheTest, AnswersThePast) {
  Run(*session_, "INSERT INTO t VALUES (2, 2)");
  const std::string sql = "SELECT count(*) FROM t AT (VERSION => 2)";
  EXPECT_EQ(Ask(sql), "1|;");
  EXPECT_EQ(Ask(sql), "1|;");
  Run(*session_, "DELETE FROM t");
  EXPECT_EQ(Ask(sql), "1|;");
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "0|;");
  const auto past = Open({.snapshot = 3});
  EXPECT_EQ(Ask(*past, "SELECT count(*) FROM t"), "1|;");
  EXPECT_EQ(Ask(*past, "SELECT count(*) FROM t"), "1|;");
  EXPECT_EQ(past->impl().results->counters().hits, 1U);
}

TEST_F(SessionResultCacheTest, TakesWhatAnotherSessionLeftOnDisk) {
  const std::string sql = "SELECT k, v, k AS k FROM t";
  EXPECT_EQ(Ask(sql), "1|2.50|1|;");
  const auto other = Open();
  auto result = other->Query(sql);
  ASSERT_TRUE(result);
  EXPECT_NE(result->stream().answer, nullptr);
  EXPECT_EQ(result->columns()[2].name, "k");
  EXPECT_EQ(Ask(*other, sql), "1|2.50|1|;");
  Run(*session_, "DELETE FROM t");
  EXPECT_EQ(Ask(*Open(), sql), "");
}

TEST_F(SessionResultCacheTest, ComputesWhatAFileHasLost) {
  const std::string sql = "SELECT sum(k) FROM t";
  EXPECT_EQ(Ask(sql), "1|;");
  for (const auto& file :
       std::filesystem::directory_iterator(directory_.path("db/_cache/results"))) {
    std::filesystem::resize_file(file.path(), 40);
  }
  const auto other = Open();
  auto result = other->Query(sql);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->stream().answer, nullptr);
  EXPECT_EQ(Ask(*other, sql), "1|;");
}

TEST_F(SessionResultCacheTest, CanBeSwitchedOffAndCleared) {
  const std::string sql = "SELECT count(*) FROM t";
  Ask(sql);
  EXPECT_EQ(Entries(), 1U);
  Run(*session_, "FROM icefall_clear_cache()");
  EXPECT_EQ(Entries(), 0U);
  EXPECT_EQ(session_->impl().results->files().usage().files, 0U);
  Run(*session_, "SET icefall_result_cache = false");
  Ask(sql);
  EXPECT_EQ(Entries(), 0U);
  const auto none = Open({.result_cache_bytes = 0});
  EXPECT_EQ(Ask(*none, sql), "1|;");
  EXPECT_EQ(Ask(*none, sql), "1|;");
  EXPECT_EQ(none->impl().results, nullptr);
}

TEST_F(SessionResultCacheTest, ExplainsAndLists) {
  const std::string sql = "SELECT count(*) FROM t";
  EXPECT_THAT(Ask("EXPLAIN " + sql), HasSubstr("will be kept"));
  Ask(sql);
  Ask(sql);
  EXPECT_THAT(Ask("EXPLAIN ANALYZE " + sql), HasSubstr("kept, given 1 times"));
  EXPECT_THAT(Ask("EXPLAIN SELECT random() FROM t"), HasSubstr("not kept"));
  EXPECT_THAT(Ask("SELECT name, hits FROM icefall_cache() WHERE kind = 'result'"),
              HasSubstr(sql + "|1|"));
}

TEST_F(SessionResultCacheTest, StreamsLargeAnswersWhole) {
  Run(*session_, "CREATE TABLE many AS SELECT range AS k, 'x' || range AS s FROM range(10000)");
  const std::string first = Ask("FROM many ORDER BY k");
  EXPECT_EQ(Ask("FROM many ORDER BY k"), first);
  EXPECT_EQ(Hits(), 1U);
  EXPECT_EQ(std::ranges::count(first, ';'), 10000);
}

}  // namespace
}  // namespace icefall
