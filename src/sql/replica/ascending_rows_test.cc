#include "sql/replica/ascending_rows.h"

#include <fstream>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sql/replica/replica_fixture.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;
using testing::ElementsAre;
using testing::HasSubstr;

void Add(AscendingRows& rows, const LogicalType& type, const std::vector<Value>& values) {
  duckdb::Vector vector(type, values.size());
  for (size_t i = 0; i < values.size(); ++i) vector.SetValue(i, values[i]);
  rows.Add(vector, values.size());
}

TEST(AscendingRowsTest, NotesWhereValuesBeginAnew) {
  AscendingRows rows;
  Add(rows, LogicalType::INTEGER, {-5, -5, 7});
  Add(rows, LogicalType::INTEGER, {7, 6, 6, 9});
  Add(rows, LogicalType::INTEGER, {8});
  ASSERT_TRUE(rows.is_known());
  EXPECT_THAT(rows.descents(), ElementsAre(4, 7));
  EXPECT_TRUE(rows.Ascends(0, 4));
  EXPECT_FALSE(rows.Ascends(0, 5));
  EXPECT_TRUE(rows.Ascends(4, 7));
  EXPECT_FALSE(rows.Ascends(3, 6));
  EXPECT_FALSE(rows.Ascends(6, 8));
  EXPECT_TRUE(rows.Ascends(7, 8));
}

TEST(AscendingRowsTest, ReadsValuesAsTheyAreOrdered) {
  AscendingRows wide;
  Add(wide, LogicalType::UINTEGER, {Value::UINTEGER(1), Value::UINTEGER(4'000'000'000)});
  EXPECT_TRUE(wide.Ascends(0, 2));
  AscendingRows narrow;
  Add(narrow, LogicalType::TINYINT, {Value::TINYINT(-128), Value::TINYINT(127)});
  EXPECT_TRUE(narrow.Ascends(0, 2));
  AscendingRows decimal;
  Add(decimal, LogicalType::DECIMAL(18, 2),
      {Value::DECIMAL(int64_t{200}, 18, 2), Value::DECIMAL(int64_t{100}, 18, 2)});
  EXPECT_THAT(decimal.descents(), ElementsAre(1));
}

TEST(AscendingRowsTest, KnowsNothingOfOtherColumns) {
  AscendingRows with_null;
  Add(with_null, LogicalType::BIGINT, {Value::BIGINT(1), Value(LogicalType::BIGINT)});
  EXPECT_FALSE(with_null.is_known());
  EXPECT_FALSE(with_null.Ascends(0, 1));
  AscendingRows text;
  Add(text, LogicalType::VARCHAR, {"a", "b"});
  EXPECT_FALSE(text.is_known());
  AscendingRows large;
  Add(large, LogicalType::UBIGINT, {Value::UBIGINT(1)});
  EXPECT_FALSE(large.is_known());
  AscendingRows restless;
  for (size_t i = 0; i <= AscendingRows::kDescentsMax; ++i) {
    Add(restless, LogicalType::INTEGER, {2, 1});
  }
  EXPECT_FALSE(restless.is_known());
}

TEST(AscendingRowsTest, ComeBackFromTheirText) {
  AscendingRows none;
  Add(none, LogicalType::VARCHAR, {"a"});
  const auto text = EncodeAscendingRows({AscendingRows({3, 90}), none, AscendingRows()});
  EXPECT_EQ(text, "0 3 90\n2\n");
  const auto columns = DecodeAscendingRows(text, 3);
  ASSERT_TRUE(columns);
  EXPECT_THAT(columns->at(0)->descents(), ElementsAre(3, 90));
  EXPECT_FALSE(columns->at(1));
  EXPECT_TRUE(columns->at(2)->descents().empty());
  for (const char* wrong : {"0 3", "3\n", "x\n", "0 3 3\n", "0 3 x\n", "0  3\n", "0,3\n", "-1\n",
                            "0 99999999999999999999\n", "\n"}) {
    EXPECT_FALSE(DecodeAscendingRows(wrong, 3)) << wrong;
  }
  EXPECT_EQ(DecodeAscendingRows("", 2)->size(), 2);
}

class AscendingReplicaTest : public ReplicaFixture {
 protected:
  void SetUp() override {
    ReplicaFixture::SetUp();
    // Row groups of 122,880 rows: `a` ascends, each value in three vectors, `b` begins anew in the
    // second and in the third, `day` and `m` ascend in steps, `n` has a NULL.
    Run("CREATE TABLE t WITH (replica = 'duckdb') AS SELECT (i // 5000)::INTEGER AS a, "
        "(i + CASE WHEN i < 200000 THEN 1000000 WHEN i < 245760 THEN 0 ELSE -300000 END)::BIGINT "
        "AS b, DATE '2020-01-01' + (i // 977)::INTEGER AS day, ((i // 31) / 4)::DECIMAL(12,2) AS "
        "m, "
        "CASE WHEN i <> 17 THEN i END AS n, (hash(i) % 1000)::INTEGER AS h FROM range(300000) "
        "r(i)");
    Run("CREATE TABLE memory.main.t AS FROM t");
    EXPECT_EQ(Replicate(), "1|0|0");
  }

  void Compare(std::mt19937& random, int rounds) {
    const auto between = [&](const char* column, int64_t from, int64_t to, const char* value) {
      std::uniform_int_distribution<int64_t> any(from, to);
      auto lower = any(random);
      auto upper = random() % 2 == 0 ? lower + static_cast<int64_t>(random() % 3) : any(random);
      const char* less = random() % 2 == 0 ? "<" : "<=";
      const char* greater = random() % 2 == 0 ? ">" : ">=";
      const auto a =
          fmt::format("{} {} {}", column, greater, fmt::format(fmt::runtime(value), lower));
      const auto b = fmt::format("{} {} {}", column, less, fmt::format(fmt::runtime(value), upper));
      switch (random() % 4) {
        case 0:
          return a;
        case 1:
          return b;
        case 2:
          return fmt::format("{} = {}", column, fmt::format(fmt::runtime(value), lower));
        default:
          return a + " AND " + b;
      }
    };
    const auto condition = [&] {
      switch (random() % 5) {
        case 0:
          return between("a", -2, 62, "{}");
        case 1:
          return between("b", -60'000, 1'210'000, "{}");
        case 2:
          return between("day", -3, 310, "DATE '2020-01-01' + ({})::INTEGER");
        case 3:
          return between("m", -2, 2'500, "{}.25");
        default:
          return between("n", -5, 300'005, "{}");
      }
    };
    for (int round = 0; round < rounds; ++round) {
      auto where = condition();
      if (random() % 2 == 0) where += " AND " + condition();
      if (random() % 3 == 0) where += " AND h < 500";
      ExpectSame("SELECT count(*), sum(b), min(n), max(h) FROM % WHERE " + where);
      if (random() % 5 == 0) ExpectSame("FROM % WHERE " + where + " ORDER BY b DESC, h LIMIT 5");
    }
  }
};

TEST_F(AscendingReplicaTest, AnswerRangesLikeDuckdb) {
  std::mt19937 random(11);
  Compare(random, 120);
  Change("DELETE FROM % WHERE h % 7 = 3 OR a IN (0, 25, 59)");
  Compare(random, 60);
  Run("ALTER TABLE t RENAME a TO x");
  Run("ALTER TABLE memory.main.t RENAME a TO x");
  ExpectSame("SELECT count(*), sum(b) FROM % WHERE x = 33");
  Run("ALTER TABLE t ALTER m TYPE DOUBLE");
  Run("ALTER TABLE memory.main.t ALTER m TYPE DOUBLE");
  ExpectSame("SELECT count(*), sum(b) FROM % WHERE m BETWEEN 700.1 AND 700.3");
}

TEST_F(AscendingReplicaTest, ReadTheRestOfADamagedFileFromParquet) {
  const auto file = ReplicaFiles().front();
  std::string bytes;
  {
    std::ifstream in(file, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::mt19937 random(5);
  int damaged = 0;
  for (int round = 0; round < 12; ++round) {
    auto changed = bytes;
    // Behind the three headers, a byte in each of some blocks.
    for (size_t at = 12'288 + 262'144 * (random() % 3) + random() % 200'000; at < changed.size();
         at += 262'144 * (1 + random() % 3)) {
      changed[at] = static_cast<char>(changed[at] ^ 0x55);
    }
    Open(", INLINE_ROW_LIMIT 10");
    Settle();
    Run("CREATE TABLE memory.main.t AS SELECT * FROM read_parquet('" + path() +
        "/t/**/*.parquet')");
    std::filesystem::remove(file);
    std::ofstream(file, std::ios::binary) << changed;
    for (const char* where : {"a = 41", "b BETWEEN 5000 AND 240000", "day > DATE '2020-10-01'"}) {
      ExpectSame(std::string("SELECT count(*), sum(b), min(n), max(h) FROM % WHERE ") + where);
    }
    damaged += std::filesystem::exists(file) ? 0 : 1;
    Replicate();
  }
  EXPECT_GT(damaged, 0);
}

TEST_F(AscendingReplicaTest, AreCheckedForWhatTheyNote) {
  EXPECT_EQ(Rows("SELECT count(*) FROM icefall_check('t', checksums := true)"), "0");
  const auto file = ReplicaFiles().front();
  Close();
  {
    duckdb::DuckDB db(file.string());
    duckdb::Connection connection(db);
    const auto noted =
        connection.Query("SELECT comment FROM duckdb_tables() WHERE table_name = 'ascending'");
    EXPECT_EQ(noted->GetValue(0, 0).ToString(), "0\n1 200000 245760\n2\n3\n");
    EXPECT_FALSE(connection.Query("COMMENT ON TABLE ascending IS '1\n'")->HasError());
  }
  Open(", INLINE_ROW_LIMIT 10");
  EXPECT_THAT(Rows("SELECT message FROM icefall_check('t', checksums := true)"),
              HasSubstr("ascend"));
}

}  // namespace
}  // namespace icefall
