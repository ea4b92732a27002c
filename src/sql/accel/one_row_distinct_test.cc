#include "sql/write/write_fixture.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class OneRowDistinctTest : public WriteFixture {
 protected:
  OneRowDistinctTest() {
    Both("CREATE TABLE t(i INTEGER PRIMARY KEY, n INTEGER)");
    Both("INSERT INTO t SELECT i, 0 FROM range(1000) r(i)");
  }
  std::string PlanOf(const std::string& sql) { return Ours("EXPLAIN " + sql); }
};

constexpr auto kUpdate = " ON CONFLICT (i) DO UPDATE SET n = excluded.n";

TEST_F(OneRowDistinctTest, AnUpsertOfOneRowIsNotGrouped) {
  const auto one = std::string("INSERT INTO t VALUES (5, 50)") + kUpdate;
  EXPECT_THAT(PlanOf(one), Not(HasSubstr("HASH_GROUP_BY")));
  Both(one);
  Both(std::string("INSERT INTO t VALUES (5000, 50)") + kUpdate);
  Both(std::string("INSERT INTO t (n, i) SELECT 1 + 2, 6 LIMIT 1") + kUpdate);
  Both("INSERT INTO t VALUES (7, 1) ON CONFLICT DO NOTHING");
  Both("INSERT INTO t SELECT 8, 1 WHERE 1 > 2 ON CONFLICT DO NOTHING");
  ExpectSame("t");
}

TEST_F(OneRowDistinctTest, SeveralRowsAre) {
  const auto several = std::string("INSERT INTO t VALUES (5, 50), (6, 1), (5000, 2)") + kUpdate;
  EXPECT_THAT(PlanOf(several), HasSubstr("HASH_GROUP_BY"));
  Both(several);
  EXPECT_THAT(PlanOf("SELECT DISTINCT unnest([1, 2, 2])"), HasSubstr("HASH_GROUP_BY"));
  Both("SELECT DISTINCT unnest([1, 2, 2])");
  Both("SELECT DISTINCT i // 100 FROM t");
  ExpectSame("t");
}

TEST_F(OneRowDistinctTest, QueriesKeepTheirAnswers) {
  Both("SELECT DISTINCT 1");
  Both("SELECT DISTINCT ON (a) a, b FROM (VALUES (1, 2)) v(a, b)");
  Both("SELECT DISTINCT a FROM (VALUES (1)) v(a) WHERE a > 1");
  Both("SELECT count(*) FROM (SELECT DISTINCT n FROM t)");
}

}  // namespace
}  // namespace icefall
