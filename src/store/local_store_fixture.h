// A fresh directory with a LocalStore in it, for the tests of this folder.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "store/local_store.h"

namespace icefall {

// "ok", or the name of the error's code: what a test compares.
template <typename T>
std::string Outcome(const Result<T>& result) {
  return result ? "ok" : std::string(ErrorCodeName(result.error().code()));
}

class LocalStoreTest : public ::testing::Test {
 protected:
  LocalStoreTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "icefall-local-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    base_ = pattern;
    root_ = base_ + "/db";
    store_ = *LocalStore::Create(root_);
  }
  ~LocalStoreTest() override {
    std::error_code ignored;  // what is left over in the system's temporary directory harms nobody
    std::filesystem::remove_all(base_, ignored);
  }

  void WriteFile(const std::string& path, std::string_view bytes) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  }
  std::string ReadFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  Result<ObjectVersion> Put(const ObjectKey& key, std::string_view bytes) {
    return store_->Put(key, bytes, PutCondition::Always());
  }
  size_t EntryCount(const std::string& path) {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
  }

  std::string base_;
  std::string root_;
  std::unique_ptr<LocalStore> store_;
};

// Makes writes past that many bytes of a file fail with EFBIG, as a quota would.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t limit_bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {limit_bytes, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0) << std::strerror(errno);
  }
  ~FileSizeLimit() {
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before_), 0) << std::strerror(errno);
    ::signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit before_ = {};
};

}  // namespace icefall
