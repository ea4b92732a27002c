#include "sql/write/gathered_rows.h"

#include <string>

#include "sql/write/write_fixture.h"

namespace icefall {
namespace {

class GatheredRowsTest : public WriteFixture {
 protected:
  duckdb::ClientContext& context() { return *plain_->context; }

  // The numbers from `begin` to before `end`, and a text of each.
  void Append(GatheredRows& rows, int64_t begin, int64_t end) {
    duckdb::DataChunk chunk;
    chunk.Initialize(duckdb::Allocator::DefaultAllocator(), types_);
    for (int64_t i = begin; i < end; ++i) {
      const auto row = static_cast<duckdb::idx_t>(i - begin);
      chunk.SetValue(0, row, duckdb::Value::BIGINT(i));
      chunk.SetValue(1, row, duckdb::Value("a longer text for row " + std::to_string(i)));
    }
    chunk.SetCardinality(static_cast<duckdb::idx_t>(end - begin));
    rows.Append(context(), chunk);
  }

  void ExpectNumbersTo(GatheredRows& rows, int64_t end) {
    EXPECT_EQ(rows.Count(), static_cast<uint64_t>(end));
    int64_t next = 0;
    rows.ForEach([&](duckdb::DataChunk& chunk) {
      for (duckdb::idx_t row = 0; row < chunk.size(); ++row, ++next) {
        EXPECT_EQ(chunk.GetValue(0, row).GetValue<int64_t>(), next);
        EXPECT_EQ(chunk.GetValue(1, row).ToString(),
                  "a longer text for row " + std::to_string(next));
      }
      return true;
    });
    EXPECT_EQ(next, end);
  }

  const duckdb::vector<duckdb::LogicalType> types_{duckdb::LogicalType::BIGINT,
                                                   duckdb::LogicalType::VARCHAR};
};

TEST_F(GatheredRowsTest, KeepsRowsInTheirOrder) {
  GatheredRows rows(types_);
  ExpectNumbersTo(rows, 0);
  Append(rows, 0, 1);
  ExpectNumbersTo(rows, 1);
  Append(rows, 1, 60);
  ExpectNumbersTo(rows, 60);
  for (int64_t i = 60; i < 5'060; i += 1'000) Append(rows, i, i + 1'000);
  ExpectNumbersTo(rows, 5'060);
  rows.Clear();
  Append(rows, 0, 2'000);
  ExpectNumbersTo(rows, 2'000);
}

TEST_F(GatheredRowsTest, CombinesFewAndMany) {
  for (const int64_t first : {0, 2, 2'000}) {
    for (const int64_t second : {0, 2, 2'000}) {
      GatheredRows rows(types_);
      GatheredRows others(types_);
      if (first > 0) Append(rows, 0, first);
      if (second > 0) Append(others, first, first + second);
      rows.Combine(context(), others);
      ExpectNumbersTo(rows, first + second);
      Append(rows, first + second, first + second + 3);
      ExpectNumbersTo(rows, first + second + 3);
    }
  }
}

}  // namespace
}  // namespace icefall
