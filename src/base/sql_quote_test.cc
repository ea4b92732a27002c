#include "base/sql_quote.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(SqlQuote, DoublesItsMark) {
  EXPECT_EQ(QuoteIdentifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(QuoteLiteral("it's"), "'it''s'");
}

TEST(SqlQuote, LeavesTheOtherMark) {
  EXPECT_EQ(QuoteIdentifier("it's"), "\"it's\"");
  EXPECT_EQ(QuoteLiteral("a\"b"), "'a\"b'");
  EXPECT_EQ(QuoteIdentifier(""), "\"\"");
}

}  // namespace
}  // namespace icefall
