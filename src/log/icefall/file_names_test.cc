#include "log/icefall/file_names.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(FileNamesTest, NamesAreParsedAsTheyAreBuilt) {
  EXPECT_EQ(SegmentKey("orders", Sequence(42)), "orders/_log/00000000000000000042.jsonl");
  EXPECT_EQ(ParseSegmentKey(SegmentKey("a", Sequence(UINT64_MAX))), Sequence(UINT64_MAX));
  EXPECT_EQ(ManifestKey("_catalog", Sequence(1)), "_catalog/_manifests/00000000000000000001.json");
  EXPECT_EQ(ParseManifestKey(ManifestKey("a", Sequence(7))), Sequence(7));
}

TEST(FileNamesTest, OtherNamesAreNone) {
  for (const char* key :
       {"a/_log/1.jsonl", "a/_log/00000000000000000000.jsonl", "a/_log/99999999999999999999.jsonl",
        "a/_log/0000000000000000000x.jsonl", "a/_log/00000000000000000001.json", "a/_log/", ""}) {
    EXPECT_FALSE(ParseSegmentKey(key)) << key;
  }
}

TEST(FileNamesTest, PathsStayInTheDirectory) {
  EXPECT_EQ(*KeyInDirectory("orders", "data/x.parquet"), "orders/data/x.parquet");
  for (const char* path : {"", "/etc/passwd", "../x", "data/../../x", "data//x", "./x", "data/.",
                           "data/", "a\\b", "a\nb"}) {
    const auto key = KeyInDirectory("orders", path);
    ASSERT_FALSE(key) << path;
    EXPECT_EQ(key.error().code(), ErrorCode::kCorruption);
  }
}

}  // namespace
}  // namespace icefall
