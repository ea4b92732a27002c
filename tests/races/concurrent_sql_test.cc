// Statements of several threads on one database at once, by SQL: what holds in whatever order they
// come. ICEFALL_SQL_ROUNDS sets how many each thread runs. It takes 8 s of CPU, which may be many
// minutes where other work has the cores.
#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "session/session.h"
#include "sql/sql_fixture.h"
#include "tests/support/environment.h"

namespace icefall {
namespace {

int Rounds() { return static_cast<int>(NumberFromEnvironment("ICEFALL_SQL_ROUNDS").value_or(8)); }

// What others did first is no fault, and changed nothing.
bool IsConflict(const std::string& error) { return error.starts_with("TransactionContext Error"); }

// One connection of a thread.
class Client {
 public:
  explicit Client(duckdb::DuckDB& db) : connection_(db) { Must("USE my"); }

  duckdb::unique_ptr<duckdb::MaterializedQueryResult> Must(const std::string& sql) {
    auto result = Query(sql);
    if (result->HasError()) ADD_FAILURE() << sql << "\n" << result->GetError();
    return result;
  }
  // False: others were first.
  bool May(const std::string& sql) {
    const auto result = Query(sql);
    if (!result->HasError()) return true;
    if (connection_.HasActiveTransaction()) Query("ROLLBACK");
    if (!IsConflict(result->GetError())) ADD_FAILURE() << sql << "\n" << result->GetError();
    return false;
  }
  std::string Value(const std::string& sql) {
    const auto result = Must(sql);
    return result->HasError() || result->RowCount() == 0 ? "" : result->GetValue(0, 0).ToString();
  }
  // The statement's error, which may be anything; empty when there was none.
  std::string Try(const std::string& sql) {
    const auto result = Query(sql);
    return result->HasError() ? result->GetError() : "";
  }

 private:
  // DuckDB's own Query asks for work without pause while others have it, and keeps the cores from
  // those.
  duckdb::unique_ptr<duckdb::MaterializedQueryResult> Query(const std::string& sql) {
    const auto pending = connection_.PendingQuery(sql);
    while (!pending->HasError()) {
      using duckdb::PendingExecutionResult;
      const auto state = pending->ExecuteTask();
      if (duckdb::PendingQueryResult::IsExecutionFinished(state)) break;
      if (state == PendingExecutionResult::NO_TASKS_AVAILABLE ||
          state == PendingExecutionResult::BLOCKED) {
        pending->WaitForTask();
      }
    }
    if (pending->HasError()) {
      return duckdb::make_uniq<duckdb::MaterializedQueryResult>(pending->GetErrorObject());
    }
    return duckdb::unique_ptr_cast<duckdb::QueryResult, duckdb::MaterializedQueryResult>(
        pending->Execute());
  }

  duckdb::Connection connection_;
};

class ConcurrentSqlTest : public SqlFixture {
 protected:
  ConcurrentSqlTest() {
    Open(", FRAGMENT_ROW_LIMIT 2000, INLINE_ROW_LIMIT 20");
    // More threads than cores, and everything that is kept for large tables only.
    Run("SET threads = 4");
    Run("SET GLOBAL icefall_partial_rows_min = 1000");
    Run("SET GLOBAL icefall_partial_file_rows_min = 1");
  }

  // Every work in a thread of its own, so many times.
  void AtOnce(const std::vector<std::function<void(Client&, int round)>>& works) {
    std::vector<std::thread> threads;
    for (const auto& work : works) {
      threads.emplace_back([&, work] {
        Client client(db());
        for (int round = 0; round < Rounds(); ++round) work(client, round);
      });
    }
    for (auto& thread : threads) thread.join();
    for (const char* options : {"data := true", "checksums := true"}) {
      EXPECT_EQ(Rows(fmt::format("SELECT code, message FROM icefall_check('t', {}) WHERE severity "
                                 "= 'ERROR'",
                                 options)),
                "");
    }
  }
};

// Each transaction keeps the sum of v at 0, and every row has a partner.
TEST_F(ConcurrentSqlTest, ScansSeeWholeTransactionsBesideWritersAndMaintenance) {
  Run("CREATE TABLE t (id BIGINT, w INTEGER, v BIGINT, s VARCHAR)");
  Run("INSERT INTO t SELECT range, -1, IF(range % 2 = 0, 1, -1) * (range // 2), 's' || range % 7 "
      "FROM range(12000)");
  std::atomic<int64_t> inserted = 0, deleted = 0;
  const auto writer = [&](int w) {
    return [&, w](Client& client, int round) {
      const int rows = round % 3 == 0 ? 4 : 3000;
      const int64_t first = 100'000 + w * 10'000'000 + round * 10'000;
      if (client.May(fmt::format("INSERT INTO t SELECT {} + range, {}, IF(range % 2 = 0, 1, -1) * "
                                 "(range // 2), 'n' FROM range({})",
                                 first, w, rows))) {
        inserted += rows;
      }
      client.May(fmt::format("UPDATE t SET v = v * 2, s = 'u' WHERE w = {} AND id < {}", w, first));
      if (round % 4 != 3) return;
      if (!client.May("BEGIN")) return;
      const auto gone = client.Try(
          fmt::format("DELETE FROM t WHERE w = {} AND id >= {} AND id < {}", w, first, first + 2));
      if (!gone.empty()) ADD_FAILURE() << gone;
      if (client.May("COMMIT")) deleted += 2;
    };
  };
  const auto reader = [](Client& client, int) {
    EXPECT_EQ(client.Value("SELECT sum(v) FROM t"), "0");
    EXPECT_EQ(client.Value("SELECT count(*) % 2 FROM t"), "0");
    EXPECT_EQ(client.Value("SELECT count(*) FROM (SELECT w, sum(v) AS v FROM t GROUP BY w) WHERE v "
                           "<> 0"),
              "0");
    client.Must("SELECT min(id), max(id), count(s) FROM t");
    client.Must("SELECT count(*) FROM icefall_fragments('t')");
  };
  const auto maintenance = [](Client& client, int round) {
    client.May(round % 3 == 2 ? "CALL icefall_optimize('t', sort := 'id')"
                              : "CALL icefall_compact('t')");
    client.Must("CALL icefall_gc('t', retain_snapshots := 5)");
  };
  AtOnce({writer(0), writer(1), reader, reader, maintenance});
  EXPECT_EQ(Rows("SELECT sum(v), count(*) FROM t"),
            fmt::format("0|{}", 12'000 + inserted - deleted));
}

// A counter that grows by one with every change that was not refused.
TEST_F(ConcurrentSqlTest, NoIncrementByKeyIsLost) {
  Run("CREATE TABLE t (id BIGINT PRIMARY KEY, n BIGINT)");
  Run("INSERT INTO t SELECT range, 0 FROM range(5000)");
  std::atomic<int64_t> changes = 0;
  const auto writer = [&](int w) {
    return [&, w](Client& client, int round) {
      const int id = (round * 37) % 50;
      if (client.May(fmt::format("UPDATE t SET n = n + 1 WHERE id = {}", id))) ++changes;
      if (client.May(fmt::format("INSERT INTO t VALUES ({}, 1) ON CONFLICT (id) DO UPDATE SET n = "
                                 "n + 1",
                                 round % 2 == 0 ? id : 100'000 + w * 1000 + round))) {
        ++changes;
      }
      client.May(fmt::format("DELETE FROM t WHERE id = {}", 4000 + w * 300 + round));
    };
  };
  const auto reader = [](Client& client, int round) {
    client.Must(fmt::format("SELECT n FROM t WHERE id = {}", (round * 37) % 50));
    client.Must("SELECT n FROM t WHERE id IN (1, 17, 37, 4999)");
    EXPECT_EQ(client.Value("SELECT count(*) - count(DISTINCT id) FROM t"), "0");
  };
  const auto maintenance = [](Client& client, int) {
    client.May("CALL icefall_compact('t')");
    client.May("CREATE INDEX i ON t (n)");
    client.May("DROP INDEX IF EXISTS i");
  };
  AtOnce({writer(0), writer(1), reader, reader, maintenance});
  EXPECT_EQ(Rows("SELECT sum(n) FROM t"), fmt::format("{}", changes.load()));
}

TEST_F(ConcurrentSqlTest, KeptAggregatesAreThoseOfTheRows) {
  Run("CREATE TABLE t (id BIGINT, g INTEGER, d DOUBLE)");
  Run("INSERT INTO t SELECT range, range % 10, range / 8 FROM range(20000)");
  const auto reader = [](Client& client, int) {
    for (const char* aggregates : {"count(*), sum(id), avg(d)", "min(id), max(d)",
                                   "approx_count_distinct(id)", "count(DISTINCT g), sum(d)"}) {
      const std::string query =
          fmt::format("SELECT g, {} FROM t GROUP BY g ORDER BY g", aggregates);
      client.Must("BEGIN");
      const auto kept = client.Must(query);
      client.Must("SET icefall_partial_aggregates = false");
      const auto computed = client.Must(query);
      client.Must("SET icefall_partial_aggregates = true");
      client.Must("COMMIT");
      // Sums of DOUBLE are rounded once where states are made, so these are compared as sums.
      if (std::string(aggregates).find("(d)") == std::string::npos) {
        EXPECT_EQ(kept->ToString(), computed->ToString()) << query;
      }
    }
  };
  const auto writer = [](Client& client, int round) {
    client.May(fmt::format("DELETE FROM t WHERE id % 997 = {}", round));
    client.May(fmt::format("INSERT INTO t SELECT range, range % 10, 1.5 FROM range({}, {})",
                           100'000 + round * 3000, 103'000 + round * 3000));
  };
  const auto forgetful = [](Client& client, int round) {
    client.Must("SELECT count(*) FROM icefall_cache()");
    if (round % 5 == 4) client.Must("FROM icefall_clear_cache()");
    if (round % 7 == 6) client.May("CALL icefall_compact('t')");
  };
  AtOnce({reader, reader, writer, forgetful});
}

TEST_F(ConcurrentSqlTest, NamesComeAndGo) {
  Run("CREATE TABLE t (id BIGINT)");
  Run("CREATE SEQUENCE s");
  std::mutex mutex;
  std::vector<std::string> taken;
  const auto maker = [&](int w) {
    return [&, w](Client& client, int round) {
      const std::string name = fmt::format("x{}_{}", w, round);
      if (client.May(fmt::format("CREATE TABLE {} AS SELECT range AS i FROM range(3000)", name))) {
        EXPECT_EQ(client.Value(fmt::format("SELECT count(*) FROM {}", name)), "3000");
        client.May(fmt::format("ALTER TABLE {} ADD COLUMN j INTEGER DEFAULT 7", name));
        client.May(fmt::format("CREATE OR REPLACE VIEW v{} AS SELECT i FROM {}", w, name));
        client.May(fmt::format("DROP VIEW IF EXISTS v{}", w));
        client.May(fmt::format("DROP TABLE {}", name));
      }
      client.May("INSERT INTO t VALUES (1)");
      const auto next = client.Value("SELECT nextval('s')");
      const std::lock_guard lock(mutex);
      taken.push_back(next);
    };
  };
  const auto lister = [](Client& client, int) {
    client.Must("SELECT count(*) FROM duckdb_tables()");
    client.Must("SELECT count(*) FROM duckdb_columns()");
    client.Must("SELECT count(*) FROM icefall_snapshots('t')");
    client.Must("SELECT count(*) FROM t");
  };
  AtOnce({maker(0), maker(1), maker(2), lister});
  std::ranges::sort(taken);
  EXPECT_EQ(std::ranges::adjacent_find(taken), taken.end());
}

// Sessions with answers that they keep, on one directory, as processes have it.
TEST_F(ConcurrentSqlTest, SessionsAnswerWhatIsThere) {
  Run("CREATE TABLE t (id BIGINT, v BIGINT)");
  Run("INSERT INTO t SELECT range, IF(range % 2 = 0, 1, -1) FROM range(5000)");
  std::vector<std::thread> threads;
  for (int w = 0; w < 3; ++w) {
    threads.emplace_back([&, w] {
      const auto session = *Session::Open(path(), {.threads = 2});
      for (int round = 0; round < Rounds(); ++round) {
        const auto first = 10'000 * (w + 1) + round * 100;
        const auto done = session->Execute(
            fmt::format("INSERT INTO t SELECT range, IF(range % 2 = 0, 1, -1) FROM range({}, {})",
                        first, first + (round % 2 == 0 ? 2 : 60)));
        ASSERT_TRUE(done) << done.error().message();
        for (int again = 0; again < 2; ++again) {
          auto sum = session->Query("SELECT sum(v), count(*) FROM t");
          ASSERT_TRUE(sum) << sum.error().message();
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(Rows("SELECT sum(v) FROM t"), "0");
}

}  // namespace
}  // namespace icefall
