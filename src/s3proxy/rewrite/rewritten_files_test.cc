#include "s3proxy/rewrite/rewritten_files.h"

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

namespace icefall::s3proxy {
namespace {

namespace fs = std::filesystem;

class RewrittenFilesTest : public testing::Test {
 protected:
  RewrittenFilesTest()
      : directory_(fs::temp_directory_path() /
                   ("icefall-rewritten-" + std::to_string(::getpid()))) {
    fs::remove_all(directory_);
  }
  ~RewrittenFilesTest() override { fs::remove_all(directory_); }

  std::unique_ptr<RewrittenFiles> Open(uint64_t size_bytes_max = 1000) {
    return std::move(*RewrittenFiles::Open({directory_.string(), size_bytes_max, 2}));
  }
  static std::string Identity(char c) { return std::string(64, c); }
  // Writes the text, and counts.
  RewrittenFiles::Maker Writer(const std::string& text) {
    return [this, text](const std::string& path) -> Result<void> {
      ++made_;
      std::ofstream(path) << text;
      return {};
    };
  }
  size_t FilesOnDisk() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }

  fs::path directory_;
  std::atomic<int> made_ = 0;
};

TEST_F(RewrittenFilesTest, MakesAFileOnce) {
  const auto files = Open();
  const auto first = *files->Open(Identity('a'), Writer("some bytes"));
  EXPECT_EQ(*first->Read(0, 10), "some bytes");
  EXPECT_EQ(*first->Read(5, 3), "byt");
  EXPECT_EQ(first->etag().size(), 34U);
  const auto facts = *files->Facts(Identity('a'), Writer("other"));
  EXPECT_EQ(facts.size_bytes, 10U);
  EXPECT_EQ(facts.etag, first->etag());
  ASSERT_TRUE(files->Open(Identity('a'), Writer("other")).has_value());
  EXPECT_EQ(made_, 1);
  EXPECT_EQ(files->counts().made, 1U);
}

TEST_F(RewrittenFilesTest, KeepsFilesForTheNextProcess) {
  const auto etag = (*Open()->Open(Identity('a'), Writer("some bytes")))->etag();
  const auto files = Open();
  EXPECT_EQ(files->counts().size_bytes, 10U);
  const auto kept = *files->Open(Identity('a'), Writer("other"));
  EXPECT_EQ(*kept->Read(0, 10), "some bytes");
  EXPECT_EQ(kept->etag(), etag);
  EXPECT_EQ(made_, 1);
}

TEST_F(RewrittenFilesTest, RemovesTheLeastRecentlyUsed) {
  const auto files = Open(25);
  const auto a = *files->Open(Identity('a'), Writer("aaaaaaaaaa"));
  ASSERT_TRUE(files->Open(Identity('b'), Writer("bbbbbbbbbb")).has_value());
  ASSERT_TRUE(files->Open(Identity('a'), Writer("")).has_value());
  ASSERT_TRUE(files->Open(Identity('c'), Writer("cccccccccc")).has_value());
  EXPECT_EQ(FilesOnDisk(), 2U);
  EXPECT_EQ(files->counts().size_bytes, 20U);
  made_ = 0;
  ASSERT_TRUE(files->Open(Identity('a'), Writer("")).has_value());
  EXPECT_EQ(made_, 0);
  // What is known of a file outlives it.
  EXPECT_EQ(files->Facts(Identity('b'), Writer(""))->size_bytes, 10U);
  EXPECT_EQ(made_, 0);
  ASSERT_TRUE(files->Open(Identity('b'), Writer("bbbbbbbbbb")).has_value());
  EXPECT_EQ(made_, 1);
}

TEST_F(RewrittenFilesTest, WhatIsOpenStaysReadable) {
  const auto files = Open(5);
  const auto a = *files->Open(Identity('a'), Writer("aaaaaaaaaa"));
  ASSERT_TRUE(files->Open(Identity('b'), Writer("bbbbbbbbbb")).has_value());
  EXPECT_EQ(FilesOnDisk(), 1U);
  EXPECT_EQ(*a->Read(0, 10), "aaaaaaaaaa");
}

TEST_F(RewrittenFilesTest, FilesThatOthersRemovedOrCutAreMadeAnew) {
  const auto files = Open();
  ASSERT_TRUE(files->Open(Identity('a'), Writer("some bytes")).has_value());
  for (const auto& entry : fs::directory_iterator(directory_)) fs::remove(entry.path());
  EXPECT_EQ(*(*files->Open(Identity('a'), Writer("some bytes")))->Read(0, 10), "some bytes");
  for (const auto& entry : fs::directory_iterator(directory_)) fs::resize_file(entry.path(), 3);
  EXPECT_EQ(*(*files->Open(Identity('a'), Writer("some bytes")))->Read(0, 10), "some bytes");
  EXPECT_EQ(made_, 3);
}

TEST_F(RewrittenFilesTest, FailuresLeaveNothing) {
  const auto files = Open();
  const auto failed = files->Open(Identity('a'), [](const std::string& path) -> Result<void> {
    std::ofstream(path) << "half";
    return Fail(ErrorCode::kUnavailable, "no");
  });
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().message(), "no");
  EXPECT_EQ(FilesOnDisk(), 0U);
  EXPECT_EQ(files->counts().failed, 1U);
  EXPECT_TRUE(files->Open(Identity('a'), Writer("x")).has_value());
}

TEST_F(RewrittenFilesTest, ManyThreads) {
  const auto files = Open(1'000'000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (const char c : std::string("abcdef")) {
        const auto content = files->Open(Identity(c), Writer(std::string(100, c)));
        ASSERT_TRUE(content.has_value());
        ASSERT_EQ(*(*content)->Read(0, 100), std::string(100, c));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(made_, 6);
}

TEST_F(RewrittenFilesTest, ADirectoryThatCannotBe) {
  EXPECT_FALSE(RewrittenFiles::Open({"/proc/nowhere", 1, 1}).has_value());
}

}  // namespace
}  // namespace icefall::s3proxy
