#include "sql/store/small_files.h"

#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include <gtest/gtest.h>

namespace icefall {
namespace {

// Files by path, and how often each one was read.
class Files {
 public:
  SmallFiles::ReadFile reader() {
    return [this](const std::string& path) -> Result<std::string> {
      const std::lock_guard lock(mutex_);
      ++reads_[path];
      const auto found = files_.find(path);
      if (found == files_.end()) return Fail(ErrorCode::kNotFound, path);
      return found->second;
    };
  }
  int reads(const std::string& path) { return reads_[path]; }
  void Add(const std::string& path, std::string bytes) { files_[path] = std::move(bytes); }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> files_;
  std::map<std::string, int> reads_;
};

TEST(SmallFilesTest, AFileAndItsNeighboursAreReadOnce) {
  Files files;
  files.Add("a", "1");
  files.Add("b", "2");
  files.Add("c", "3");
  SmallFiles small;
  EXPECT_EQ(small.Find("a"), nullptr);
  EXPECT_EQ(**small.Read("a", {"b", "c"}, files.reader()), "1");
  EXPECT_EQ(**small.Read("b", {"c"}, files.reader()), "2");
  EXPECT_EQ(*small.Find("c"), "3");
  for (const char* path : {"a", "b", "c"}) EXPECT_EQ(files.reads(path), 1) << path;
}

TEST(SmallFilesTest, AnErrorIsThatOfItsFileAndIsNotKept) {
  Files files;
  files.Add("a", "1");
  SmallFiles small;
  EXPECT_EQ(**small.Read("a", {"gone"}, files.reader()), "1");
  EXPECT_EQ(small.Find("gone"), nullptr);
  EXPECT_EQ(small.Read("gone", {}, files.reader()).error().code(), ErrorCode::kNotFound);
  files.Add("gone", "back");
  EXPECT_EQ(**small.Read("gone", {}, files.reader()), "back");
}

TEST(SmallFilesTest, TheOldestGoWhenThereAreTooMany) {
  const uint64_t count = SmallFiles::kKeptBytesMax / SmallFiles::kFileSizeMax;
  Files files;
  SmallFiles small;
  for (uint64_t i = 0; i <= count; ++i) {
    const std::string path = std::to_string(i);
    files.Add(path, std::string(SmallFiles::kFileSizeMax, 'x'));
    ASSERT_TRUE(small.Read(path, {}, files.reader()));
  }
  EXPECT_EQ(small.Find("0"), nullptr);
  EXPECT_NE(small.Find("1"), nullptr);
  EXPECT_NE(small.Find(std::to_string(count)), nullptr);
}

}  // namespace
}  // namespace icefall
