#include "sql/icedb/query_text.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(QueryTextTest, EveryNameThatStandsByItselfIsReplaced) {
  EXPECT_EQ(ReplaceName("select * from _rows a join _rows b", "_rows", "F"),
            "select * from F a join F b");
  EXPECT_EQ(ReplaceName("(_rows)", "_rows", "F"), "(F)");
  EXPECT_EQ(ReplaceName("_rows", "_rows", "_rows"), "_rows");
}

TEST(QueryTextTest, OthersStay) {
  for (const char* query :
       {"select num_rows, _rows2 from t", "select '_rows', \"_rows\"", "select 'it''s _rows'",
        "-- _rows", "/* _rows */ select 1", "select 'open _rows", "select '\xc3\xa9_rows'"}) {
    EXPECT_EQ(ReplaceName(query, "_rows", "F"), query);
  }
  EXPECT_EQ(ReplaceName("-- _rows\n_rows", "_rows", "F"), "-- _rows\nF");
}

}  // namespace
}  // namespace icefall
