#include "store/cache/range_cache.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/uuid.h"

namespace icefall {
namespace {

namespace fs = std::filesystem;

class RangeCacheTest : public testing::Test {
 protected:
  ~RangeCacheTest() override { fs::remove_all(directory_); }

  std::unique_ptr<RangeCache> Open(uint64_t size_bytes_max = 1 << 20) {
    return *RangeCache::Open({directory_, size_bytes_max});
  }

  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(directory_)) {
      if (entry.is_regular_file() && entry.path().filename() != "lock") {
        files.push_back(entry.path());
      }
    }
    return files;
  }

  const std::string directory_ =
      (fs::temp_directory_path() / ("icefall-" + NewUuid(SystemClock()))).string();
};

TEST_F(RangeCacheTest, FindsWhatWasKeptByWhomever) {
  const auto one = Open(), other = Open();
  EXPECT_FALSE(one->Find("a"));
  one->Keep("a", "bytes");
  one->Keep("empty", "");
  EXPECT_EQ(other->Find("a"), "bytes");
  EXPECT_EQ(other->Find("empty"), "");
  EXPECT_FALSE(other->Find("b"));
}

TEST_F(RangeCacheTest, DamageIsAsGoodAsNothing) {
  const auto cache = Open();
  cache->Keep("a", "some bytes");
  const fs::path file = Files().at(0);
  const auto size = fs::file_size(file);
  for (uintmax_t i = 0; i < size; ++i) {
    cache->Keep("a", "some bytes");
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(i));
    const int byte = stream.get();
    stream.seekp(static_cast<std::streamoff>(i));
    stream.put(static_cast<char>(byte ^ 0x20));
    stream.close();
    // The last four bytes of the header are not used.
    const auto found = cache->Find("a");
    EXPECT_TRUE(!found || *found == "some bytes") << i;
  }
  cache->Keep("a", "some bytes");
  fs::resize_file(file, size - 1);
  EXPECT_FALSE(cache->Find("a"));
  EXPECT_TRUE(Files().empty()) << "what is damaged is removed";
}

TEST_F(RangeCacheTest, StaysWithinItsSize) {
  const auto cache = Open(1 << 20), other = Open(1 << 20);
  const std::string bytes(20'000, 'x');
  for (int i = 0; i < 300; ++i) (i % 2 == 0 ? cache : other)->Keep(fmt::format("{}", i), bytes);
  uint64_t size_bytes = 0;
  for (const fs::path& file : Files()) size_bytes += fs::file_size(file);
  EXPECT_LE(size_bytes, (1u << 20) * 9 / 8);
  EXPECT_GT(size_bytes, 1u << 19);
  EXPECT_EQ(cache->Find("299"), bytes) << "the last ones are there";
  EXPECT_FALSE(cache->Find("0"));
  cache->Keep("too large", std::string(1 << 19, 'x'));
  EXPECT_FALSE(cache->Find("too large"));
}

TEST_F(RangeCacheTest, ManyMayUseItAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const auto cache = Open(200'000);
      for (int i = 0; i < 400; ++i) {
        const std::string name = fmt::format("{}", i % 50), bytes(1000 + i % 50, 'y');
        EXPECT_EQ(cache->Find(name).value_or(bytes), bytes);
        cache->Keep(name, bytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(RangeCacheTest, IsOfThisUserOnly) {
  Open()->Keep("a", "secret");
  const auto permissions = fs::status(Files().at(0)).permissions();
  EXPECT_EQ(permissions & (fs::perms::group_all | fs::perms::others_all), fs::perms::none);
}

TEST_F(RangeCacheTest, NamesADirectoryThatCannotBe) {
  std::ofstream(directory_) << "a file";
  const auto opened = RangeCache::Open({directory_, 1000});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message().find(directory_), std::string::npos);
}

}  // namespace
}  // namespace icefall
