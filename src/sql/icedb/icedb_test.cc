// Tables in IceDB's format through SQL.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/icedb/icedb_functions.h"
#include "sql/sql_fixture.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;

class IcedbTest : public SqlFixture {
 protected:
  IcedbTest() {
    lake_ = path() + "-lake";
    std::filesystem::remove_all(lake_);
    location_ = "'" + lake_ + "/events'";
    prefix_ = Rows("SELECT path_prefix FROM icedb_path(" + location_ + ")");
    while (prefix_.ends_with('\n')) prefix_.pop_back();
  }
  ~IcedbTest() override { std::filesystem::remove_all(lake_); }

  // One file of the rows, in the log with the columns that they have, or those of another query.
  void Insert(const std::string& partition, const std::string& query, std::string logged = "") {
    const std::string key =
        "events/_data/" + partition + "/" + std::to_string(++files_) + ".parquet";
    Run("COPY (" + query + ") TO '" + prefix_ + key + "' (FORMAT PARQUET, USE_TMP_FILE false)");
    const auto size = std::filesystem::file_size(lake_ + "/" + key);
    std::string columns;
    const auto described = Run("DESCRIBE " + (logged.empty() ? query : logged));
    for (size_t row = 0; row < described->RowCount(); ++row) {
      columns += (columns.empty() ? "['" : ", ['") + described->GetValue(0, row).ToString() +
                 "', '" + described->GetValue(1, row).ToString() + "']";
    }
    Run("CALL icedb_commit(" + location_ + ", [{'path': '" + key + "', 'size_bytes': " +
        std::to_string(size) + ", 'created_ms': 1}], columns := [" + columns + "])");
  }
  std::string Scan(const std::string& what = "*", const std::string& rest = "") {
    return Rows("SELECT " + what + " FROM icedb_scan(" + location_ + ") " + rest);
  }
  std::string Call(const std::string& function, const std::string& arguments = "",
                   const std::string& what = "*") {
    return Rows("SELECT " + what + " FROM " + function + "(" + location_ + arguments + ")");
  }
  std::string AliveFiles() {
    return Call("icedb_files", "", "count(*) FILTER (tombstone_ms IS NULL)");
  }
  std::string ErrorOf(const std::string& sql) {
    const auto result = connection().Query(sql);
    return result->HasError() ? result->GetError() : "";
  }

  std::string lake_;
  std::string location_;
  std::string prefix_;
  int files_ = 0;
};

TEST_F(IcedbTest, RowsComeBackWithTheirPartitions) {
  Insert("u=a/d=2024-01-01", "SELECT 1 AS n, 'x' AS s");
  Insert("u=b/d=2024-01-02", "SELECT 2 AS n, 'y' AS s");
  EXPECT_EQ(Scan("n, s, u, d", "ORDER BY n"), Rows("VALUES (1, 'x', 'a', '2024-01-01'), "
                                                   "(2, 'y', 'b', '2024-01-02')"));
  EXPECT_EQ(Scan("n", "WHERE u = 'a'"), Rows("VALUES (1)"));
  const auto plan = Run("EXPLAIN SELECT n FROM icedb_scan(" + location_ + ") WHERE u = 'a'");
  EXPECT_THAT(plan->GetValue(1, 0).ToString(), HasSubstr("Scanning Files: 1/2"));
}

TEST_F(IcedbTest, AnEmptyTableHasItsColumns) {
  EXPECT_EQ(Scan("count(*)"), Rows("VALUES (0)"));
  Insert("u=a", "SELECT 1 AS n");
  Call("icedb_remove_partitions", ", ['u=a']");
  EXPECT_EQ(Scan("count(n)"), Rows("VALUES (0)"));
}

TEST_F(IcedbTest, ThePastIsReadAtATime) {
  Insert("u=a", "SELECT 1 AS n");
  const std::string ms = Call("icedb_logs", "", "max(ms)");
  Insert("u=a", "SELECT 2 AS n");
  const auto at = [&](const std::string& offset) {
    return Rows("SELECT count(*) FROM icedb_scan(" + location_ + ", at_ms := " + ms + offset + ")");
  };
  EXPECT_EQ(at(""), Rows("VALUES (0)"));
  EXPECT_EQ(at(" + 1"), Rows("VALUES (1)"));
  EXPECT_EQ(Scan("count(*)"), Rows("VALUES (2)"));
}

// Columns that a smaller file lacks were dropped, disjoint ones could not be merged.
TEST_F(IcedbTest, AMergeUnitesColumns) {
  Insert("u=a", "SELECT 1 AS n");
  Insert("u=a", "SELECT 2 AS n, 'long enough to be the larger file' AS s");
  Insert("u=a", "SELECT DATE '2024-01-01' AS other");
  Call("icedb_merge");
  EXPECT_EQ(AliveFiles(), Rows("VALUES (1)"));
  EXPECT_EQ(Scan("n, s, other", "ORDER BY n"),
            Rows("VALUES (1, NULL, NULL), (2, 'long enough to be the larger file', NULL), (NULL, "
                 "NULL, DATE '2024-01-01')"));
}

// Partition columns were written into merged files, with other types.
TEST_F(IcedbTest, PartitionColumnsStayInPathsAndTheSortOrderIsKept) {
  Insert("d=2024-01-01", "SELECT * FROM (VALUES (1, 2), (3, 4)) t(n, m)");
  Insert("d=2024-01-01", "SELECT * FROM (VALUES (0, 1), (2, 3)) t(n, m)");
  Call("icedb_merge", ", sort_order := 'n', codec := 'ZSTD'");
  const std::string path =
      Rows("SELECT path FROM icedb_files(" + location_ + ") WHERE tombstone_ms IS NULL");
  const std::string whole = "'" + prefix_ + path.substr(0, path.find('\n')) + "'";
  EXPECT_EQ(Rows("SELECT * FROM read_parquet(" + whole + ", hive_partitioning = false)"),
            Rows("VALUES (0, 1), (1, 2), (2, 3), (3, 4)"));
  EXPECT_EQ(Rows("SELECT DISTINCT compression FROM parquet_metadata(" + whole + ")"),
            Rows("VALUES ('ZSTD')"));
}

TEST_F(IcedbTest, ACustomQueryMayNameItsFilesTwice) {
  Insert("u=a", "SELECT 'k' AS k, 1::BIGINT AS cnt");
  Insert("u=a", "SELECT 'k' AS k, 2::BIGINT AS cnt");
  Call("icedb_merge",
       ", query := 'SELECT k, sum(cnt) AS cnt FROM source_files WHERE cnt IN (SELECT cnt FROM "
       "source_files) GROUP BY k', sort_order := 'missing'");
  // sum() of whole numbers is a HUGEINT, which would be a DOUBLE in Parquet.
  EXPECT_EQ(Scan("k, cnt, typeof(cnt)"), Rows("VALUES ('k', 3, 'BIGINT')"));
  EXPECT_EQ(Call("icedb_columns", "", "\"column\", type"), Rows("VALUES ('k', 'VARCHAR'), "
                                                                "('cnt', 'BIGINT')"));
}

TEST_F(IcedbTest, ARewriteWithoutRowsLeavesNoFile) {
  Insert("u=a", "SELECT 1 AS n");
  Insert("u=a", "SELECT 2 AS n");
  Insert("u=b", "SELECT 3 AS n");
  Call("icedb_rewrite_partition", ", 'u=a', 'SELECT * FROM _rows WHERE n > 1'");
  EXPECT_EQ(AliveFiles(), Rows("VALUES (2)"));
  EXPECT_EQ(Scan("n", "ORDER BY n"), Rows("VALUES (2), (3)"));
  EXPECT_EQ(Call("icedb_rewrite_partition", ", 'u=none', 'SELECT * FROM _rows'", "log"),
            Rows("SELECT NULL"));
  EXPECT_THAT(ErrorOf("CALL icedb_rewrite_partition(" + location_ +
                      ", 'u=b', 'SELECT *, 1 AS more FROM _rows')"),
              HasSubstr("adds column 'more'"));
  EXPECT_EQ(Scan("n", "ORDER BY n"), Rows("VALUES (2), (3)"));
}

// A file has a column of nothing but NULL, of which the log says nothing.
TEST_F(IcedbTest, QueriesOfMaintenanceReadTheTablesColumns) {
  Insert("u=a", "SELECT 1 AS n, NULL AS unknown", "SELECT 1 AS n");
  Insert("u=a", "SELECT 2 AS n, 'two' AS s");
  Insert("u=a", "SELECT 3::BIGINT AS n, 'three' AS s", "SELECT 3 AS n, 'three' AS s");
  Call("icedb_rewrite_partition", ", 'u=a', 'SELECT * FROM _rows WHERE s IS NULL OR n = 3'");
  EXPECT_EQ(Scan("n, s", "ORDER BY n"), Rows("VALUES (1, NULL), (3, 'three')"));
  Insert("u=b", "SELECT 4 AS n");
  Insert("u=b", "SELECT 5 AS n");
  Call("icedb_remove_partitions", ", ['u=a']");
  Call("icedb_merge", ", query := 'SELECT max(n) AS n, max(s) AS s FROM source_files'");
  EXPECT_EQ(Scan("n, s"), Rows("VALUES (5, NULL)"));
  EXPECT_EQ(Call("icedb_columns", "", "\"column\", type"),
            Rows("VALUES ('n', 'INTEGER'), ('s', 'VARCHAR')"));
}

TEST_F(IcedbTest, ValuesOfColumnsWithoutATypeStay) {
  for (int i = 0; i < 2; ++i) Insert("u=a", "SELECT 1 AS n, []::INTEGER[] AS l", "SELECT 1 AS n");
  Call("icedb_rewrite_partition", ", 'u=a', 'SELECT * FROM _rows'");
  Call("icedb_merge", ", query := 'SELECT * FROM source_files'");
  EXPECT_EQ(AliveFiles(), Rows("VALUES (1)"));
  EXPECT_EQ(Call("icedb_columns", "", "\"column\""), "n");
  Insert("u=b", "SELECT 2 AS n, ['x'] AS l");
  EXPECT_EQ(Scan("l", "ORDER BY n"), "[]\n[]\n[x]");
}

TEST_F(IcedbTest, FilesWithoutAColumnOfTheTableAreRewritten) {
  Insert("u=a", "SELECT NULL AS unknown", "SELECT 1 AS n");
  Insert("u=a", "SELECT NULL AS unknown", "SELECT 1 AS n");
  Call("icedb_rewrite_partition", ", 'u=a', 'SELECT * FROM _rows WHERE n IS NULL'");
  Call("icedb_merge", ", query := 'FROM source_files'");
  EXPECT_EQ(AliveFiles(), Rows("VALUES (1)"));
  EXPECT_EQ(Scan("n"), Rows("VALUES (NULL), (NULL)"));
}

TEST_F(IcedbTest, CleanupSaysWhatWent) {
  Insert("u=a", "SELECT 1 AS n");
  Insert("u=a", "SELECT 2 AS n");
  Call("icedb_merge");
  EXPECT_EQ(
      Call("icedb_cleanup", ", 0", "len(cleaned_logs), len(deleted_logs), len(deleted_files)"),
      Rows("VALUES (1, 2, 2)"));
  EXPECT_EQ(Call("icedb_cleanup", ", 0", "log, len(deleted_files)"), Rows("VALUES (NULL, 0)"));
  EXPECT_EQ(Scan("n", "ORDER BY n"), Rows("VALUES (1), (2)"));
}

// One such conflict made every read, merge, cleanup and removal fail, for good.
TEST_F(IcedbTest, ATableWhoseLogsContradictEachOtherIsRepaired) {
  Insert("u=a", "SELECT 1 AS n");
  Insert("u=a", "SELECT 'two' AS n");
  Insert("u=b", "SELECT 3 AS n");
  EXPECT_THAT(ErrorOf("CALL icedb_merge(" + location_ + ")"), HasSubstr("column 'n' is INTEGER"));
  EXPECT_EQ(Call("icedb_columns", "", "\"column\", type, conflicting_type"),
            Rows("VALUES ('n', 'INTEGER', NULL), ('n', 'INTEGER', 'VARCHAR')"));
  EXPECT_EQ(Call("icedb_repair", "", "len(old_files), len(new_files)"), Rows("VALUES (2, 2)"));
  EXPECT_EQ(Call("icedb_columns"), Rows("VALUES ('n', 'VARCHAR', NULL, NULL)"));
  EXPECT_EQ(Scan("n", "ORDER BY n"), Rows("VALUES ('1'), ('3'), ('two')"));
  EXPECT_EQ(Call("icedb_repair", "", "log"), Rows("SELECT NULL"));
  Call("icedb_merge");
  EXPECT_EQ(AliveFiles(), Rows("VALUES (2)"));
}

TEST_F(IcedbTest, AColumnIsWidenedOnRequest) {
  Insert("u=a", "SELECT 1 AS n");
  Call("icedb_repair", ", types := [['n', 'DOUBLE']]");
  EXPECT_EQ(Call("icedb_columns", "", "type"), Rows("VALUES ('DOUBLE')"));
  EXPECT_EQ(Scan("typeof(n)"), Rows("VALUES ('DOUBLE')"));
}

TEST_F(IcedbTest, PartitionsOfAnyTextAreReadAndMerged) {
  for (const std::string partition : {"plain", "a b%41[x]*/c=d", "ü=€ {y}?"}) {
    Insert(partition, "SELECT 1 AS n");
    Insert(partition, "SELECT 2 AS n");
  }
  for (int i = 0; i < 3; ++i) Call("icedb_merge");
  EXPECT_EQ(AliveFiles(), Rows("VALUES (3)"));
  EXPECT_EQ(Scan("count(*), sum(n)"), Rows("VALUES (6, 9)"));
}

TEST_F(IcedbTest, OrphansAreFoundAndDeleted) {
  Insert("u=a", "SELECT 1 AS n");
  Run("COPY (SELECT 2 AS n) TO '" + prefix_ +
      "events/_data/u=a/orphan.parquet' (FORMAT PARQUET, "
      "USE_TMP_FILE false)");
  EXPECT_EQ(Call("icedb_orphans", ", 3600000", "files"), Rows("SELECT []"));
  const auto found = Rows("SELECT ['events/_data/u=a/orphan.parquet']");
  EXPECT_EQ(Call("icedb_orphans", ", -1000, dry_run := true", "files"), found);
  EXPECT_EQ(Call("icedb_orphans", ", -1000", "files"), found);
  EXPECT_EQ(Call("icedb_orphans", ", -1000", "files"), Rows("SELECT []"));
  EXPECT_EQ(Scan("n"), Rows("VALUES (1)"));
}

TEST_F(IcedbTest, AnInsertLearnsWhichTypesToWrite) {
  Insert("u=a", "SELECT 1::BIGINT AS n");
  EXPECT_EQ(
      Rows("SELECT * FROM icedb_fit(" + location_ + ", [['n', 'INTEGER'], ['s', 'VARCHAR']])"),
      Rows("VALUES ('n', 'BIGINT', NULL), ('s', 'VARCHAR', NULL)"));
  EXPECT_EQ(Rows("SELECT * FROM icedb_fit(" + location_ + ", [['n', 'VARCHAR']])"),
            Rows("VALUES ('n', 'BIGINT', 'VARCHAR')"));
}

TEST_F(IcedbTest, BadArgumentsAreNamed) {
  EXPECT_THAT(ErrorOf("CALL icedb_merge(NULL)"), HasSubstr("NULL"));
  EXPECT_THAT(ErrorOf("CALL icedb_merge(" + location_ + ", partition_order := 'x')"),
              HasSubstr("name_desc"));
  EXPECT_THAT(ErrorOf("CALL icedb_cleanup(" + location_ + ", NULL)"), HasSubstr("NULL"));
}

}  // namespace
}  // namespace icefall
