// CALL icefall_compact: fewer files, the same rows under the same ids.
#include "sql/maintenance/compact.h"

#include <utility>
#include <vector>

#include "sql/sql_fixture.h"

namespace icefall {
namespace {

class CompactTest : public SqlFixture {
 protected:
  void SetUp() override { Open(", INLINE_ROW_LIMIT 0"); }

  // What may not change: rows, ids and who last wrote them.
  std::string Contents(const std::string& table) {
    return Rows("SELECT rowid, snapshot_sequence, * FROM " + table + " ORDER BY rowid");
  }
  std::string Fragments(const std::string& table) {
    return Rows(
        "SELECT count(*), coalesce(sum(row_count), 0), coalesce(sum(live_rows), 0) "
        "FROM icefall_fragments('" +
        table + "')");
  }
  std::string Newest(const std::string& table) {
    return Rows("SELECT max(sequence) FROM icefall_snapshots('" + table + "')");
  }
  void MakeSmallFiles() {
    Run("CREATE TABLE t (i INTEGER, s VARCHAR)");
    for (int batch = 0; batch < 5; ++batch) {
      Run("INSERT INTO t SELECT " + std::to_string(100 * batch) +
          " + i, 'text ' || i FROM range(100) r(i)");
    }
    Run("DELETE FROM t WHERE i % 10 = 3");
    Run("UPDATE t SET s = 'updated' WHERE i % 10 = 4");
  }
};

TEST_F(CompactTest, MergesFilesAndLeavesRowsAsTheyWere) {
  MakeSmallFiles();
  const std::string before = Contents("t");
  const std::string past = Rows("SELECT sum(i), count(*) FROM t AT (VERSION => 5)");
  EXPECT_EQ(Rows("CALL icefall_compact('t')").substr(0, 12), "6|1|550|450|");
  EXPECT_EQ(Fragments("t"), "1|450|450");
  EXPECT_EQ(Contents("t"), before);
  EXPECT_EQ(Rows("SELECT sum(i), count(*) FROM t AT (VERSION => 5)"), past);
  EXPECT_EQ(Rows("SELECT operation FROM icefall_snapshots('t') ORDER BY sequence DESC LIMIT 1"),
            "compact");
  Open();
  EXPECT_EQ(Contents("t"), before) << "in another process";
}

TEST_F(CompactTest, IsNoChangeToAnybody) {
  MakeSmallFiles();
  const std::string newest = Newest("t");
  Run("CALL icefall_compact('t')");
  EXPECT_NE(Newest("t"), newest);
  EXPECT_EQ(Rows("FROM icefall_changes('t', " + newest + ", " + Newest("t") + ")"), "");
}

TEST_F(CompactTest, DoesNothingTwice) {
  MakeSmallFiles();
  Run("CALL icefall_compact('t')");
  const std::string newest = Newest("t");
  const std::string fragments = Rows("FROM icefall_fragments('t')");
  Run("CALL icefall_compact('t')");
  EXPECT_EQ(Newest("t"), newest);
  EXPECT_EQ(Rows("FROM icefall_fragments('t')"), fragments);
}

TEST_F(CompactTest, FlushesInlineRows) {
  Open();
  Run("CREATE TABLE t (i INTEGER, s VARCHAR)");
  for (int i = 0; i < 5; ++i) Run("INSERT INTO t VALUES (" + std::to_string(i) + ", NULL)");
  Run("UPDATE t SET s = 'new' WHERE i = 1");
  Run("DELETE FROM t WHERE i = 3");
  const std::string before = Contents("t"), newest = Newest("t");
  Run("CALL icefall_compact('t')");
  EXPECT_EQ(Fragments("t"), "1|4|4");
  EXPECT_EQ(Contents("t"), before);
  EXPECT_EQ(Rows("FROM icefall_changes('t', " + newest + ", " + Newest("t") + ")"), "");
}

TEST_F(CompactTest, LeavesAnEmptyTableAlone) {
  Run("CREATE TABLE t (i INTEGER)");
  EXPECT_EQ(Rows("CALL icefall_compact('t')"), "0|0|0|0|0|0");
  EXPECT_EQ(Newest("t"), "1");
}

TEST_F(CompactTest, ForgetsFilesWithoutALiveRow) {
  Run("CREATE TABLE t AS SELECT i FROM range(10) r(i)");
  Run("INSERT INTO t SELECT i FROM range(10) r(i)");
  Run("BEGIN");
  Run("DELETE FROM t WHERE i < 5");
  Run("DELETE FROM t WHERE i >= 5");
  Run("COMMIT");
  Run("CALL icefall_compact('t')");
  EXPECT_EQ(Fragments("t"), "0|0|0");
  EXPECT_EQ(Rows("SELECT count(*) FROM t"), "0");
}

TEST_F(CompactTest, KeepsPartitionsApart) {
  Open();
  Run("CREATE TABLE t (i INTEGER, p VARCHAR) PARTITIONED BY (p)");
  for (int batch = 0; batch < 3; ++batch) {
    Run("INSERT INTO t SELECT i, 'p' || (i % 4) FROM range(1000) r(i)");
  }
  Run("INSERT INTO t VALUES (-1, 'p1'), (-2, NULL)");
  const std::string before = Contents("t");
  Run("CALL icefall_compact('t')");
  EXPECT_EQ(Rows("SELECT partition_values['p'], row_count FROM icefall_fragments('t') ORDER BY 1"),
            "p0|750\np1|751\np2|750\np3|750\nNULL|1");
  EXPECT_EQ(Contents("t"), before);
  const std::string newest = Newest("t");
  Run("CALL icefall_compact('t')");
  EXPECT_EQ(Newest("t"), newest);
}

TEST_F(CompactTest, BringsOldFilesToNewPartitions) {
  Run("CREATE TABLE t AS SELECT i, 'p' || (i % 2) AS p FROM range(100) r(i)");
  Run("ALTER TABLE t SET PARTITIONED BY (p)");
  Run("INSERT INTO t VALUES (-1, 'p1')");
  const std::string before = Contents("t");
  Run("CALL icefall_compact('t')");
  EXPECT_EQ(Rows("SELECT partition_values['p'], row_count FROM icefall_fragments('t') ORDER BY 1"),
            "p0|50\np1|51");
  EXPECT_EQ(Contents("t"), before);
}

TEST_F(CompactTest, SortsWhatTheTableSorts) {
  Run("CREATE TABLE t (i INTEGER) SORTED BY (i)");
  Run("INSERT INTO t SELECT i FROM range(0, 1000, 2) r(i)");
  Run("INSERT INTO t SELECT i FROM range(1, 1000, 2) r(i)");
  Run("CALL icefall_compact('t')");
  EXPECT_EQ(Rows("SELECT count(*) FROM (SELECT i, lag(i) OVER (ORDER BY file_row_number) AS before "
                 "FROM t) WHERE before > i"),
            "0");
  EXPECT_EQ(Fragments("t"), "1|1000|1000");
}

TEST_F(CompactTest, WritesSeveralFilesOfTheTargetSize) {
  Run("CREATE TABLE t (i BIGINT, h VARCHAR)");
  Run("CALL icefall_compact('t')");
  Run("INSERT INTO t SELECT i, md5(i::VARCHAR) FROM range(400000) r(i)");
  Run("INSERT INTO t SELECT i, md5(i::VARCHAR) FROM range(400000, 800000) r(i)");
  Run("DELETE FROM t WHERE i % 7 = 0");
  const std::string before =
      Rows("SELECT count(*), sum(i), sum(rowid), bit_xor(hash(i, h)) FROM t");
  Run("CALL icefall_compact('t')");
  EXPECT_EQ(Rows("SELECT count(*), sum(i), sum(rowid), bit_xor(hash(i, h)) FROM t"), before);
  EXPECT_EQ(Rows("SELECT count(*) FROM (SELECT i, lag(i) OVER (ORDER BY file_index, "
                 "file_row_number) AS before FROM t) WHERE before > i"),
            "0")
      << "in the order in which they were";
}

TEST_F(CompactTest, KeepsExactTypesAndGeneratedColumns) {
  Run("CREATE TYPE mood AS ENUM ('sad', 'happy')");
  Run("CREATE TABLE t (h HUGEINT, m mood, st STRUCT(a INTEGER, b VARCHAR[]), "
      "g INTEGER GENERATED ALWAYS AS (length(m::VARCHAR)) VIRTUAL)");
  Run("INSERT INTO t VALUES (170141183460469231731687303715884105727, 'sad', {a: 1, b: ['x']})");
  Run("INSERT INTO t VALUES (-1, 'happy', NULL), (NULL, NULL, {a: NULL, b: []})");
  const std::string before = Contents("t");
  Run("CALL icefall_compact('t')");
  EXPECT_EQ(Fragments("t"), "1|3|3");
  EXPECT_EQ(Contents("t"), before);
}

TEST_F(CompactTest, ReadsOldSchemas) {
  Run("CREATE TABLE t AS SELECT i FROM range(10) r(i)");
  Run("ALTER TABLE t ADD COLUMN j INTEGER DEFAULT 7");
  Run("INSERT INTO t SELECT i, i FROM range(10, 20) r(i)");
  Run("ALTER TABLE t RENAME COLUMN i TO k");
  const std::string before = Contents("t");
  Run("CALL icefall_compact('t')");
  EXPECT_EQ(Fragments("t"), "1|20|20");
  EXPECT_EQ(Contents("t"), before);
}

TEST_F(CompactTest, NamesWhatItCannotDo) {
  EXPECT_NE(ErrorOf("CALL icefall_compact('nothing')").find("nothing"), std::string::npos);
  Run("CREATE TABLE t AS SELECT 1 AS i");
  Run("INSERT INTO t VALUES (2)");
  Open(", READ_ONLY");
  EXPECT_NE(ErrorOf("CALL icefall_compact('t')").find("read-only"), std::string::npos);
}

TEST_F(CompactTest, AFlushByAnInsertIsNoChangeEither) {
  Open(", INLINE_ROW_LIMIT 3000");
  Run("CREATE TABLE t (i INTEGER)");
  for (int i = 0; i < 4; ++i) Run("INSERT INTO t SELECT range FROM range(3000)");
  EXPECT_EQ(Rows("SELECT change_type, count(*) FROM icefall_changes('t', 1, 5) "
                 "GROUP BY ALL ORDER BY ALL"),
            "insert|12000");
  EXPECT_EQ(Rows("SELECT count(DISTINCT snapshot_sequence) FROM t"), "4");
}

// Two connections: one compacts between another's statement and its commit, or the reverse.
class CompactRaceTest : public CompactTest {
 protected:
  void SetUp() override {
    CompactTest::SetUp();
    MakeSmallFiles();
    other_ = std::make_unique<duckdb::Connection>(db());
    Other("USE my");
  }
  void TearDown() override { other_.reset(); }
  void Other(const std::string& sql) {
    const auto result = other_->Query(sql);
    if (result->HasError()) ADD_FAILURE() << sql << "\n" << result->GetError();
  }

  // Statements of others, between the compaction's first look at the table and its commit.
  void CompactWhile(const std::vector<std::string>& statements) {
    duckdb::Connection second(db());
    ASSERT_FALSE(second.Query("USE my")->HasError());
    IcefallCatalog* catalog = nullptr;
    connection().context->RunFunctionInTransaction([&] {
      catalog = &duckdb::Catalog::GetCatalog(*connection().context, "my").Cast<IcefallCatalog>();
    });
    RewriteProgress progress;
    progress.is_cancelled = [&, done = false]() mutable {
      if (std::exchange(done, true)) return false;
      for (const auto& statement : statements) {
        const auto result = second.Query(statement);
        EXPECT_FALSE(result->HasError()) << statement << "\n" << result->GetError();
      }
      return false;
    };
    CompactRequest request;
    request.table = {"main", "t"};
    Compact(*db().instance, *catalog, request, progress);
  }

 private:
  std::unique_ptr<duckdb::Connection> other_;
};

TEST_F(CompactRaceTest, ChangesMadeBeforeAreCarriedOver) {
  Other("BEGIN");
  Other("DELETE FROM t WHERE i = 17");
  Other("UPDATE t SET s = 'late' WHERE i IN (25, 26, 404)");
  Other("DELETE FROM t WHERE i >= 100 AND i < 200");
  Run("CALL icefall_compact('t')");
  EXPECT_EQ(Fragments("t"), "1|450|450");
  Other("COMMIT");
  EXPECT_EQ(Rows("SELECT count(*), count(*) FILTER (s = 'late'), count(*) FILTER (i = 17), "
                 "count(*) FILTER (i BETWEEN 100 AND 199) FROM t"),
            "359|3|0|0");
  EXPECT_EQ(Rows("SELECT count(*) - count(DISTINCT rowid) FROM t"), "0");
}

TEST_F(CompactRaceTest, ChangesMadeMeanwhileAreCarriedOver) {
  TearDown();
  Open();
  Run("INSERT INTO t VALUES (1000, 'inline'), (1001, 'inline')");
  CompactWhile({"DELETE FROM t WHERE i = 17", "UPDATE t SET s = 'late' WHERE i IN (25, 26, 404)",
                "DELETE FROM t WHERE i >= 100 AND i < 200", "DELETE FROM t WHERE i = 1001",
                "INSERT INTO t VALUES (1002, 'late')", "ALTER TABLE t ADD COLUMN x INTEGER"});
  EXPECT_EQ(Rows("SELECT operation FROM icefall_snapshots('t') ORDER BY sequence DESC LIMIT 1"),
            "compact");
  EXPECT_EQ(Rows("SELECT count(*), count(*) FILTER (s = 'late'), count(*) FILTER (i = 17), "
                 "count(*) FILTER (i BETWEEN 100 AND 199), max(i) FROM t"),
            "361|4|0|0|1002");
  EXPECT_EQ(Rows("SELECT count(*) - count(DISTINCT rowid) FROM t"), "0");
}

TEST_F(CompactRaceTest, OfTwoCompactionsTheFirstCounts) {
  const std::string before = Contents("t");
  CompactWhile({"CALL icefall_compact('t')"});
  EXPECT_EQ(Contents("t"), before);
  EXPECT_EQ(Fragments("t"), "1|450|450");
}

TEST_F(CompactRaceTest, ATableDroppedMeanwhileIsNamed) {
  EXPECT_THROW(CompactWhile({"DROP TABLE t"}), duckdb::Exception);
}

TEST_F(CompactRaceTest, KeyedTablesTakeRowsMeanwhile) {
  Run("CREATE TABLE k (i INTEGER PRIMARY KEY)");
  Run("INSERT INTO k SELECT i FROM range(10) r(i)");
  Run("INSERT INTO k SELECT i FROM range(10, 20) r(i)");
  Other("BEGIN");
  Other("INSERT INTO k VALUES (30)");
  Other("UPDATE k SET i = 31 WHERE i = 3");
  Run("CALL icefall_compact('k')");
  Other("COMMIT");
  EXPECT_EQ(Rows("SELECT count(*), sum(i) FROM k"), "21|248");
}

TEST_F(CompactRaceTest, AlterTableIsNotDisturbed) {
  Other("BEGIN");
  Other("ALTER TABLE t DROP COLUMN s");
  Run("CALL icefall_compact('t')");
  Other("COMMIT");
  EXPECT_EQ(Rows("SELECT count(*), sum(i) FROM t"), Rows("SELECT 450, sum(i) FROM t"));
}

}  // namespace
}  // namespace icefall
