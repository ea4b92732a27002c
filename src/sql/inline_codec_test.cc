#include "sql/inline_codec.h"

#include <string>
#include <utility>

#include "duckdb/common/allocator.hpp"
#include "duckdb/common/exception.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/main/materialized_query_result.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall {
namespace {

class InlineCodec : public testing::Test {
 protected:
  duckdb::unique_ptr<duckdb::MaterializedQueryResult> Query(const std::string& sql) {
    auto result = connection_.Query(sql);
    EXPECT_FALSE(result->HasError()) << result->GetError();
    return result;
  }
  std::string Encode(const std::string& sql) {
    auto result = Query(sql);
    types_ = result->types;
    InlineRowEncoder encoder({types_.begin(), types_.end()});
    while (auto chunk = result->Fetch()) encoder.Append(*chunk);
    row_count_ = encoder.row_count();
    return encoder.Finish();
  }
  // With the types and count of the last Encode.
  duckdb::unique_ptr<duckdb::ColumnDataCollection> Decode(std::string text) {
    InlineBatch batch;
    batch.row_count = row_count_;
    batch.added_at = Sequence(7);
    batch.rows = std::move(text);
    auto rows = duckdb::make_uniq<duckdb::ColumnDataCollection>(
        duckdb::Allocator::DefaultAllocator(), types_);
    DecodeInlineRows(batch, *rows);
    return rows;
  }
  std::string ErrorOfDecoding(const std::string& text) {
    try {
      Decode(text);
    } catch (const duckdb::IOException& exception) {
      return duckdb::ErrorData(exception).RawMessage();
    }
    return "";
  }

  duckdb::DuckDB db_{nullptr};
  duckdb::Connection connection_{db_};
  duckdb::vector<duckdb::LogicalType> types_;
  uint64_t row_count_ = 0;
};

// The example of docs/format/inline-rows.md.
constexpr auto kExample =
    R"([[1,"9.50",["a","b"],[0,-3,1000000],[4,5],["s","q"]],[2,null,[],null,null,null]])";

TEST_F(InlineCodec, WritesTheDocumentedExample) {
  EXPECT_EQ(Encode("SELECT id::BIGINT, price::DECIMAL(9,2), tags::VARCHAR[], span::INTERVAL, "
                   "a::STRUCT(x INTEGER, y INTEGER), kind FROM (VALUES "
                   "(1, 9.5, ['a', 'b'], to_days(-3) + to_seconds(1), {'x': 4, 'y': 5}, "
                   "union_value(s := 'q')::UNION(n INTEGER, s VARCHAR)), "
                   "(2, NULL, [], NULL, NULL, NULL)) v(id, price, tags, span, a, kind)"),
            kExample);
}

TEST_F(InlineCodec, ReadsBackWhatItWrote) {
  const std::string sql =
      "SELECT i, i::HUGEINT * 100000000000000000000::HUGEINT h, CASE WHEN i % 3 = 0 THEN NULL ELSE "
      "'s' || i END s, [i, NULL] l, MAP {i: 'v' || i} m, to_months(-i::INTEGER) p, (i / "
      "7.0)::DOUBLE "
      "d, '\\x00\\xAB'::BLOB b, chr(0) || 'x' z, DATE 'infinity' f FROM range(5000) r(i)";
  const auto text = Encode(sql);
  const auto rows = Decode(text);
  ASSERT_EQ(rows->Count(), 5000U);
  const auto expected = Query(sql);
  duckdb::idx_t row = 0;
  for (auto& values : rows->Rows()) {
    for (duckdb::idx_t column = 0; column < types_.size(); ++column) {
      ASSERT_TRUE(
          duckdb::Value::NotDistinctFrom(values.GetValue(column), expected->GetValue(column, row)))
          << row << " " << column;
    }
    ++row;
  }
}

TEST_F(InlineCodec, NamesTheCommitOfTextThatDoesNotFit) {
  Encode("SELECT 1::TINYINT a, {'x': 1} b, [1, 2]::INTEGER[2] c, union_value(n := 1) d");
  for (const auto* text :
       {"", "{}", "[]", "[[1]]", "[[1,[1],[1,2],[\"n\",1]],[1,[1],[1,2],[\"n\",1]]]",
        "[[300,[1],[1,2],[\"n\",1]]]", "[[1.5,[1],[1,2],[\"n\",1]]]", "[[1,[1,2],[1,2],[\"n\",1]]]",
        "[[1,{\"x\":1},[1,2],[\"n\",1]]]", "[[1,[1],[1],[\"n\",1]]]", "[[1,[1],[1,2],[\"q\",1]]]",
        "[[\"z\",[1],[1,2],[\"n\",1]]]"}) {
    EXPECT_THAT(ErrorOfDecoding(text), testing::StartsWith("inline rows of commit 7: ")) << text;
  }
}

TEST_F(InlineCodec, KeepsTypesWithoutExactTextOut) {
  using duckdb::LogicalType;
  EXPECT_TRUE(CanInline({LogicalType::HUGEINT, LogicalType::LIST(LogicalType::BLOB)}));
  EXPECT_FALSE(CanInline({LogicalType::INTEGER, LogicalType::VARIANT()}));
  EXPECT_FALSE(CanInline({LogicalType::STRUCT({{"g", LogicalType::GEOMETRY()}})}));
  EXPECT_FALSE(CanInline({LogicalType::MAP(LogicalType::INTEGER, LogicalType::VARIANT())}));
}

}  // namespace
}  // namespace icefall
