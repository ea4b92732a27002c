#include "sql/write/write_fixture.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kUpdate = " ON CONFLICT (i) DO UPDATE SET n = excluded.n, s = excluded.s";

class KeyJoinTest : public WriteFixture {
 protected:
  KeyJoinTest() {
    Both("CREATE TABLE t(i BIGINT PRIMARY KEY, n INTEGER, s VARCHAR)");
    Both("INSERT INTO t SELECT i, i % 7, 's' || i FROM range(20000) r(i)");
    Both("INSERT INTO t VALUES (-1, 1, 'inline'), (-2, 2, NULL)");
    Both("DELETE FROM t WHERE i IN (100, 200, -2)");
  }
  std::string PlanOf(const std::string& sql) { return Ours("EXPLAIN " + sql); }
  // As Both, by the key.
  void BothByKey(const std::string& sql) {
    EXPECT_THAT(PlanOf(sql), HasSubstr("ICEFALL_KEY_JOIN")) << sql;
    EXPECT_THAT(PlanOf(sql), Not(HasSubstr("HASH_JOIN"))) << sql;
    Both(sql);
  }
};

TEST_F(KeyJoinTest, UpsertsOfFewRowsAskTheIndex) {
  BothByKey(std::string("INSERT INTO t VALUES (5, 50, 'new')") + kUpdate);
  BothByKey(std::string("INSERT INTO t VALUES (100, 1, 'again'), (-1, 2, 'a'), (-2, 3, 'b'), "
                        "(19999, 4, NULL), (70000, 5, 'c')") +
            kUpdate);
  BothByKey("INSERT OR REPLACE INTO t VALUES (6, NULL, NULL), (60000, 1, 'x')");
  BothByKey("INSERT INTO t VALUES (7, 0, 'no'), (200, 0, 'yes') ON CONFLICT DO NOTHING");
  BothByKey("INSERT INTO t (i, n) SELECT i * 30, i FROM (VALUES (1), (2), (900)) v(i)" +
            std::string(" ON CONFLICT (i) DO UPDATE SET n = t.n + excluded.n WHERE t.n > 2"));
  ExpectSame("t");
}

TEST_F(KeyJoinTest, ReturningAnswersTheRows) {
  BothByKey(std::string("INSERT INTO t VALUES (5, 50, 'a'), (-1, 7, 'b'), (50000, 1, 'c')") +
            kUpdate + " RETURNING *");
  BothByKey("INSERT INTO t VALUES (5, 5, 'a'), (50001, 1, 'c') ON CONFLICT DO NOTHING RETURNING i");
  ExpectSame("t");
}

TEST_F(KeyJoinTest, SeesTheTransactionsOwnRows) {
  Both("BEGIN");
  for (const int round : {1, 2, 3}) {
    const auto n = std::to_string(round);
    BothByKey("INSERT INTO t VALUES (5, " + n + ", 'x'), (90000, " + n + ", 'y')" + kUpdate);
  }
  Both("DELETE FROM t WHERE i = 5");
  BothByKey(std::string("INSERT INTO t VALUES (5, 9, 'back')") + kUpdate);
  Both("SELECT count(*), sum(i), sum(n), count(s) FROM t");
  Both("COMMIT");
  ExpectSame("t");
}

TEST_F(KeyJoinTest, MergesWithRowsOfTheStatement) {
  BothByKey(
      "MERGE INTO t USING (VALUES (1, 11), (2, 12), (80000, 13), (NULL, 14)) v(i, n) "
      "ON t.i = v.i WHEN MATCHED AND v.n = 12 THEN DELETE "
      "WHEN MATCHED THEN UPDATE SET n = t.n + v.n "
      "WHEN NOT MATCHED AND v.i IS NOT NULL THEN INSERT VALUES (v.i, v.n, 'merged')");
  BothByKey(
      "MERGE INTO t USING (VALUES (3, 11), (81000, 12)) v(i, n) ON t.i = v.i "
      "WHEN MATCHED THEN UPDATE SET s = 'matched'");
  const auto twice = ours_->Query(
      "MERGE INTO t USING (VALUES (4, 1), (4, 2)) v(i, n) ON t.i = v.i "
      "WHEN MATCHED THEN UPDATE SET n = v.n");
  EXPECT_THAT(twice->GetError(), HasSubstr("several rows of the source match"));
  ExpectSame("t");
}

TEST_F(KeyJoinTest, KeysOfSeveralColumnsAndTypes) {
  Both("CREATE TABLE k(a INTEGER, b VARCHAR, c DOUBLE, v INTEGER, PRIMARY KEY (a, b), UNIQUE (c))");
  Both("INSERT INTO k SELECT i // 100, 'b' || i % 100, i / 2, 0 FROM range(5000) r(i)");
  const std::string rows =
      "INSERT INTO k VALUES (3, 'b7', -1, 1), (3, 'none', -2, 2), "
      "(4, 'b7', -3, 3)";
  BothByKey(rows + " ON CONFLICT (a, b) DO UPDATE SET v = excluded.v");
  BothByKey(
      "INSERT INTO k VALUES (900, 'x', 2.5, 7), (901, 'x', -0.0, 8) "
      "ON CONFLICT (c) DO UPDATE SET v = k.v + excluded.v");
  ExpectSame("k");
}

TEST_F(KeyJoinTest, OtherKeysInTheWayAreErrors) {
  Both("CREATE TABLE k(a INTEGER PRIMARY KEY, b INTEGER UNIQUE)");
  Both("INSERT INTO k SELECT i, i FROM range(100) r(i)");
  BothFail("INSERT INTO k VALUES (1, 2) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
           "Duplicate key \"b: 2\"");
  ExpectSame("k");
}

TEST_F(KeyJoinTest, PreparedOnce) {
  for (auto* connection : {plain_.get(), ours_.get()}) {
    auto prepared = connection->Prepare(std::string("INSERT INTO t VALUES (?, ?, ?)") + kUpdate);
    ASSERT_FALSE(prepared->HasError()) << prepared->GetError();
    for (int32_t i = 0; i < 40; ++i) {
      ASSERT_FALSE(prepared->Execute(int64_t{i % 20} * 2000, i, "p")->HasError());
    }
  }
  ExpectSame("t");
}

TEST_F(KeyJoinTest, LargeSourcesAndOtherConditionsStayJoins) {
  const auto many = std::string("INSERT INTO t SELECT i, 0, 'm' FROM range(5000) r(i)") + kUpdate;
  EXPECT_THAT(PlanOf(many), HasSubstr("HASH_JOIN"));
  Both(many);
  const std::string other =
      "MERGE INTO t USING (VALUES (1, 's7'), (2, 'zz')) v(n, s) ON t.s = v.s "
      "WHEN MATCHED THEN UPDATE SET n = v.n WHEN NOT MATCHED BY SOURCE AND t.i < 3 THEN DELETE";
  EXPECT_THAT(PlanOf(other), Not(HasSubstr("ICEFALL_KEY_JOIN")));
  Both(other);
  ExpectSame("t");
}

}  // namespace
}  // namespace icefall
