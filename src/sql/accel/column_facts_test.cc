#include "sql/accel/column_facts.h"

#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/main/materialized_query_result.hpp"
#include <gmock/gmock.h>

namespace icefall {
namespace {

using testing::ElementsAre;

class ColumnFactsTest : public testing::Test {
 protected:
  // Of the rows of some queries, one after the other, a row group each.
  std::vector<FactsOfColumn> FactsOf(const std::vector<std::string>& queries) {
    FactsOfFile file;
    duckdb::vector<duckdb::LogicalType> types;
    std::vector<FieldId> fields;
    for (const auto& sql : queries) {
      const auto result = connection_.Query(sql);
      EXPECT_FALSE(result->HasError()) << result->GetError();
      const auto& rows = result->Collection();
      types = rows.Types();
      file.Append(CollectGroupFacts(rows, types.size()), rows.Count());
    }
    for (size_t i = 0; i < types.size(); ++i) fields.emplace_back(static_cast<int32_t>(i));
    return file.Finish(fields, types);
  }

  static std::vector<uint64_t> Positions(const std::vector<LiveExtremes::Row>& rows) {
    std::vector<uint64_t> positions;
    for (const auto& row : rows) positions.push_back(row.position);
    return positions;
  }

 private:
  duckdb::DuckDB db_{nullptr};
  duckdb::Connection connection_{db_};
};

TEST_F(ColumnFactsTest, AreTheFirstRowsOfBothEndsInOrder) {
  const auto facts = FactsOf({"SELECT hash(i) % 5000 FROM range(30000) r(i)",
                              "SELECT hash(i) % 5000 FROM range(30000, 70000) r(i)"});
  duckdb::DuckDB db(nullptr);
  duckdb::Connection connection(db);
  for (const bool is_smallest : {true, false}) {
    const auto expected =
        connection.Query(std::string("SELECT i FROM range(70000) r(i) ORDER BY hash(i) % 5000 ") +
                         (is_smallest ? "" : "DESC ") + ", i LIMIT 64");
    std::vector<uint64_t> positions;
    for (duckdb::idx_t i = 0; i < 64; ++i) {
      positions.push_back(expected->GetValue(0, i).GetValue<uint64_t>());
    }
    EXPECT_EQ(Positions(is_smallest ? facts[0].smallest : facts[0].largest), positions);
  }
  EXPECT_EQ(facts[0].nulls, "");
}

TEST_F(ColumnFactsTest, LeaveNullsOutAndNoteThem) {
  const auto facts = FactsOf({"SELECT CASE WHEN i % 2 = 0 THEN i END, [i] FROM range(4) r(i)",
                              "SELECT NULL::BIGINT, NULL::BIGINT[] FROM range(3)",
                              "SELECT i, [i] FROM range(7, 9) r(i)"});
  EXPECT_THAT(Positions(facts[0].smallest), ElementsAre(0, 2, 7, 8));
  EXPECT_THAT(Positions(facts[0].largest), ElementsAre(8, 7, 2, 0));
  DeletionVector all;
  all.AddRange(0, 9);
  EXPECT_EQ(CountNullsAt(facts[0].nulls, all), 5U);
  EXPECT_TRUE(facts[1].smallest.empty());
  EXPECT_EQ(CountNullsAt(facts[1].nulls, all), 3U);
}

TEST_F(ColumnFactsTest, NothingIsToldBehindATextThatIsTooLong) {
  // What is cut would sort before the second one.
  const auto facts = FactsOf({"SELECT unnest(['a', repeat('b', 3000) || 'c', 'x'])",
                              "SELECT unnest([repeat('b', 3000) || 'a', 'ab', 'c', 'y'])"});
  EXPECT_THAT(Positions(facts[0].smallest), ElementsAre(0, 4));
  EXPECT_THAT(Positions(facts[0].largest), ElementsAre(6, 2, 5));
  EXPECT_EQ(facts[0].smallest[1].value.ToString(), "ab");
}

TEST_F(ColumnFactsTest, NumbersThatAreNoneAreTheLargest) {
  const auto facts = FactsOf({"SELECT unnest(['1.5', 'nan', '-inf', 'inf', NULL])::DOUBLE"});
  EXPECT_THAT(Positions(facts[0].smallest), ElementsAre(2, 0, 3, 1));
  EXPECT_THAT(Positions(facts[0].largest), ElementsAre(1, 3, 0, 2));
}

}  // namespace
}  // namespace icefall
