#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/object_store.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;

TEST(ObjectKey, MayHoldAnyOtherByte) {
  for (const std::string& key :
       {std::string("a"), std::string("a/b.c/d"), std::string("k=v/it's \"5%\".parquet"),
        std::string("ünï/コード"), std::string("a\nb\x01\xFF"), std::string("a/b..c/d."),
        std::string(255, 'x'), std::string(255, 'x') + "/" + std::string(255, 'y')}) {
    EXPECT_TRUE(ValidateKey(key).has_value()) << key;
  }
}

TEST(ObjectKey, IsRefusedWithTheRuleItBreaks) {
  const std::pair<std::string, std::string> refused[] = {
      {"", "is empty"},
      {"/a", "empty segment"},
      {"a/", "empty segment"},
      {"a//b", "empty segment"},
      {"/", "empty segment"},
      {".", "starts with '.'"},
      {"..", "starts with '.'"},
      {"a/../b", "starts with '.'"},
      {"a/.tmp-1", "starts with '.'"},
      {std::string("a\0b", 3), "NUL"},
      {std::string(256, 'x'), "segment of 256 bytes"},
      {std::string(200, 'x') + "/" + std::string(900, 'y'), "has 1101 bytes"}};
  for (const auto& [key, rule] : refused) {
    const auto valid = ValidateKey(key);
    ASSERT_FALSE(valid.has_value()) << key;
    EXPECT_EQ(valid.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(valid.error().message(), HasSubstr(rule));
  }
}

}  // namespace
}  // namespace icefall
