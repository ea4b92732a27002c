// A database that somebody made to do harm: every part of it is refused with an error, and reading
// it takes no more memory than its size justifies.
#include <filesystem>
#include <functional>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/hash.h"
#include "log/icefall/commit_line.h"
#include "log/icefall/json.h"
#include "session/session.h"
#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

using testing::HasSubstr;

constexpr const char* kSegment = "t/_log/00000000000000000001.jsonl";

// The most memory that this process has had.
uint64_t PeakMemoryBytes() {
  struct rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) << 10;
}

class HostileInput : public testing::Test {
 protected:
  // Table t: one data file of 1000 rows, a few deleted, and two inline rows.
  void SetUp() override {
    const auto session = Open();
    ASSERT_TRUE(
        session->Execute("CREATE TABLE t AS SELECT i, 'v' || i AS v FROM range(1000) r(i);"
                         "DELETE FROM t WHERE i < 10;"
                         "INSERT INTO t VALUES (5000, 'x'), (5001, 'y')"));
  }

  std::unique_ptr<Session> Open() {
    auto session = Session::Open(directory_.path(), {.create_if_missing = true});
    EXPECT_TRUE(session) << session.error().message();
    return std::move(*session);
  }

  // The first line (counted from the end) for which `edit` answers true is written back with a
  // right checksum, and is the last one: what somebody who knows the format can do.
  void Forge(const std::function<bool(Json&)>& edit) {
    const std::string path = directory_.path(kSegment);
    std::string text = ReadWholeFile(path);
    while (!text.empty()) {
      const size_t begin = text.rfind('\n', text.size() - 2) + 1;
      auto line = DecodeLine(std::string_view(text).substr(begin, text.size() - begin - 1));
      ASSERT_TRUE(line) << line.error().message();
      text.resize(begin);
      if (!edit(line->changes)) continue;
      WriteFile(path, text + *EncodeLine(*line, begin == 0) + "\n");
      return;
    }
    FAIL() << "no line to edit";
  }

  // `text` up to the checksum of its line, with the checksum that belongs to it.
  static std::string Checked(std::string text) {
    text += fmt::format(",\"crc32\":\"{:08x}\"}}\n", Crc32(text));
    return text;
  }

  // The error of the query, from a new session; "" when there is none.
  std::string ErrorOf(const std::string& sql) {
    auto session = Session::Open(directory_.path(), {});
    if (!session) return session.error().message();
    const auto result = (*session)->Execute(sql);
    return result ? "" : result.error().message();
  }

  static Json* FirstFragment(Json& changes) {
    for (auto& [name, value] : changes.items()) {
      if (!value.is_array()) continue;
      for (Json& element : value) {
        if (element.is_object() && element.contains("path")) return &element;
      }
    }
    return nullptr;
  }

  const TemporaryDirectory directory_;
};

TEST_F(HostileInput, DataFilesOutsideTheTableAreRefused) {
  for (const char* path : {"../../outside.parquet", "/etc/passwd", "data/../../../x.parquet",
                           "data//x.parquet", "", ".", "data\\..\\x"}) {
    Forge([&](Json& changes) {
      Json* fragment = FirstFragment(changes);
      if (fragment) (*fragment)["path"] = path;
      return fragment != nullptr;
    });
    EXPECT_THAT(ErrorOf("SELECT count(v) FROM t"), HasSubstr("path")) << path;
  }
}

TEST_F(HostileInput, LinkedDataFilesAreNotFollowed) {
  const TemporaryDirectory outside;
  std::filesystem::path data;
  for (const auto& file : std::filesystem::directory_iterator(directory_.path("t/data"))) {
    data = file.path();
  }
  std::filesystem::rename(data, outside.path("moved.parquet"));
  std::filesystem::create_symlink(outside.path("moved.parquet"), data);
  EXPECT_THAT(ErrorOf("SELECT count(DISTINCT v) FROM t"), HasSubstr("symbolic link"));
}

TEST_F(HostileInput, LinkedLogsAndFoldersAreNotFollowed) {
  const TemporaryDirectory outside;
  for (const char* linked : {kSegment, "t/_log", "t"}) {
    const auto moved = outside.path("moved");
    std::filesystem::rename(directory_.path(linked), moved);
    std::filesystem::create_symlink(moved, directory_.path(linked));
    EXPECT_THAT(ErrorOf("SELECT max(v) FROM t"), HasSubstr("symbolic link")) << linked;
    std::filesystem::remove(directory_.path(linked));
    std::filesystem::rename(moved, directory_.path(linked));
  }
  EXPECT_EQ(ErrorOf("SELECT max(v) FROM t"), "");
}

TEST_F(HostileInput, CountsThatNothingStandsBehindAreRefused) {
  const uint64_t before = PeakMemoryBytes();
  for (const uint64_t rows : {UINT64_MAX, UINT64_MAX / 2, uint64_t{1} << 40}) {
    Forge([&](Json& changes) {
      Json* fragment = FirstFragment(changes);
      if (fragment) (*fragment)["row_count"] = rows;
      return fragment != nullptr;
    });
    EXPECT_NE(ErrorOf("SELECT count(v), max(v) FROM t"), "") << rows;
  }
  constexpr uint64_t kSlackBytes = uint64_t{256} << 20;
  EXPECT_LT(PeakMemoryBytes() - before, kSlackBytes);
}

TEST_F(HostileInput, InlineRowsMustBeAsManyAsTheyClaim) {
  for (const uint64_t rows : {UINT64_MAX, uint64_t{1} << 40, uint64_t{3}, uint64_t{0}}) {
    Forge([&](Json& changes) {
      for (auto& [name, value] : changes.items()) {
        if (!value.is_array() || value.empty() || !value[0].is_object() ||
            !value[0].contains("rows")) {
          continue;
        }
        value[0]["row_count"] = rows;
        return true;
      }
      return false;
    });
    EXPECT_THAT(ErrorOf("FROM t"), HasSubstr("row")) << rows;
  }
}

TEST_F(HostileInput, DeepNestingDoesNotExhaustTheStack) {
  for (const char* bracket : {"[", "{\"a\":"}) {
    std::string deep = "{\"sequence\":1,\"changes\":";
    for (int i = 0; i < 200'000; ++i) deep += bracket;
    WriteFile(directory_.path(kSegment), Checked(deep));
    EXPECT_THAT(ErrorOf("FROM t"), HasSubstr("nested")) << bracket;
  }
}

TEST_F(HostileInput, MembersNamedTwiceAreRefused) {
  std::string text = ReadWholeFile(directory_.path(kSegment));
  text.insert(text.find('{') + 1, "\"sequence\":1,");
  WriteFile(directory_.path(kSegment), Checked(text.substr(0, text.find(",\"crc32\""))));
  EXPECT_THAT(ErrorOf("FROM t"), HasSubstr("appears twice"));
}

// 400 MB of text that its file has in less than one. What is read at a time is bounded by a row
// group's vectors, not by what they add up to.
TEST_F(HostileInput, DecompressionIsBoundedByTheMemoryLimit) {
  std::filesystem::path data;
  for (const auto& file : std::filesystem::directory_iterator(directory_.path("t/data"))) {
    data = file.path();
  }
  const auto session = Open();
  std::filesystem::remove(data);
  ASSERT_TRUE(
      session->Execute("COPY (SELECT i, repeat('x', 400_000) || i AS v FROM range(1000) "
                       "r(i)) TO '" +
                       data.string() +
                       "' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100, "
                       "FIELD_IDS {i: 1, v: 2})"));
  ASSERT_LT(std::filesystem::file_size(data), uint64_t{4} << 20);
  Forge([&](Json& changes) {
    Json* fragment = FirstFragment(changes);
    if (!fragment) return false;
    (*fragment)["size_bytes"] = static_cast<uint64_t>(std::filesystem::file_size(data));
    fragment->erase("footer_size_bytes");
    return true;
  });
  const uint64_t before = PeakMemoryBytes();
  auto limited =
      Session::Open(directory_.path(), {.memory_limit_bytes = uint64_t{200} << 20, .threads = 1});
  ASSERT_TRUE(limited);
  const auto read = (*limited)->Execute("SELECT max(length(v)) FROM t");
  if (!read) {
    EXPECT_THAT(read.error().message(), HasSubstr("emory"));
  }
  constexpr uint64_t kSlackBytes = uint64_t{400} << 20;
  EXPECT_LT(PeakMemoryBytes() - before, kSlackBytes);
}

}  // namespace
}  // namespace icefall
