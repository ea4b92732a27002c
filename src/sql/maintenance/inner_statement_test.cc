#include "sql/maintenance/inner_statement.h"

#include "duckdb/main/database.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall {
namespace {

using testing::HasSubstr;
using testing::Property;
using testing::Throws;

constexpr const char* kSum = "SELECT sum(range) FROM (FROM range(3_000_000) ORDER BY hash(range))";

// The caller works, or waits for the thread that does.
class InnerStatementTest : public testing::TestWithParam<bool> {
 protected:
  InnerStatementTest() : connection_(db_) { progress_.caller_waits = GetParam(); }

  duckdb::Value Run(const std::string& sql) {
    const auto pending = connection_.PendingQuery(sql);
    RunInnerStatement(connection_, *pending, progress_);
    if (pending->HasError()) pending->ThrowError();
    const auto result = pending->Execute();
    return result->Fetch()->GetValue(0, 0);
  }

  duckdb::DuckDB db_;
  duckdb::Connection connection_;
  RewriteProgress progress_;
};

TEST_P(InnerStatementTest, HasItsAnswer) {
  for (const auto* threads : {"1", "2", "4"}) {
    connection_.Query(std::string("SET threads = ") + threads);
    EXPECT_EQ(Run(kSum).ToString(), "4499998500000");
  }
}

TEST_P(InnerStatementTest, ThrowsWhatATaskThrows) {
  EXPECT_THAT([&] { Run("SELECT error('stop') FROM range(1_000_000) WHERE range = 900_000"); },
              Throws<std::exception>(Property(&std::exception::what, HasSubstr("stop"))));
  EXPECT_EQ(Run("SELECT 42").ToString(), "42");
}

TEST_P(InnerStatementTest, IsCancelled) {
  int asked = 0;
  progress_.is_cancelled = [&] { return ++asked > 3; };
  EXPECT_THAT(
      [&] { Run("SELECT sum(a.range * b.range) FROM range(1_000_000) a, range(1_000_000) b"); },
      Throws<std::exception>(Property(&std::exception::what, HasSubstr("INTERRUPT"))));
  progress_.is_cancelled = nullptr;
  EXPECT_EQ(Run("SELECT 42").ToString(), "42");
}

INSTANTIATE_TEST_SUITE_P(All, InnerStatementTest, testing::Bool(), [](const auto& caller) {
  return caller.param ? "CallerWaits" : "CallerWorks";
});

}  // namespace
}  // namespace icefall
