// DELETE of whole data files: the same rows go as from a plain DuckDB table, without the files
// being read, which the tests take away.
#include "sql/write/write_fixture.h"

namespace icefall {
namespace {

class WholeFragmentsTest : public WriteFixture {
 protected:
  void SetUp() override {
    Both("SET threads = 1");
    MustRun(*plain_, std::string(kColumns) + ")");
    MustRun(*ours_, std::string(kColumns) + ") PARTITIONED BY (p)");
    for (int part = 0; part < 5; ++part) {
      Both("INSERT INTO t SELECT '" + PartName(part) + "', i, CASE WHEN i % 10 = 0 THEN NULL " +
           "ELSE i END, i / 2, 's' || i FROM range(" + std::to_string(part * 1000) + ", " +
           std::to_string(part * 1000 + 1000) + ") r(i)");
    }
    Both("INSERT INTO t SELECT NULL, i, NULL, 'nan', NULL FROM range(5000, 6000) r(i)");
    Both("INSERT INTO t VALUES ('part number 1', 1500, 7, 7, 'in the log')");
  }

  static std::string PartName(int part) { return "part number " + std::to_string(part); }

  // Takes the data files away of which this is true.
  void Hide(const std::string& condition) {
    auto files =
        plain_->Query("SELECT DISTINCT filename FROM lake.t WHERE snapshot_sequence > 0 AND " +
                      condition + " AND filename LIKE '%.parquet'");
    ASSERT_FALSE(files->HasError()) << files->GetError();
    ASSERT_GT(files->RowCount(), 0U);
    for (size_t row = 0; row < files->RowCount(); ++row) {
      hidden_.emplace_back(files->GetValue(0, row).ToString());
      std::filesystem::rename(hidden_.back(), hidden_.back() + ".hidden");
    }
  }

  void Return() {
    for (const auto& path : hidden_) std::filesystem::rename(path + ".hidden", path);
    hidden_.clear();
  }

  // The deletion needs no file with rows of which `hidden` is true.
  void DeletesWithout(const std::string& hidden, const std::string& condition) {
    Hide(hidden);
    Both("DELETE FROM t WHERE " + condition);
    Return();
    ExpectSame("t");
    Both("SELECT count(*), count(v), min(i), max(i) FROM t");
    Both("SELECT p, count(*) FROM t GROUP BY p");
  }

  static constexpr const char* kColumns =
      "CREATE TABLE t(p VARCHAR, i INTEGER, v BIGINT, f DOUBLE, s VARCHAR";
  std::vector<std::string> hidden_;
};

TEST_F(WholeFragmentsTest, APartitionGoesUnread) { DeletesWithout("true", "p = 'part number 2'"); }

TEST_F(WholeFragmentsTest, SeveralPartitionsGoUnread) {
  DeletesWithout("true", "p IN ('part number 1', 'part number 3')");
  DeletesWithout("true", "p > 'part number 3'");
}

TEST_F(WholeFragmentsTest, ThePartitionOfNullGoesUnread) {
  DeletesWithout("true", "p IS NULL");
  DeletesWithout("true", "p IS NOT NULL");
}

TEST_F(WholeFragmentsTest, AnExpressionOverThePartitionDecides) {
  DeletesWithout("true", "length(p) = 13 AND right(p, 1)::INTEGER % 2 = 0");
  DeletesWithout("true", "upper(p) = 'PART NUMBER 1' OR p = 'part number 3'");
}

TEST_F(WholeFragmentsTest, OnlyTheFilesThatARangeCutsAreRead) {
  DeletesWithout("i < 1000 OR i >= 3000", "i < 2500");
  DeletesWithout("i >= 3000 AND i < 5000", "i >= 3000 AND f < 'nan'");
}

TEST_F(WholeFragmentsTest, ARangeOfAColumnWithNullsIsRead) {
  Both("DELETE FROM t WHERE v >= 0 AND v < 1000");
  ExpectSame("t");
  Both("SELECT count(*) FROM t WHERE i < 1000");
}

TEST_F(WholeFragmentsTest, NanIsMoreThanAllNumbers) {
  Both("DELETE FROM t WHERE f <= 100");
  ExpectSame("t");
  DeletesWithout("i >= 3000 AND i < 5000", "f >= 500");
}

TEST_F(WholeFragmentsTest, WhatWasDeletedBeforeIsNotCountedAgain) {
  Both("DELETE FROM t WHERE i % 3 = 0");
  DeletesWithout("true", "p = 'part number 1'");
  Both("BEGIN");
  MustRun(*ours_, "DELETE FROM t WHERE i % 5 = 0");
  MustRun(*ours_, "DELETE FROM t WHERE p = 'part number 2'");
  EXPECT_EQ(Ours("SELECT count(*) FROM t WHERE p = 'part number 2' OR i % 5 = 0"), "0|\n");
  Both("ROLLBACK");
  ExpectSame("t");
}

TEST_F(WholeFragmentsTest, ReturningAnswersTheRows) {
  Both("DELETE FROM t WHERE p = 'part number 2' RETURNING *");
  ExpectSame("t");
}

TEST_F(WholeFragmentsTest, ChangesHaveTheRowsAsTheyWere) {
  const auto before = Ours("SELECT i, v, s FROM t WHERE p = 'part number 2'");
  Both("DELETE FROM t WHERE p = 'part number 2'");
  EXPECT_EQ(Ours("SELECT i, v, s FROM icefall_changes('t', 8, 9)"), before);
}

TEST_F(WholeFragmentsTest, APreparedDeletionFollowsItsParameterAndTheTable) {
  for (auto* side : {plain_.get(), ours_.get()}) {
    MustRun(*side, "PREPARE d AS DELETE FROM t WHERE p = $1");
  }
  Both("EXECUTE d('part number 0')");
  ExpectSame("t");
  Both("EXECUTE d('part number 4')");
  ExpectSame("t");
  Both("INSERT INTO t SELECT 'part number 4', i, i, i, 'again' FROM range(9000, 10000) r(i)");
  Both("EXECUTE d('part number 4')");
  ExpectSame("t");
}

TEST_F(WholeFragmentsTest, AColumnOfAnotherTypeIsJudgedByItsValues) {
  Both("ALTER TABLE t ALTER i TYPE BIGINT");
  DeletesWithout("i < 1000", "i < 1000");
  Both("ALTER TABLE t ALTER v TYPE VARCHAR");
  Both("DELETE FROM t WHERE v < '3'");
  ExpectSame("t");
}

TEST_F(WholeFragmentsTest, CountsByPartitionNeedNoFile) {
  Both("DELETE FROM t WHERE s = 'in the log'");
  Hide("true");
  EXPECT_EQ(Ours("SELECT count(*), min(i), max(i) FROM t WHERE p = 'part number 3'"),
            "1000|3000|3999|\n");
  Return();
}

}  // namespace
}  // namespace icefall
