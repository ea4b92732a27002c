// An icedb table that is attached: statements of SQL against plain DuckDB on the same rows.
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/sql_fixture.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;

class AttachedIcedbTest : public SqlFixture {
 protected:
  AttachedIcedbTest() {
    lake_ = path() + "-lake";
    std::filesystem::remove_all(lake_);
    Attach();
  }
  ~AttachedIcedbTest() override {
    Close();
    std::filesystem::remove_all(lake_);
  }

  std::string location() const { return "'" + lake_ + "/events'"; }
  // Says FORMAT, which only a table without log files needs.
  void Attach(const std::string& options = "") {
    Run("ATTACH " + location() + " AS ice (TYPE icefall, FORMAT icedb" + options + ")");
  }
  void Again(const std::string& options = "") {
    Run("DETACH ice");
    Run("ATTACH " + location() + " AS ice (TYPE icefall" + options + ")");
  }
  void CreateEvents() { Run("CREATE TABLE ice.events (id BIGINT, name VARCHAR, ts TIMESTAMP)"); }
  void CreatePartitioned() {
    Run("SELECT * FROM icedb_set_options(" + location() +
        ", partition_by := 'u = identity(name), d = day(ts)', sort_order := 'id')");
    Again(", FORMAT icedb");
    CreateEvents();
  }
  // The same statement on the icedb table and on a table of DuckDB's own.
  void Both(const std::string& before, const std::string& after) {
    EXPECT_EQ(Rows(before + " ice.events " + after), Rows(before + " memory.plain " + after))
        << before << " ... " << after;
  }
  void CreatePlain() { Run("CREATE TABLE memory.plain AS SELECT id, name, ts FROM ice.events"); }
  std::string Files(const std::string& what, const std::string& rest = "") {
    return Rows("SELECT " + what + " FROM icedb_files(" + location() + ") " + rest);
  }

  std::string lake_;
};

TEST_F(AttachedIcedbTest, ATableIsMadeFilledAndRecognised) {
  CreateEvents();
  EXPECT_EQ(Rows("INSERT INTO ice.events VALUES (1, 'a', '2024-01-01'), (2, 'b', NULL)"), "2");
  Run("INSERT INTO ice.events (id) SELECT range FROM range(10, 13)");
  Again();
  EXPECT_EQ(Rows("SELECT * FROM ice.events ORDER BY id"),
            "1|a|2024-01-01 00:00:00\n2|b|NULL\n10|NULL|NULL\n11|NULL|NULL\n12|NULL|NULL");
  EXPECT_EQ(Rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'ice'"), "events");
  EXPECT_EQ(Rows("SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'ice'"),
            "id|BIGINT\nname|VARCHAR\nts|TIMESTAMP");
  EXPECT_EQ(Files("count(*)"), "2");
}

TEST_F(AttachedIcedbTest, ADatabaseOfOurOwnIsNotTakenForOne) {
  CreateEvents();
  Run("CREATE TABLE my.t AS SELECT 1 AS x");
  Run("DETACH ice");
  Run("ATTACH " + location() + " AS other (TYPE icefall)");
  EXPECT_EQ(Rows("SELECT type FROM duckdb_databases() WHERE database_name IN ('my', 'other') "
                 "ORDER BY database_name"),
            "icefall\nicedb");
}

TEST_F(AttachedIcedbTest, RowsGoToThePartitionsThatTheRuleSays) {
  CreatePartitioned();
  Run("INSERT INTO ice.events BY NAME SELECT * FROM (VALUES (3, 'a/b 50%', TIMESTAMP '2024-01-01 "
      "10:00:00'), (1, "
      "'a/b 50%', TIMESTAMP '2024-01-01'), (2, NULL, TIMESTAMP '2024-01-02')) AS v(id, name, ts)");
  EXPECT_EQ(Files("partition", "ORDER BY 1"),
            "u=__HIVE_DEFAULT_PARTITION__/d=2024-01-02\nu=a%2Fb 50%25/d=2024-01-01");
  EXPECT_EQ(Rows("SELECT id, name, u, d FROM ice.events ORDER BY id"),
            "1|a/b 50%|a/b 50%|2024-01-01\n2|NULL|NULL|2024-01-02\n3|a/b 50%|a/b 50%|2024-01-01");
  EXPECT_THAT(Plan("SELECT id FROM ice.events WHERE u = 'a/b 50%'"),
              HasSubstr("Scanning Files: 1/2"));
  EXPECT_THAT(Plan("SELECT id FROM ice.events WHERE u IS NULL"), HasSubstr("Scanning Files: 1/2"));
  EXPECT_EQ(Rows("SELECT count(*) FROM ice.events WHERE u IS NULL OR d < '2024-01-02'"), "3");
  EXPECT_THAT(ErrorOf("INSERT INTO ice.events VALUES (4, 'c', '2024-01-01', 'wrong', NULL)"),
              HasSubstr("partition_by"));
  EXPECT_EQ(Rows("INSERT INTO ice.events VALUES (4, 'c', '2024-01-01', 'c', NULL)"), "1");
}

TEST_F(AttachedIcedbTest, OptionsThatAreSetHoldForTheNextTransaction) {
  CreateEvents();
  Run("INSERT INTO ice.events VALUES (1, 'a', NULL)");
  Run("BEGIN");
  Run("INSERT INTO ice.events VALUES (2, 'b', NULL)");
  Run("SELECT * FROM icedb_set_options(" + location() + ", partition_by := 'u = identity(name)')");
  Run("INSERT INTO ice.events VALUES (3, 'c', NULL)");
  Run("COMMIT");
  EXPECT_EQ(Files("DISTINCT partition"), Rows("VALUES ('')"));
  Run("INSERT INTO ice.events VALUES (4, 'd', NULL, NULL)");
  EXPECT_EQ(Files("partition", "WHERE partition <> ''"), "u=d");
  EXPECT_EQ(Rows("SELECT id, u FROM ice.events ORDER BY id"), "1|NULL\n2|NULL\n3|NULL\n4|d");
  Run("SELECT * FROM icedb_set_options(" + location() + ", partition_by := '')");
  Again(", PARTITION_BY 'name'");
  EXPECT_EQ(Rows("INSERT INTO ice.events BY NAME SELECT 5 AS id, 'e' AS name"), "1");
  EXPECT_EQ(Files("count(*)", "WHERE partition = 'name=e'"), "1");
}

TEST_F(AttachedIcedbTest, RowsOfAFileAreSorted) {
  CreatePartitioned();
  Run("INSERT INTO ice.events BY NAME SELECT (range * 37) % 100 AS id, 'a' AS name, TIMESTAMP "
      "'2024-01-01' AS ts FROM range(100)");
  EXPECT_EQ(Rows("SELECT bool_and(id = file_row_number) FROM ice.events"), "true");
}

TEST_F(AttachedIcedbTest, WithoutARuleKeysThatAreThereAreColumns) {
  CreateEvents();
  Run("INSERT INTO ice.events VALUES (1, 'x', NULL)");
  Run("SELECT * FROM icedb_rewrite_partition(" + location() + ", '', 'SELECT * FROM _rows')");
  EXPECT_EQ(Files("count(*) FILTER (partition = '')"), "2");
  Run("DETACH ice");
  Attach(", PARTITION_BY 'k = identity(id)'");
  Run("INSERT INTO ice.events (id) VALUES (7)");
  Again();
  EXPECT_EQ(Rows("SELECT id, k FROM ice.events ORDER BY id"), "1|NULL\n7|7");
  Run("INSERT INTO ice.events (id, k) VALUES (8, 'new=1/x')");
  EXPECT_EQ(Rows("SELECT id, k FROM ice.events ORDER BY id"), "1|NULL\n7|7\n8|new=1/x");
  EXPECT_EQ(Files("partition", "ORDER BY 1 DESC LIMIT 1"), "k=new=1%2Fx");
}

TEST_F(AttachedIcedbTest, AnInsertThatCannotKnowItsPartitionIsRefused) {
  CreateEvents();
  std::filesystem::create_directories(lake_ + "/events/_data/plain");
  Run("COPY (SELECT 1::BIGINT AS id) TO '" + lake_ + "/events/_data/plain/f.parquet'");
  Run("SELECT * FROM icedb_commit(" + location() +
      ", [{'path': 'events/_data/plain/f.parquet', "
      "'size_bytes': 1, 'created_ms': 1}], columns := [['id', 'BIGINT']])");
  EXPECT_THAT(ErrorOf("INSERT INTO ice.events (id) VALUES (2)"), HasSubstr("partition_by"));
  // Its rows stay where they are.
  EXPECT_EQ(Rows("UPDATE ice.events SET id = 5"), "1");
  EXPECT_EQ(Files("partition, tombstone_ms IS NULL", "ORDER BY 2"), "plain|false\nplain|true");
  EXPECT_EQ(Rows("SELECT id FROM ice.events"), "5");
}

TEST_F(AttachedIcedbTest, DeletesAndUpdatesAnswerAsAPlainTableDoes) {
  CreatePartitioned();
  Run("INSERT INTO ice.events BY NAME SELECT range AS id, 'u' || range % 3 AS name, TIMESTAMP "
      "'2024-01-01' + INTERVAL (range % 2) DAY AS ts FROM range(5000)");
  CreatePlain();
  const auto compare = [&] { Both("SELECT id, name, ts FROM", "ORDER BY ALL"); };
  Both("DELETE FROM", "WHERE id % 7 = 0");
  compare();
  Both("UPDATE", "SET name = 'moved' WHERE id < 100 AND name = 'u1'");
  compare();
  EXPECT_EQ(Rows("SELECT count(*) FROM ice.events WHERE u = 'moved' AND name = 'moved'"),
            Rows("SELECT count(*) FROM memory.plain WHERE name = 'moved'"));
  EXPECT_EQ(Rows("SELECT count(*) FROM ice.events WHERE (u = name) IS NOT TRUE"), "0");
  Both("UPDATE", "SET id = id + 100000, ts = NULL WHERE id IN (SELECT range * 3 FROM range(500))");
  compare();
  Both("DELETE FROM", "WHERE name = 'u2'");
  compare();
  EXPECT_EQ(Files("count(*) FILTER (tombstone_ms IS NULL AND partition LIKE 'u=u2/%')"), "0");
  Both("DELETE FROM", "WHERE id = -1");
  Both("DELETE FROM", "");
  compare();
  EXPECT_EQ(Files("count(*) FILTER (tombstone_ms IS NULL)"), "0");
}

TEST_F(AttachedIcedbTest, ReturningAnswersRows) {
  CreatePartitioned();
  EXPECT_EQ(Rows("INSERT INTO ice.events (id, name) VALUES (1, 'a'), (2, 'b') RETURNING id, name"),
            "1|a\n2|b");
  EXPECT_EQ(Rows("UPDATE ice.events SET id = id + 10 WHERE name = 'a' RETURNING id, name"), "11|a");
  EXPECT_EQ(Rows("DELETE FROM ice.events WHERE id = 2 RETURNING id, name, u"), "2|b|b");
  EXPECT_EQ(Rows("SELECT id FROM ice.events"), "11");
}

TEST_F(AttachedIcedbTest, MergesAnswerAsAPlainTableDoes) {
  CreatePartitioned();
  Run("INSERT INTO ice.events BY NAME SELECT range AS id, 'u' || range % 3 AS name, TIMESTAMP "
      "'2024-01-01' + INTERVAL (range % 2) DAY AS ts FROM range(3000)");
  CreatePlain();
  const auto merge = [&](const std::string& rest) {
    Both("MERGE INTO", "AS t " + rest);
    Both("SELECT id, name, ts FROM", "ORDER BY ALL");
  };
  // Each of the actions on rows of the same files, and new rows in old and new partitions.
  merge(
      "USING (SELECT range * 2 AS id, 'u' || range % 5 AS name FROM range(2500)) AS s "
      "ON t.id = s.id WHEN MATCHED AND s.id % 4 = 0 THEN DELETE "
      "WHEN MATCHED AND s.id % 3 = 0 THEN UPDATE SET name = s.name, ts = NULL "
      "WHEN NOT MATCHED THEN INSERT (name, id) VALUES (s.name, s.id)");
  merge(
      "USING (SELECT 5 AS id) AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET name = 'five' "
      "WHEN NOT MATCHED BY SOURCE AND t.id > 4000 THEN DELETE");
  merge(
      "USING (SELECT 6000 + range AS id FROM range(10)) AS s ON t.id = s.id "
      "WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)");
  merge("USING (SELECT -1 AS id) AS s ON t.id = s.id WHEN MATCHED THEN DELETE");
  EXPECT_EQ(Rows("SELECT count(*) FROM ice.events WHERE (u IS NOT DISTINCT FROM name) IS FALSE"),
            "0");
  EXPECT_EQ(Rows("SELECT len(files) FROM icedb_orphans(" + location() + ", -1000)"), "0");
}

TEST_F(AttachedIcedbTest, AMergeReturnsRowsAndIsOneLogFile) {
  CreateEvents();
  Run("INSERT INTO ice.events VALUES (1, 'a', NULL), (2, 'b', NULL), (3, 'c', NULL)");
  const std::string logs = "SELECT count(*) FROM icedb_logs(" + location() + ")";
  const auto before = Rows(logs);
  const std::string merge =
      "MERGE INTO ice.events AS t USING (VALUES (1, 'x'), (2, 'y'), (9, 'z')) AS s(id, name) "
      "ON t.id = s.id WHEN MATCHED AND s.id = 1 THEN DELETE "
      "WHEN MATCHED THEN UPDATE SET name = s.name "
      "WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name) "
      "RETURNING merge_action, id, name";
  auto answer = connection().Query(merge);
  ASSERT_FALSE(answer->HasError()) << answer->GetError();
  std::multiset<std::string> rows;
  for (duckdb::idx_t row = 0; row < answer->RowCount(); ++row) {
    rows.insert(answer->GetValue(0, row).ToString() + "|" + answer->GetValue(1, row).ToString() +
                "|" + answer->GetValue(2, row).ToString());
  }
  EXPECT_EQ(rows, (std::multiset<std::string>{"DELETE|1|a", "UPDATE|2|y", "INSERT|9|z"}));
  EXPECT_EQ(Rows("SELECT id, name FROM ice.events ORDER BY id"), "2|y\n3|c\n9|z");
  EXPECT_EQ(std::stoi(Rows(logs)), std::stoi(before) + 1);
  const auto error = ErrorOf(
      "MERGE INTO ice.events AS t USING (VALUES (2), (2)) AS s(id) ON t.id = s.id "
      "WHEN MATCHED THEN UPDATE SET name = 'twice'");
  EXPECT_THAT(error, HasSubstr("several rows of the source match one row"));
  EXPECT_EQ(Rows("SELECT name FROM ice.events WHERE id = 2"), "y");
}

TEST_F(AttachedIcedbTest, AKeyThatFollowsFromARowIsNotSet) {
  CreatePartitioned();
  Run("INSERT INTO ice.events (id, name) VALUES (1, 'a')");
  EXPECT_THAT(ErrorOf("UPDATE ice.events SET u = 'b'"), HasSubstr("partition_by"));
}

TEST_F(AttachedIcedbTest, ATransactionIsOneLogFile) {
  CreateEvents();
  Run("BEGIN");
  Run("INSERT INTO ice.events VALUES (1, 'a', NULL), (2, 'b', NULL)");
  Run("INSERT INTO ice.events VALUES (3, 'c', NULL)");
  Run("UPDATE ice.events SET name = 'z' WHERE id = 2");
  Run("DELETE FROM ice.events WHERE id = 3");
  EXPECT_EQ(Rows("SELECT id, name FROM ice.events ORDER BY id"), "1|a\n2|z");
  EXPECT_EQ(Files("count(*)"), "0");
  Run("COMMIT");
  EXPECT_EQ(Rows("SELECT id, name FROM ice.events ORDER BY id"), "1|a\n2|z");
  EXPECT_EQ(Rows("SELECT count(*) FROM icedb_logs(" + location() + ")"), "2");
  EXPECT_EQ(Rows("SELECT len(files) FROM icedb_orphans(" + location() + ", -1000)"), "0");
}

TEST_F(AttachedIcedbTest, ARollbackLeavesNothing) {
  CreateEvents();
  Run("INSERT INTO ice.events VALUES (1, 'a', NULL)");
  Run("BEGIN");
  Run("INSERT INTO ice.events VALUES (2, 'b', NULL)");
  Run("DELETE FROM ice.events WHERE id = 1");
  EXPECT_EQ(Rows("SELECT id FROM ice.events"), "2");
  Run("ROLLBACK");
  EXPECT_EQ(Rows("SELECT id FROM ice.events"), "1");
  EXPECT_EQ(Rows("SELECT len(files) FROM icedb_orphans(" + location() + ", -1000)"), "0");
}

TEST_F(AttachedIcedbTest, OfTwoChangesOfAFileOneLosesAndSaysSo) {
  CreateEvents();
  Run("INSERT INTO ice.events VALUES (1, 'a', NULL), (2, 'b', NULL)");
  Run("INSERT INTO ice.events VALUES (3, 'c', NULL)");
  Run("BEGIN");
  Run("UPDATE ice.events SET name = 'x' WHERE id = 1");
  duckdb::Connection other(db());
  EXPECT_FALSE(other.Query("DELETE FROM ice.events WHERE id = 2")->HasError());
  EXPECT_FALSE(other.Query("INSERT INTO ice.events VALUES (4, 'd', NULL)")->HasError());
  const auto error = ErrorOf("COMMIT");
  EXPECT_THAT(error, HasSubstr("update lost"));
  EXPECT_THAT(error, HasSubstr("delete number"));
  EXPECT_EQ(Rows("SELECT id, name FROM ice.events ORDER BY id"), "1|a\n3|c\n4|d");
  EXPECT_EQ(Rows("SELECT len(files) FROM icedb_orphans(" + location() + ", -1000)"), "0");
}

TEST_F(AttachedIcedbTest, ThePastIsReadByTime) {
  CreateEvents();
  Run("INSERT INTO ice.events VALUES (1, 'a', NULL)");
  const auto then = Rows("SELECT make_timestamp_ms(max(ms)) FROM icedb_logs(" + location() + ")");
  Run("UPDATE ice.events SET name = 'b'");
  EXPECT_EQ(Rows("SELECT name FROM ice.events AT (TIMESTAMP => TIMESTAMP '" + then + "')"), "a");
  EXPECT_EQ(Rows("SELECT name FROM ice.events AT (TIMESTAMP => now())"), "b");
  EXPECT_THAT(ErrorOf("SELECT * FROM ice.events AT (TIMESTAMP => TIMESTAMP '2001-01-01')"),
              HasSubstr("no log file of that time"));
  EXPECT_THAT(ErrorOf("SELECT * FROM ice.events AT (VERSION => 1)"), HasSubstr("no versions"));
  Again(", SNAPSHOT_TIME '" + then + "'");
  EXPECT_EQ(Rows("SELECT name FROM ice.events"), "a");
  EXPECT_THAT(ErrorOf("DELETE FROM ice.events"), HasSubstr("read-only"));
}

TEST_F(AttachedIcedbTest, FilesAreCopiedInAndOut) {
  CreatePartitioned();
  const std::string file = "'" + lake_ + "/rows.csv'";
  Run("COPY (SELECT 1 AS id, 'a' AS name, TIMESTAMP '2024-01-01' AS ts) TO " + file);
  Run("COPY ice.events (id, name, ts) FROM " + file + " (HEADER)");
  EXPECT_EQ(Rows("SELECT id, name, d FROM ice.events"), "1|a|2024-01-01");
  Run("COPY ice.events TO " + file + " (HEADER)");
  EXPECT_EQ(Rows("SELECT id, u FROM " + file), "1|a");
}

TEST_F(AttachedIcedbTest, ColumnsAreAddedAndFilesThatLackThemAreRead) {
  Run("CREATE TABLE ice.events AS SELECT 1::BIGINT AS id");
  Run("ALTER TABLE ice.events ADD COLUMN s STRUCT(a INTEGER, b VARCHAR)");
  Run("INSERT INTO ice.events VALUES (2, {'a': 1, 'b': 'x'})");
  EXPECT_EQ(Rows("SELECT id, s.b FROM ice.events ORDER BY id"), "1|NULL\n2|x");
  EXPECT_EQ(Rows("DELETE FROM ice.events RETURNING id, s"), "1|NULL\n2|{'a': 1, 'b': x}");
  EXPECT_THAT(ErrorOf("ALTER TABLE ice.events DROP COLUMN s"), HasSubstr("ADD COLUMN"));
}

TEST_F(AttachedIcedbTest, WhatATableCannotHoldIsRefused) {
  EXPECT_THAT(ErrorOf("CREATE TABLE ice.other (x INTEGER)"), HasSubstr("events"));
  EXPECT_THAT(ErrorOf("CREATE TABLE ice.events (x INTEGER PRIMARY KEY)"), HasSubstr("constraints"));
  CreateEvents();
  for (const char* statement :
       {"CREATE TABLE ice.events (x INTEGER)", "CREATE VIEW ice.v AS SELECT 1",
        "CREATE SCHEMA ice.s", "DROP TABLE ice.events", "CREATE INDEX i ON ice.events (id)",
        "INSERT OR REPLACE INTO ice.events VALUES (1, 'a', NULL)",
        "ATTACH '/none' AS n (TYPE icefall, FORMAT icedb, INLINE_ROW_LIMIT 1)",
        "SELECT * FROM icedb_set_options('/none', partition_by := 'd = week(x)')"}) {
    EXPECT_NE(ErrorOf(statement), "") << statement;
    EXPECT_THAT(ErrorOf(statement), testing::Not(HasSubstr("INTERNAL"))) << statement;
  }
  EXPECT_EQ(Rows("SELECT count(*) FROM ice.events"), "0");
}

TEST_F(AttachedIcedbTest, PreparedStatementsSeeWhatIsNew) {
  CreateEvents();
  auto count = connection().Prepare("SELECT count(*) FROM ice.events");
  auto insert = connection().Prepare("INSERT INTO ice.events (id) VALUES (?)");
  for (int i = 1; i <= 3; ++i) {
    EXPECT_FALSE(insert->Execute(i)->HasError());
    auto result = count->Execute();
    EXPECT_EQ(result->Fetch()->GetValue(0, 0).GetValue<int64_t>(), i);
  }
}

// Partition names that DuckDB would not read as keys, or would read from elsewhere in the path.
TEST_F(AttachedIcedbTest, OddPartitionsAndPrefixesAreRead) {
  const std::string odd = "'" + lake_ + "/k=1/user_data/t'";
  Run("ATTACH " + odd + " AS odd (TYPE icefall, FORMAT icedb, PARTITION_BY 'k = identity(s)')");
  Run("CREATE TABLE odd.t (s VARCHAR)");
  Run("INSERT INTO odd.t (s) VALUES ('a=b'), ('a b'), ('50%'), ('ü/€'), ('?x[1]*'), ('')");
  EXPECT_EQ(Rows("SELECT count(*) FROM odd.t WHERE s = k OR (s = '' AND k IS NULL)"), "6");
  EXPECT_EQ(Rows("SELECT s FROM odd.t WHERE k = 'ü/€'"), "ü/€");
  EXPECT_EQ(Rows("SELECT count(*), count(k) FROM icedb_scan(" + odd + ")"), "6|5");
  EXPECT_EQ(Rows("DELETE FROM odd.t WHERE k LIKE '%=%' RETURNING s"), "a=b");
  EXPECT_EQ(Rows("SELECT count(*) FROM odd.t"), "5");
}

TEST_F(AttachedIcedbTest, APrefixOrALogElsewhereIsFound) {
  const std::string here = "'" + lake_ + "' AS there (TYPE icefall, PREFIX 'a/b'";
  const std::string log = ", LOG_LOCATION '" + lake_ + "/logs', LOG_PREFIX 'c/d'";
  for (const std::string& more : {std::string(), log}) {
    EXPECT_THAT(ErrorOf("ATTACH " + here + more + ")"), HasSubstr("no log file was found"));
    Run("ATTACH " + here + more + ", FORMAT icedb)");
    Run("CREATE TABLE there.b (i INTEGER)");
    Run("INSERT INTO there.b VALUES (1)");
    Run("DETACH there");
    Run("ATTACH " + here + more + ")");
    EXPECT_EQ(Rows("SELECT count(*) FROM there.b"), "1");
    Run("DETACH there");
  }
  EXPECT_TRUE(std::filesystem::exists(lake_ + "/logs/c/d/_log"));
}

}  // namespace
}  // namespace icefall
