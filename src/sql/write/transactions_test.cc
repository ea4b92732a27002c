// Two connections at once: what is refused, in whose words, and what is not.
#include "sql/write/write_fixture.h"

namespace icefall {
namespace {

class TransactionsTest : public WriteFixture {
 protected:
  TransactionsTest() {
    other_ = Connect();
    MustRun(*other_, "USE lake");
  }

  // The error of ours when it commits behind `theirs`; empty when there was none.
  std::string CommitBehind(const std::string& mine, const std::string& theirs) {
    Ours("BEGIN");
    Ours(mine);
    MustRun(*other_, theirs);
    const auto result = ours_->Query("COMMIT");
    return result->HasError() ? result->GetError() : "";
  }

  std::unique_ptr<duckdb::Connection> other_;
};

TEST_F(TransactionsTest, WriteSkewIsRefusedInSerializableModeOnly) {
  for (const std::string mode : {"snapshot", "serializable"}) {
    Ours("CREATE OR REPLACE TABLE doctors(id INTEGER, on_call BOOLEAN)");
    Ours("INSERT INTO doctors VALUES (1, true), (2, true)");
    const std::string leave =
        "UPDATE doctors SET on_call = false WHERE (SELECT count(*) FROM doctors WHERE on_call) > 1 "
        "AND id = ";
    Ours("SET icefall_isolation = '" + mode + "'");
    const auto error = CommitBehind(leave + "1", leave + "2");
    if (mode == "snapshot") {
      EXPECT_EQ(error, "");
      EXPECT_EQ(Ours("SELECT count(*) FROM doctors WHERE on_call"), "0|\n");
    } else {
      EXPECT_THAT(error, ::testing::HasSubstr("\"doctors\": this transaction read the table at "
                                              "commit 2 (serializable), and commit 3 has changed"));
      EXPECT_EQ(Ours("FROM doctors WHERE on_call"), "1|true|\n");
    }
  }
  EXPECT_THAT(ours_->Query("SET icefall_isolation = 'none'")->GetError(),
              ::testing::HasSubstr("expected 'snapshot' or 'serializable', found 'none'"));
}

TEST_F(TransactionsTest, AConflictNamesRowsAndCommit) {
  Ours("CREATE TABLE t AS SELECT i FROM range(1000) r(i)");
  EXPECT_THAT(
      CommitBehind("UPDATE t SET i = -i WHERE i BETWEEN 10 AND 20", "DELETE FROM t WHERE i < 12"),
      ::testing::AllOf(::testing::HasSubstr("rows 10"), ::testing::HasSubstr("11"),
                       ::testing::HasSubstr("by this transaction and by commit 2")));
  EXPECT_EQ(CommitBehind("DELETE FROM t WHERE i = 30", "DELETE FROM t WHERE i = 31"), "");
  EXPECT_EQ(Ours("SELECT count(*), sum(i) FROM t"), "986|499373|\n");
}

TEST_F(TransactionsTest, MovingInlineRowsToFilesConflictsWithNoChangeOfThem) {
  Ours("CREATE TABLE t (i INTEGER, s VARCHAR)");
  Ours("INSERT INTO t SELECT range, 'first' FROM range(5)");
  // Together more than lines should carry: moved behind the last of these commits.
  const auto insert = [](int begin) {
    std::string statements;
    for (int i = 0; i < 20; ++i) {
      statements += "INSERT INTO t SELECT range, repeat('x', 600) FROM range(" +
                    std::to_string(begin + i * 100) + ", " + std::to_string(begin + i * 100 + 100) +
                    ");";
    }
    return statements;
  };
  EXPECT_EQ(CommitBehind("DELETE FROM t WHERE i = 3", insert(1000)), "");
  EXPECT_NE(Ours("SELECT count(*) FROM glob('" + folder_.string() + "/t/data/*.parquet')"), "0|\n");
  EXPECT_EQ(CommitBehind("UPDATE t SET s = 'changed' WHERE i IN (1, 1001)", insert(5000)), "");
  EXPECT_EQ(Ours("SELECT i, s[:7] FROM t WHERE i < 1003 OR i > 6998"),
            "0|'first'|\n1000|'xxxxxxx'|\n1001|'changed'|\n1002|'xxxxxxx'|\n1|'changed'|\n"
            "2|'first'|\n4|'first'|\n6999|'xxxxxxx'|\n");
  EXPECT_EQ(Ours("SELECT count(*), count(DISTINCT rowid) FROM t"), "4004|4004|\n");
  EXPECT_THAT(CommitBehind("DELETE FROM t WHERE i = 2", "UPDATE t SET s = 'other' WHERE i = 2"),
              ::testing::HasSubstr("by this transaction and by commit"));
}

TEST_F(TransactionsTest, ManySmallStatementsMakeOneBatch) {
  Ours("CREATE TABLE t (i INTEGER PRIMARY KEY, s VARCHAR)");
  Ours("BEGIN");
  for (int i = 0; i < 20; ++i) Ours("INSERT INTO t VALUES (" + std::to_string(i) + ", 'a')");
  Ours("DELETE FROM t WHERE i = 7");
  for (int i = 20; i < 40; ++i) Ours("INSERT INTO t VALUES (" + std::to_string(i) + ", 'b')");
  Ours("UPDATE t SET s = 'c' WHERE i = 9");
  Ours("COMMIT");
  EXPECT_EQ(Ours("SELECT count(*), sum(i), max(s), count(DISTINCT rowid) FROM t"),
            "39|773|'c'|39|\n");
  const auto line =
      MustRun(*other_, "SELECT content FROM read_text('" + folder_.string() + "/t/_log/*.jsonl')");
  size_t batches = 0;
  for (size_t at = 0; (at = line.find("first_position", at)) != std::string::npos; ++at) ++batches;
  EXPECT_EQ(batches, 3U) << line;  // around the two rows that came and went
}

struct Beside {
  const char* alter;
  const char* insert_error;  // empty: both are kept
  const char* delete_error;
};

TEST_F(TransactionsTest, SchemaChangesBesideWriters) {
  const Beside cases[] = {
      {"ADD COLUMN n INTEGER DEFAULT 7", "", ""},
      {"ADD COLUMN s.c INTEGER DEFAULT 8", "", ""},
      {"RENAME COLUMN g TO h", "", ""},
      {"RENAME COLUMN s.a TO aa", "", ""},
      {"SET PARTITIONED BY (g)", "", ""},
      {"SET SORTED BY (g)", "", ""},
      {"DROP COLUMN g", "column 'g' was dropped by commit 3", ""},
      {"ALTER g TYPE BIGINT", "", ""},
      {"ALTER g TYPE SMALLINT", "column 'g' was changed from INTEGER to SMALLINT by commit 3",
       "commit 3"},
      {"ALTER g TYPE VARCHAR", "column 'g' was changed from INTEGER to VARCHAR by commit 3",
       "commit 3"},
      {"ALTER g SET NOT NULL", "column 'g' became NOT NULL by commit 3", ""},
  };
  for (const auto& [alter, insert_error, delete_error] : cases) {
    for (const bool inserts : {true, false}) {
      Ours("CREATE OR REPLACE TABLE t(id INTEGER, g INTEGER, s STRUCT(a INTEGER))");
      Ours("INSERT INTO t SELECT i, i, {'a': i} FROM range(200) r(i)");
      const std::string words = inserts ? insert_error : delete_error;
      const auto error = CommitBehind(
          inserts ? "INSERT INTO t VALUES (1000, NULL, {'a': 1})" : "DELETE FROM t WHERE id < 50",
          std::string("ALTER TABLE t ") + alter);
      if (words.empty()) {
        EXPECT_EQ(error, "") << alter;
      } else {
        EXPECT_THAT(error, ::testing::HasSubstr(words)) << alter;
      }
      const std::string kept = !words.empty() ? "200" : inserts ? "201" : "150";
      EXPECT_EQ(Ours("SELECT count(*) FROM t"), kept + "|\n") << alter;
      EXPECT_EQ(Ours("SELECT count(hash(t)) FROM t"), kept + "|\n") << alter;
    }
  }
}

TEST_F(TransactionsTest, AddedColumnsReadAsTheirDefaultInRowsOfAnOlderSchema) {
  Ours("CREATE TABLE t(id INTEGER, s STRUCT(a INTEGER))");
  EXPECT_EQ(CommitBehind("INSERT INTO t VALUES (1, {'a': 1}), (2, NULL)",
                         "ALTER TABLE t ADD COLUMN n INTEGER DEFAULT 7"),
            "");
  EXPECT_EQ(CommitBehind("INSERT INTO t SELECT i, {'a': i}, -1 FROM range(200) r(i)",
                         "ALTER TABLE t RENAME COLUMN s.a TO b"),
            "");
  EXPECT_EQ(Ours("SELECT id, n, s.b FROM t WHERE id < 3 AND n = 7"), "1|7|1|\n2|7|NULL|\n");
  EXPECT_EQ(Ours("SELECT count(*), sum(s.b) FROM t WHERE n = -1"), "200|19900|\n");
}

}  // namespace
}  // namespace icefall
