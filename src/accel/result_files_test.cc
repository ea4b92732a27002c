#include "accel/result_files.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "store/local_store.h"
#include "store/memory_store.h"
#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

class ResultFilesTest : public testing::Test {
 protected:
  ResultFilesTest() : store_(*LocalStore::Create(directory_.path())), files_(*store_) {}

  static ReadState State(uint64_t sequence) { return {Sequence(3), {{"t", Sequence(sequence)}}}; }
  std::string OnlyFile() const {
    return std::filesystem::directory_iterator(directory_.path("_cache/results"))->path();
  }

  TemporaryDirectory directory_;
  std::unique_ptr<LocalStore> store_;
  ResultFiles files_;
  const ResultKey key_{"SELECT 1", "utc"};
};

TEST_F(ResultFilesTest, LoadsWhatWasSavedLast) {
  EXPECT_FALSE(files_.Load(key_));
  EXPECT_TRUE(files_.Save(key_, State(1), "old", 1 << 20));
  EXPECT_TRUE(files_.Save(key_, State(2), std::string("n\0w", 3), 1 << 20));
  const auto stored = files_.Load(key_);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->rows, std::string_view("n\0w", 3));
  EXPECT_EQ(stored->state, State(2));
  EXPECT_FALSE(files_.Load({"SELECT 1", "berlin"}));
  EXPECT_FALSE(files_.Load({"SELECT 2", "utc"}));
  EXPECT_EQ(files_.usage().files, 1U);
}

TEST_F(ResultFilesTest, IgnoresAFileWithAnyByteChangedOrMissing) {
  ASSERT_TRUE(files_.Save(key_, State(1), "rows", 1 << 20));
  const std::string path = OnlyFile();
  std::ifstream in(path, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    std::ofstream(path, std::ios::binary) << damaged;
    EXPECT_FALSE(files_.Load(key_)) << "byte " << i;
    std::ofstream(path, std::ios::binary) << whole.substr(0, i);
    EXPECT_FALSE(files_.Load(key_)) << "cut at " << i;
  }
  std::ofstream(path, std::ios::binary) << whole;
  EXPECT_TRUE(files_.Load(key_));
}

TEST_F(ResultFilesTest, IgnoresAFileUnderAnotherKeysName) {
  ASSERT_TRUE(files_.Save(key_, State(1), "rows", 1 << 20));
  const std::string first = OnlyFile();
  ASSERT_TRUE(files_.Save({"SELECT 2", "utc"}, State(1), "other", 1 << 20));
  for (const auto& file : std::filesystem::directory_iterator(directory_.path("_cache/results"))) {
    if (file.path() != first) std::filesystem::rename(file.path(), first);
  }
  EXPECT_FALSE(files_.Load(key_));
}

TEST_F(ResultFilesTest, RemovesTheLeastRecentlyUsedForTheBudget) {
  const std::string rows(1000, 'x');
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(files_.Save({"q" + std::to_string(i), ""}, State(1), rows, 1 << 20));
    std::filesystem::last_write_time(
        OnlyFile(), std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }
  ASSERT_TRUE(files_.Load({"q0", ""}));
  ASSERT_TRUE(files_.Save({"last", ""}, State(1), rows, 2700));
  EXPECT_TRUE(files_.Load({"last", ""}));
  EXPECT_LE(files_.usage().bytes, 2700U);
  EXPECT_FALSE(files_.Save({"large", ""}, State(1), std::string(5000, 'x'), 2700));
  files_.RemoveAll();
  EXPECT_EQ(files_.usage().files, 0U);
}

TEST_F(ResultFilesTest, SeesWhatOthersWroteAfterAnEighthOfTheBudget) {
  constexpr uint64_t kBudget = 40'000;
  ResultFiles other(*store_);
  const std::string rows(1000, 'x');
  ASSERT_TRUE(files_.Save({"first", ""}, State(1), rows, kBudget));
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(other.Save({"o" + std::to_string(i), ""}, State(1), rows, kBudget));
    EXPECT_LE(other.usage().bytes, kBudget + kBudget / 8);
    ASSERT_TRUE(files_.Save({"m" + std::to_string(i), ""}, State(1), rows, kBudget));
    EXPECT_LE(other.usage().bytes, kBudget + kBudget / 8);
  }
  EXPECT_TRUE(files_.Load({"m59", ""}));
}

TEST_F(ResultFilesTest, KeepsNothingWhereThereAreNoPathsAndRevivesNoRemovedDatabase) {
  MemoryStore memory;
  ResultFiles none(memory);
  EXPECT_FALSE(none.enabled());
  EXPECT_FALSE(none.Save(key_, State(1), "rows", 1 << 20));
  std::filesystem::remove_all(directory_.path());
  EXPECT_FALSE(files_.Save(key_, State(1), "rows", 1 << 20));
  EXPECT_FALSE(std::filesystem::exists(directory_.path()));
}

}  // namespace
}  // namespace icefall
