#include "maintenance/named_files.h"

#include <gtest/gtest.h>

#include "base/uuid.h"
#include "log/icefall/file_names.h"
#include "store/memory_store.h"

namespace icefall {
namespace {

TEST(NamedFiles, KnowsItsOwnNamesOnly) {
  ManualClock clock(1'700'000'000'123'456);
  const std::string uuid = NewUuid(clock);
  const auto found = UuidOfFile("t/data/p=1/" + uuid + ".parquet");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(CreatedAt(*found), 1'700'000'000'123'000);
  EXPECT_EQ(UuidOfFile("t/deletes/" + uuid + ".dv"), found);
  EXPECT_EQ(UuidOfFile("t/indexes/1-2/data/" + uuid + ".parquet.idx"), found);
  EXPECT_FALSE(UuidOfFile("t/data/" + uuid + ".agg").has_value());
  EXPECT_FALSE(UuidOfFile("t/data/mine.parquet").has_value());
  EXPECT_FALSE(UuidOfFile(".parquet").has_value());
}

TEST(NamedFiles, AreFoundInText) {
  ManualClock clock(1'700'000'000'000'000);
  const std::string a = NewUuid(clock), b = NewUuid(clock), c = NewUuid(clock);
  FileUuids uuids;
  uuids.AddNamedIn(R"({"path":"data/r=\u00fc/)" + a + R"(.parquet","file":"deletes/)" + b +
                   R"(.dv","uuid":")" + c + R"("})");
  uuids.AddNamedIn(".parquet");
  uuids.Sort();
  EXPECT_TRUE(uuids.Contains(*UuidOfFile(a + ".parquet")));
  EXPECT_TRUE(uuids.Contains(*UuidOfFile(b + ".dv")));
  EXPECT_FALSE(uuids.Contains(*UuidOfFile(c + ".dv")));
}

TEST(NamedFiles, AreNeededOrFormerByTheirCommit) {
  ManualClock clock(1'700'000'000'000'000);
  MemoryStore store(clock);
  std::string text;
  std::vector<FileUuid> uuids;
  for (int i = 0; i < 4; ++i) {
    const std::string name = NewUuid(clock) + ".parquet";
    text += "{\"path\":\"data/" + name + "\"}\n";
    uuids.push_back(*UuidOfFile(name));
  }
  ASSERT_TRUE(store.Put(SegmentKey("t", Sequence(5)), text, PutCondition::Always()).has_value());
  const auto files = FindNamedFiles(store, "t", Sequence(6));
  ASSERT_TRUE(files.has_value());
  for (size_t i = 0; i < uuids.size(); ++i) {
    EXPECT_EQ(files->former.Contains(uuids[i]), i < 2);
    EXPECT_EQ(files->needed.Contains(uuids[i]), i >= 2);
  }
}

}  // namespace
}  // namespace icefall
