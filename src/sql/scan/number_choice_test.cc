#include "sql/scan/number_choice.h"

#include "duckdb/planner/filter/list.hpp"
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sql/sql_fixture.h"

namespace icefall {
namespace {

using duckdb::ConstantFilter;
using duckdb::ExpressionType;
using duckdb::Value;

duckdb::unique_ptr<duckdb::TableFilter> In(std::initializer_list<uint64_t> numbers) {
  duckdb::vector<Value> values;
  for (const auto number : numbers) values.push_back(Value::UBIGINT(number));
  return duckdb::make_uniq<duckdb::InFilter>(std::move(values));
}

TEST(NumberChoice, IsEveryNumberWithoutAFilter) {
  const auto all = NumberChoice::Of(nullptr);
  EXPECT_TRUE(all.is_all());
  EXPECT_TRUE(all.Contains(0));
  const duckdb::IsNotNullFilter other;
  EXPECT_TRUE(NumberChoice::Of(&other).is_all());
  const ConstantFilter negative(ExpressionType::COMPARE_GREATERTHAN, Value::BIGINT(-5));
  EXPECT_TRUE(NumberChoice::Of(&negative).is_all());
}

TEST(NumberChoice, HasWhatAJoinHandsDown) {
  duckdb::ConjunctionAndFilter all;
  all.child_filters.push_back(duckdb::make_uniq<ConstantFilter>(
      ExpressionType::COMPARE_GREATERTHANOREQUALTO, Value::UBIGINT(3)));
  all.child_filters.push_back(duckdb::make_uniq<ConstantFilter>(
      ExpressionType::COMPARE_LESSTHANOREQUALTO, Value::UBIGINT(9)));
  const auto range = NumberChoice::Of(&all);
  EXPECT_FALSE(range.values());
  EXPECT_FALSE(range.Contains(2));
  EXPECT_TRUE(range.Contains(3));
  EXPECT_FALSE(range.Contains(10));
  all.child_filters.push_back(duckdb::make_uniq<duckdb::OptionalFilter>(In({9, 3, 9, 5})));
  const auto some = NumberChoice::Of(&all);
  EXPECT_THAT(some.values(), testing::Optional(testing::ElementsAre(3, 5, 9)));
  EXPECT_FALSE(some.Contains(4));
  EXPECT_TRUE(some.Contains(5));
}

// 20 files of 1,000 rows.
class PlaceSql : public SqlFixture {
 protected:
  PlaceSql() {
    Open(", INLINE_ROW_LIMIT 5, FRAGMENT_ROW_LIMIT 1000, RESULT_CACHE false");
    Run("CREATE TABLE t AS SELECT i AS k, (i * 7919) % 20011 AS other, 'text ' || i AS s FROM "
        "range(20000) r(i)");
    Run("DELETE FROM t WHERE k % 1000 = 7");
    Run("INSERT INTO t VALUES (-1, 30000, 'inline')");
  }
};

TEST_F(PlaceSql, FiltersOnPlacesFindRows) {
  const auto place = Rows("SELECT file_index, file_row_number FROM t WHERE k = 5008");
  const auto file = place.substr(0, place.find('|'));
  const auto position = place.substr(place.find('|') + 1);
  const auto in_file = " AND file_index = " + file;
  EXPECT_EQ(Rows("SELECT k, s FROM t WHERE file_row_number = " + position + in_file),
            "5008|text 5008");
  // 5007 is deleted, and no file has so many rows.
  EXPECT_EQ(Rows(fmt::format("SELECT k FROM t WHERE file_row_number IN ({0} - 2, {0} - 1, {0}, "
                             "500000){1} ORDER BY k",
                             position, in_file)),
            "5006\n5008");
  const auto count = [&](const std::string& condition) {
    return Rows("SELECT count(*), sum(k) FROM t WHERE " + condition);
  };
  EXPECT_EQ(count("file_row_number IN (3, 8)"), count("file_row_number + 0 IN (3, 8)"));
  EXPECT_EQ(count("file_index >= " + file), count("file_index + 0 >= " + file));
  EXPECT_EQ(count("file_index IN (2, 4, 99)"), count("file_index + 0 IN (2, 4, 99)"));
  EXPECT_EQ(Rows("SELECT k FROM t WHERE file_index = 99999 OR file_index = 0"), "-1");
}

TEST_F(PlaceSql, RowsOfATopNAreFetchedByPlace) {
  const auto found = Rows("SELECT * FROM t ORDER BY other DESC LIMIT 4");
  EXPECT_EQ(found.substr(0, 15), "-1|30000|inline");
  EXPECT_EQ(found, Rows("SELECT k, o, s FROM (SELECT *, other + 0 AS o FROM t) ORDER BY o DESC "
                        "LIMIT 4"));
  EXPECT_EQ(Rows("SELECT k, s FROM t ORDER BY k DESC LIMIT 3 OFFSET 990"),
            "19009|text 19009\n19008|text 19008\n19006|text 19006");
}

}  // namespace
}  // namespace icefall
