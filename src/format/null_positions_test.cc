#include "format/null_positions.h"

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace icefall {
namespace {

DeletionVector Positions(const std::set<uint64_t>& positions) {
  DeletionVector result;
  for (const uint64_t position : positions) result.Add(position);
  return result;
}

TEST(NullPositions, AreFoundInEveryFormOfGroup) {
  std::mt19937_64 random(7);
  std::vector<GroupNulls> groups;
  std::set<uint64_t> nulls;
  uint64_t first_row = 0;
  // None, all, a list, bits; and numbers of rows that fill no whole bytes.
  for (const auto& [row_count, percent] : std::vector<std::pair<uint64_t, uint64_t>>{
           {1000, 0}, {64, 100}, {5001, 1}, {1003, 50}, {1, 100}, {7, 30}, {3, 0}}) {
    std::vector<uint32_t> rows;
    for (uint32_t row = 0; row < row_count; ++row) {
      if (random() % 100 < percent) rows.push_back(row);
    }
    for (const uint32_t row : rows) nulls.insert(first_row + row);
    groups.push_back(EncodeGroupNulls(rows, row_count));
    first_row += row_count;
  }
  const auto bytes = EncodeNulls(groups);
  for (uint64_t position = 0; position < first_row; ++position) {
    EXPECT_EQ(CountNullsAt(bytes, Positions({position})), nulls.count(position)) << position;
  }
  EXPECT_EQ(CountNullsAt(bytes, Positions(nulls)), nulls.size());
  EXPECT_EQ(CountNullsAt(bytes, Positions({0, first_row - 1})),
            nulls.count(0) + nulls.count(first_row - 1));
  EXPECT_EQ(CountNullsAt(bytes, Positions({})), 0U);
  EXPECT_FALSE(CountNullsAt(bytes, Positions({first_row})).has_value());
}

TEST(NullPositions, DamagedBytesTellNothing) {
  const std::vector<uint32_t> rows = {1, 2, 900};
  const auto bytes = EncodeNulls({EncodeGroupNulls(rows, 1000), EncodeGroupNulls({}, 50)});
  const auto all = Positions({0, 1, 900, 1049});
  ASSERT_EQ(CountNullsAt(bytes, all), 2U);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(CountNullsAt(std::string_view(bytes).substr(0, size), all).has_value()) << size;
  }
  // Whatever a byte becomes, nothing outside is read.
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int bit : {0, 4, 7}) {
      auto damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      (void)CountNullsAt(damaged, all);
    }
  }
}

}  // namespace
}  // namespace icefall
