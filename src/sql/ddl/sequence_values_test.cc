#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "sql/sql_fixture.h"

namespace icefall {
namespace {

class SequenceTest : public SqlFixture {
 protected:
  static int64_t Value(duckdb::Connection& connection, const std::string& sql) {
    auto result = connection.Query(sql);
    EXPECT_FALSE(result->HasError()) << result->GetError();
    return result->HasError() ? 0 : result->GetValue(0, 0).GetValue<int64_t>();
  }
};

// Each instance holds blocks of its own.
TEST_F(SequenceTest, InstancesNeverHandOutTheSameValue) {
  Run("CREATE SEQUENCE s");
  duckdb::DuckDB other(nullptr);
  RegisterIcefall(*other.instance);
  std::vector<std::set<int64_t>> values(4);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < values.size(); ++i) {
    threads.emplace_back([&, i] {
      duckdb::Connection session(i % 2 == 0 ? db() : other);
      session.Query("ATTACH IF NOT EXISTS '" + path() + "' AS my (TYPE icefall)");
      for (int n = 0; n < 200; ++n) values[i].insert(Value(session, "SELECT nextval('my.s')"));
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<int64_t> all;
  for (const auto& some : values) {
    EXPECT_EQ(some.size(), 200U);
    all.insert(some.begin(), some.end());
  }
  EXPECT_EQ(all.size(), 800U);
}

// A copy of the directory is what a process that dies here leaves.
TEST_F(SequenceTest, ValuesHandedOutBeforeACrashDoNotComeAgain) {
  Run("CREATE SEQUENCE up");
  Run("CREATE SEQUENCE down INCREMENT BY -1 MAXVALUE 0 START 0");
  const auto crashed = path() + ".crashed";
  for (int n = 0; n < 100; ++n) {
    const auto up = Value(connection(), "SELECT nextval('up')");
    const auto down = Value(connection(), "SELECT nextval('down')");
    EXPECT_EQ(up, n + 1);
    if (n % 9 != 0) continue;
    std::filesystem::remove_all(crashed);
    std::filesystem::copy(path(), crashed, std::filesystem::copy_options::recursive);
    duckdb::DuckDB later(nullptr);
    RegisterIcefall(*later.instance);
    duckdb::Connection session(later);
    session.Query("ATTACH '" + crashed + "' AS my (TYPE icefall)");
    EXPECT_GT(Value(session, "SELECT nextval('my.up')"), up);
    EXPECT_LT(Value(session, "SELECT nextval('my.down')"), down);
  }
  std::filesystem::remove_all(crashed);
  Open();
  EXPECT_EQ(Rows("SELECT nextval('up'), nextval('down')"), "101|-100");
}

TEST_F(SequenceTest, CountsUpToTheLastNumbers) {
  Run("CREATE SEQUENCE s START 9223372036854775805");
  EXPECT_EQ(Rows("SELECT nextval('s'), nextval('s')"), "9223372036854775805|9223372036854775806");
  // DuckDB, too, keeps the last number to itself.
  EXPECT_NE(ErrorOf("SELECT nextval('s')").find("reached maximum value"), std::string::npos);
  Run("CREATE SEQUENCE round MINVALUE 9223372036854775806 CYCLE START 9223372036854775806");
  EXPECT_EQ(Rows("SELECT nextval('round'), nextval('round'), nextval('round')"),
            "9223372036854775806|9223372036854775807|9223372036854775806");
}

TEST_F(SequenceTest, SequencesOfDuckdbGoOnWorking) {
  Run("CREATE SEQUENCE memory.main.s START 5");
  EXPECT_EQ(Rows("SELECT nextval('memory.main.s'), currval('memory.main.s')"), "5|5");
  EXPECT_EQ(Rows("SELECT nextval(NULL)"), "NULL");
}

}  // namespace
}  // namespace icefall
