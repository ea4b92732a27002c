#include "sql/accel/state_files.h"

#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sql/accel/partial_fixture.h"

namespace icefall {
namespace {

namespace fs = std::filesystem;

class StateFilesSql : public PartialAggregateSql {
 protected:
  static std::string ContentOf(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void Write(const fs::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
  }
};

TEST_F(StateFilesSql, StatesSurviveTheProcess) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 7 AS g, range / 3 AS d, 'text ' || range % 5 "
      "AS s FROM range(300000)");
  Run("DELETE FROM t WHERE k = 5");
  const std::string sql =
      "SELECT s, g, count(*), sum(k), avg(d), var_samp(d), min(s), max(d) FROM t GROUP BY ALL "
      "ORDER BY ALL";
  const auto first = Rows(sql);
  EXPECT_EQ(StateFilePaths().size(), 1U);
  Reattach();
  EXPECT_EQ(States(sql), "3 kept, 0");
  EXPECT_EQ(Rows(sql), first);
  // Coarser keys and fewer states follow from what is there.
  Reattach();
  EXPECT_EQ(States("SELECT g, sum(k) FROM t GROUP BY g"), "3 kept, 0");
  Run("UPDATE t SET d = 0 WHERE k = 200000");
  Reattach();
  EXPECT_EQ(States(sql), "2 kept, 1");
  ExpectSame("SELECT s, count(*), sum(k) FROM t GROUP BY s ORDER BY s");
  EXPECT_EQ(Rows("SELECT hits > 0 FROM icefall_cache() WHERE kind = 'states' AND name = 'all on "
                 "disk'"),
            "true");
}

TEST_F(StateFilesSql, ProcessesShareWhatOneComputed) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 7 AS g FROM range(300000)");
  duckdb::DuckDB other_db(nullptr);
  RegisterIcefall(*other_db.instance);
  duckdb::Connection other(other_db);
  const auto ask = [&](const std::string& sql) {
    auto result = other.Query(sql);
    EXPECT_FALSE(result->HasError()) << result->GetError();
    return result->RowCount() > 0 ? result->GetValue(0, 0).ToString() : "";
  };
  ask("ATTACH '" + path() + "' AS my (TYPE icefall)");
  ask("SET icefall_partial_rows_min = 1");
  ask("SET icefall_partial_queries_min = 1");
  EXPECT_EQ(ask("SELECT sum(k) FROM my.t WHERE g = 1"), Rows("SELECT sum(k) FROM t WHERE g = 1"));
  for (int i = 0; i < 30; ++i) {
    const std::string sql = fmt::format("SELECT sum(k) FROM my.t WHERE g <> {}", i % 4);
    EXPECT_EQ(ask(sql), Rows(sql));
    EXPECT_EQ(States(sql), "3 kept, 0");
    Run(fmt::format("UPDATE t SET k = k + 1 WHERE k = {}", i * 9973));
    EXPECT_EQ(Rows(sql), ask(sql)) << i;
  }
}

TEST_F(StateFilesSql, DamagedFilesChangeNoAnswer) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 3 AS g FROM range(1000)");
  const std::string sql = "SELECT g, sum(k), max(k) FROM t GROUP BY g ORDER BY g";
  const auto expected = Rows(sql);
  ASSERT_EQ(StateFilePaths().size(), 1U);
  const auto path = StateFilePaths()[0];
  const auto whole = ContentOf(path);
  Run("SET icefall_partial_files_mib = 0");
  Reattach();
  ASSERT_EQ(States(sql), "1 kept, 0");
  for (size_t i = 0; i < whole.size(); i += 7) {
    auto damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 16);
    Write(path, damaged);
    Reattach();
    EXPECT_EQ(States(sql), "0 kept, 1") << "byte " << i;
    EXPECT_EQ(Rows(sql), expected) << "byte " << i;
    Write(path, whole.substr(0, i));
    Reattach();
    EXPECT_EQ(States(sql), "0 kept, 1") << "cut at " << i;
  }
  // Damaged after it was looked at.
  Write(path, whole);
  Reattach();
  Run("SELECT sum(g) FROM t");
  Write(path, std::string(whole.size(), 'x'));
  EXPECT_EQ(States(sql), "0 kept, 1");
  EXPECT_EQ(Rows(sql), expected);
}

TEST_F(StateFilesSql, TheFolderMayGoAtAnyTime) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 3 AS g FROM range(300000)");
  const std::string sql = "SELECT g, sum(k) FROM t GROUP BY g ORDER BY g";
  ExpectSame(sql);
  fs::remove_all(path() + "/_cache");
  ExpectSame(sql);
  Run("UPDATE t SET k = 0 WHERE k = 7");
  ExpectSame(sql);
  EXPECT_EQ(StateFilePaths().size(), 1U);
  Run("CALL icefall_clear_cache()");
  EXPECT_EQ(StateFilePaths().size(), 0U);
  EXPECT_EQ(States(sql), "0 kept, 3");
}

TEST_F(StateFilesSql, FilesOfOneTableStayFew) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 3 AS g FROM range(300000)");
  const std::string sql = "SELECT g, sum(k), count(k) FROM t GROUP BY g ORDER BY g";
  for (int i = 0; i < 60; ++i) {
    ExpectSame(sql);
    ASSERT_LE(StateFilePaths().size(), 17U);
    Run(fmt::format("DELETE FROM t WHERE k = {}", i * 4999));
  }
  ExpectSame(sql);
  Reattach();
  EXPECT_EQ(States(sql), "3 kept, 0");
  ExpectSame(sql);
}

TEST_F(StateFilesSql, WritesOnlyWhatPaysAndFits) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 1000 AS g FROM range(300000)");
  Run("SET icefall_partial_file_rows_min = 400000");
  const std::string sql = "SELECT g, sum(k) FROM t GROUP BY g ORDER BY g";
  ExpectSame(sql);
  EXPECT_EQ(StateFilePaths().size(), 0U);
  ExpectSame("SELECT g, max(k) FROM t GROUP BY g ORDER BY g");
  EXPECT_EQ(StateFilePaths().size(), 1U);
  Run("SET icefall_partial_file_rows_min = 1");
  Run("SET icefall_partial_files_mib = 0");
  ExpectSame("SELECT g, min(k) FROM t GROUP BY g ORDER BY g");
  EXPECT_EQ(StateFilePaths().size(), 1U);
  Run("SET icefall_partial_files_mib = 1");
  for (int i = 0; i < 30; ++i) {
    ExpectSame(fmt::format("SELECT g, sum(k) FROM t WHERE k % 100 <> {} GROUP BY g ORDER BY g", i));
    uint64_t bytes = 0;
    for (const auto& file : StateFilePaths()) bytes += fs::file_size(file);
    ASSERT_LE(bytes, 1U << 20);
  }
  EXPECT_GT(StateFilePaths().size(), 0U);
}

TEST_F(StateFilesSql, AReadOnlyDatabaseReadsThemAndWritesNone) {
  Run("CREATE TABLE t AS SELECT range AS k, range % 3 AS g FROM range(300000)");
  const std::string sql = "SELECT sum(k) FROM t";
  ExpectSame(sql);
  Reattach(", READ_ONLY");
  EXPECT_EQ(States(sql), "3 kept, 0");
  ExpectSame("SELECT min(k), sum(g) FROM t");
  EXPECT_EQ(StateFilePaths().size(), 1U);
}

}  // namespace
}  // namespace icefall
