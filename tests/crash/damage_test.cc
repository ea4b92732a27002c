// Damaged files: torn ends never happened, everything else is an error that says where.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kSegment = "a/_log/00000000000000000001.jsonl";

class DamageTest : public testing::Test {
 protected:
  // Table a with five commits of one row.
  void SetUp() override {
    auto database = *Database::Open(
        original_.path(), {.create_if_missing = true, .manifest_interval_bytes = UINT64_MAX});
    ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) { return CreateTable(t, "a"); }));
    for (uint64_t id = 1; id <= 4; ++id) {
      ICEFALL_ASSERT_OK(Commit(*database, [&](Transaction& t) { return Insert(t, "a", id); }));
    }
    segment_ = ReadWholeFile(original_.path(std::string(kSegment)));
  }

  // Opens a copy of the database in which the file has other bytes.
  Result<Contents> OpenWith(const std::string& key, const std::string& bytes) {
    copy_ = std::make_unique<TemporaryDirectory>();
    std::filesystem::copy(original_.path(), copy_->path(),
                          std::filesystem::copy_options::recursive);
    WriteFile(copy_->path(key), bytes);
    ICEFALL_ASSIGN_OR_RETURN(database_, Database::Open(copy_->path(), {}));
    return ReadContents(*database_);
  }

  TemporaryDirectory original_;
  std::string segment_;
  std::unique_ptr<TemporaryDirectory> copy_;
  std::unique_ptr<Database> database_;
};

TEST_F(DamageTest, TornTailNeverHappened) {
  const size_t last_line = segment_.rfind('\n', segment_.size() - 2) + 1;
  for (size_t size = last_line; size < segment_.size(); ++size) {
    SCOPED_TRACE(size);
    const auto found = OpenWith(std::string(kSegment), segment_.substr(0, size));
    ICEFALL_ASSERT_OK(found);
    ASSERT_EQ(*found, (Contents{{"a", 3}}));
    ICEFALL_ASSERT_OK(Commit(*database_, [](Transaction& t) { return Insert(t, "a", 9); }));
    ASSERT_EQ(*ReadContents(*database_), (Contents{{"a", 4}}));
    const auto store = *LocalStore::Open(copy_->path());
    ASSERT_THAT(VerifyDatabase(*store, *database_), IsEmpty());
  }
}

TEST_F(DamageTest, FlippedByteInAnyLineNamesFileAndLine) {
  size_t line = 1;
  // Without the last newline: a line without one never happened.
  for (size_t i = 0; i + 1 < segment_.size(); ++i) {
    if (i % 11 == 0 || segment_[i] == '\n') {
      SCOPED_TRACE(i);
      std::string flipped = segment_;
      flipped[i] = static_cast<char>(flipped[i] ^ 1);
      const auto found = OpenWith(std::string(kSegment), flipped);
      ASSERT_FALSE(found);
      ASSERT_EQ(found.error().code(), ErrorCode::kCorruption);
      ASSERT_THAT(found.error().message(),
                  AllOf(HasSubstr(std::string(kSegment)),
                        HasSubstr("line " + std::to_string(line) + " (sequence " +
                                  std::to_string(line) + ")")));
    }
    if (segment_[i] == '\n') ++line;
  }
  EXPECT_EQ(line, 5);
}

// Of unsynced bytes a file system may write later ones and lose earlier ones, which read as zeros.
TEST_F(DamageTest, HoleInTheLastLineIsDamageAndNotData) {
  const size_t last_line = segment_.rfind('\n', segment_.size() - 2) + 1;
  for (size_t end = last_line + 1; end < segment_.size(); end += 50) {
    std::string holed = segment_;
    std::fill(holed.begin() + static_cast<ptrdiff_t>(last_line),
              holed.begin() + static_cast<ptrdiff_t>(end), '\0');
    const auto found = OpenWith(std::string(kSegment), holed);
    ASSERT_FALSE(found);
    ASSERT_EQ(found.error().code(), ErrorCode::kCorruption);
    ASSERT_THAT(found.error().message(), HasSubstr("line 5 (sequence 5)"));
  }
  // Without its newline it never happened.
  std::string holed = segment_;
  std::fill(holed.begin() + static_cast<ptrdiff_t>(last_line), holed.end(), '\0');
  EXPECT_EQ(*OpenWith(std::string(kSegment), holed), (Contents{{"a", 3}}));
}

TEST_F(DamageTest, LineOfAnotherHistoryBreaksTheChain) {
  // Whole and well-formed lines, one of which is left out.
  const size_t second = segment_.find('\n') + 1;
  const size_t third = segment_.find('\n', second) + 1;
  const auto found =
      OpenWith(std::string(kSegment), segment_.substr(0, second) + segment_.substr(third));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), ErrorCode::kCorruption);
  EXPECT_THAT(found.error().message(), HasSubstr("line 2 (sequence 2)"));
}

TEST_F(DamageTest, MissingLogOfATableIsCorruption) {
  std::filesystem::remove(original_.path(std::string(kSegment)));
  auto database = Database::Open(original_.path(), {});
  const auto found = database ? ReadContents(**database) : Fail(database.error());
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(), HasSubstr("\"a\""));
}

TEST_F(DamageTest, DamagedManifestIsNotNeeded) {
  {
    auto database = *Database::Open(original_.path(), {.manifest_interval_bytes = 1});
    ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) { return Insert(t, "a", 5); }));
  }
  const std::string key = "a/_manifests/00000000000000000006.json";
  const std::string manifest = ReadWholeFile(original_.path(key));
  ASSERT_FALSE(manifest.empty());
  std::vector<std::string> damaged;
  for (size_t size = 0; size < manifest.size(); size += 37) {
    damaged.push_back(manifest.substr(0, size));
    damaged.push_back(manifest);
    damaged.back()[size] = static_cast<char>(damaged.back()[size] ^ 1);
  }
  for (const std::string& bytes : damaged) {
    const auto found = OpenWith(key, bytes);
    ICEFALL_ASSERT_OK(found);
    ASSERT_EQ(*found, (Contents{{"a", 5}}));
    const auto store = *LocalStore::Open(copy_->path());
    ASSERT_THAT(VerifyDatabase(*store, *database_), Not(IsEmpty()));
  }
  // With the lines before it gone, nothing else can stand in for it.
  ICEFALL_ASSERT_OK(OpenWith(key, manifest));
  std::filesystem::remove(original_.path(std::string(kSegment)));
  const auto found = OpenWith(key, damaged.back());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), ErrorCode::kCorruption);
}

TEST_F(DamageTest, NewerFormatIsNotMistakenForDamage) {
  std::string line = segment_.substr(0, segment_.find('\n'));
  const std::string version = "\"format_version\":1";
  line.replace(line.find(version), version.size(), "\"format_version\":7");
  const size_t end = line.rfind(",\"crc32\"");
  const uint32_t checksum = Crc32(line.substr(0, end));
  line = fmt::format("{},\"crc32\":\"{:08x}\"}}\n", line.substr(0, end), checksum);
  const auto found = OpenWith(std::string(kSegment), line);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(found.error().message(), AllOf(HasSubstr("7"), HasSubstr("1")));
}

}  // namespace
}  // namespace icefall
