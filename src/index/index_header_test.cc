#include "index/index_header.h"

#include <gtest/gtest.h>

#include "index/index_page.h"

namespace icefall {
namespace {

TEST(IndexHeader, ComesBackAsItWas) {
  IndexHeader header;
  header.identity = "keys of something";
  header.entry_count = 77;
  header.leaf_count = 2;
  header.root_page = 3;
  header.level_count = 1;
  header.page_count = 4;
  header.model = {42, 0.5};
  header.prefix = std::string("\x01\x00", 2);
  std::string bytes = EncodeIndexHeader(header);
  ASSERT_EQ(bytes.size(), kIndexPageSize);
  bytes.resize(4 * kIndexPageSize);
  const auto decoded = DecodeIndexHeader(bytes);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message();
  EXPECT_EQ(decoded->identity, header.identity);
  EXPECT_EQ(decoded->entry_count, 77U);
  EXPECT_EQ(decoded->leaf_count, 2U);
  EXPECT_EQ(decoded->root_page, 3U);
  EXPECT_EQ(decoded->model.first_key, 42U);
  EXPECT_EQ(decoded->model.pages_per_key, 0.5);
  EXPECT_EQ(decoded->prefix, header.prefix);
}

TEST(IndexHeader, ItsFilterComesBack) {
  IndexHeader header;
  header.prefix = "prefix";
  header.filter = std::string(3 * 32, '\x5a');
  header.filter_block_count = 3;
  EXPECT_TRUE(HasRoomFor(header, header.filter.size()));
  EXPECT_FALSE(HasRoomFor(header, kIndexPageSize - 32));
  const auto decoded = DecodeIndexHeader(EncodeIndexHeader(header));
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message();
  EXPECT_EQ(decoded->filter, header.filter);
  EXPECT_EQ(decoded->prefix, header.prefix);
}

TEST(IndexHeader, RefusesAFilterThatIsNotThere) {
  IndexHeader header;
  header.filter_block_count = 200;
  EXPECT_FALSE(DecodeIndexHeader(EncodeIndexHeader(header)).has_value());
  header.filter_page = 1;
  EXPECT_FALSE(DecodeIndexHeader(EncodeIndexHeader(header)).has_value());
}

TEST(IndexHeader, ModelKeyTakesEightBytesBehindThePrefix) {
  EXPECT_EQ(ModelKey(std::string("ab\0\0\0\0\0\0\1\2xyz", 13), 2), 0x102U);
  EXPECT_EQ(ModelKey(std::string("ab\1", 3), 2), uint64_t{1} << 56);
  EXPECT_EQ(ModelKey("a", 2), 0U);
}

TEST(IndexHeader, GuessesStayInsideOfTheFile) {
  const PageModel model{100, 0.1};
  EXPECT_EQ(GuessLeaf(model, 0, 10), 0U);
  EXPECT_EQ(GuessLeaf(model, 150, 10), 5U);
  EXPECT_EQ(GuessLeaf(model, UINT64_MAX, 10), 9U);
}

}  // namespace
}  // namespace icefall
