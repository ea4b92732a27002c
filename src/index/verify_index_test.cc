#include "index/verify_index.h"

#include <string>

#include <gtest/gtest.h>

#include "base/endian.h"
#include "index/index_file_writer.h"
#include "index/index_page.h"

namespace icefall {
namespace {

// Of several levels and filter pages.
std::string WriteIndex(uint32_t keys) {
  IndexFileWriter writer("test");
  for (uint32_t i = 0; i < keys; ++i) {
    std::string key = "\x01";
    // No line: inner pages are needed.
    AppendBigEndian(uint64_t{i} * i, key);
    writer.Add(key, i);
  }
  return writer.Finish();
}

TEST(VerifyIndexBytes, TakesWholeFiles) {
  for (const uint32_t keys : {0U, 1U, 100U, 50'000U}) {
    const auto verified = VerifyIndexBytes(WriteIndex(keys));
    EXPECT_TRUE(verified) << keys << ": " << verified.error().message();
  }
}

TEST(VerifyIndexBytes, FindsAByteOfAnyPage) {
  const std::string whole = WriteIndex(50'000);
  const size_t pages = whole.size() / kIndexPageSize;
  ASSERT_GT(pages, 100);
  for (size_t page = 0; page < pages; ++page) {
    std::string bytes = whole;
    bytes[page * kIndexPageSize + page % kIndexPageSize] ^= 1;
    const auto verified = VerifyIndexBytes(bytes);
    ASSERT_FALSE(verified) << page;
    EXPECT_EQ(verified.error().code(), ErrorCode::kCorruption);
  }
}

TEST(VerifyIndexBytes, FindsAMissingEnd) {
  const std::string whole = WriteIndex(50'000);
  EXPECT_FALSE(VerifyIndexBytes(whole.substr(0, whole.size() - kIndexPageSize)));
  EXPECT_FALSE(VerifyIndexBytes(whole.substr(0, 100)));
  EXPECT_FALSE(VerifyIndexBytes(""));
}

}  // namespace
}  // namespace icefall
