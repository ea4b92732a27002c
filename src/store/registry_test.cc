#include "store/registry.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "icefall-registry-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  ~RegistryTest() override {
    std::error_code ignored;  // what is left over in the system's temporary directory harms nobody
    std::filesystem::remove_all(path_, ignored);
  }

  // The store's name, or "<error name> message".
  static std::string Open(const std::string& location,
                          StoreOpenMode mode = StoreOpenMode::kExisting) {
    const auto store = OpenStore(location, mode);
    if (store) return (*store)->name();
    return Describe(store.error());
  }
  static std::string Describe(const Error& error) {
    return "<" + std::string(ErrorCodeName(error.code())) + "> " + error.message();
  }

  std::string path_;
};

TEST_F(RegistryTest, PathsAndFileLocationsAreLocal) {
  EXPECT_EQ(Open(path_), "local:" + path_);
  EXPECT_EQ(Open("file:" + path_), "local:" + path_);
  EXPECT_EQ(Open("file://" + path_), "local:" + path_);
  EXPECT_EQ(Open("file://localhost" + path_), "local:" + path_);
}

TEST_F(RegistryTest, CreatesOnlyWhenAsked) {
  EXPECT_THAT(Open(path_ + "/new"), HasSubstr("<not_found>"));
  EXPECT_EQ(Open(path_ + "/new", StoreOpenMode::kCreateIfMissing), "local:" + path_ + "/new");
  EXPECT_EQ(Open(path_ + "/new"), "local:" + path_ + "/new");
}

TEST_F(RegistryTest, APathMayHoldColonsAfterASlash) {
  EXPECT_EQ(Open(path_ + "/a:b", StoreOpenMode::kCreateIfMissing), "local:" + path_ + "/a:b");
}

TEST_F(RegistryTest, MemoryIsNewEachTime) {
  EXPECT_EQ(Open("memory:"), "memory");
  const auto first = *OpenStore("memory:", StoreOpenMode::kExisting);
  const auto second = *OpenStore("memory:", StoreOpenMode::kExisting);
  ASSERT_TRUE(first->Put("a", "1", PutCondition::IfAbsent()).has_value());
  EXPECT_FALSE(second->Stat("a").has_value());
  EXPECT_THAT(Open("memory:x"), HasSubstr("<invalid_argument>"));
}

TEST_F(RegistryTest, AnUnknownSchemeListsTheKnownOnes) {
  EXPECT_THAT(Open("gopher://host/db"),
              AllOf(HasSubstr("<invalid_argument>"), HasSubstr("unknown scheme 'gopher:'"),
                    HasSubstr("file:, memory:")));
}

TEST_F(RegistryTest, MalformedLocationsAreRefused) {
  for (const std::string& location :
       {std::string(), std::string("file:"), std::string("file://"), std::string("file://host/x"),
        path_ + std::string("\0x", 2)}) {
    EXPECT_THAT(Open(location, StoreOpenMode::kCreateIfMissing), HasSubstr("<invalid_argument>"))
        << location;
  }
}

}  // namespace
}  // namespace icefall
