#include "s3proxy/listing.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall::s3proxy {
namespace {

class NamedFile : public VirtualFile {
 public:
  explicit NamedFile(std::string key) : VirtualFile(std::move(key), 0) {}
  Result<FileFacts> Facts() override { return FileFacts{}; }
  Result<FileContentPointer> Open() override { return nullptr; }
};

TableView ViewOf(std::vector<std::string> keys) {
  std::ranges::sort(keys);
  TableView view;
  for (auto& key : keys) view.files.push_back(std::make_shared<NamedFile>(std::move(key)));
  return view;
}

// Keys, then common prefixes.
std::vector<std::string> Names(const ListPage& page) {
  std::vector<std::string> names;
  for (const auto& file : page.files) names.push_back(file->key());
  names.insert(names.end(), page.common_prefixes.begin(), page.common_prefixes.end());
  return names;
}

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Listing, Prefix) {
  const TableView view = ViewOf({"a/1", "a/2", "ab", "b/1", "c"});
  EXPECT_THAT(Names(ListFiles(view, {})), ElementsAre("a/1", "a/2", "ab", "b/1", "c"));
  EXPECT_THAT(Names(ListFiles(view, {.prefix = "a/"})), ElementsAre("a/1", "a/2"));
  EXPECT_THAT(Names(ListFiles(view, {.prefix = "a"})), ElementsAre("a/1", "a/2", "ab"));
  EXPECT_THAT(Names(ListFiles(view, {.prefix = "zz"})), IsEmpty());
}

TEST(Listing, Delimiter) {
  const TableView view = ViewOf({"a/x/1", "a/x/2", "a/y", "b", "c//1"});
  EXPECT_THAT(Names(ListFiles(view, {.delimiter = "/"})), ElementsAre("b", "a/", "c/"));
  EXPECT_THAT(Names(ListFiles(view, {.prefix = "a/", .delimiter = "/"})),
              ElementsAre("a/y", "a/x/"));
  EXPECT_THAT(Names(ListFiles(view, {.prefix = "a", .delimiter = "/"})), ElementsAre("a/"));
  EXPECT_THAT(Names(ListFiles(view, {.delimiter = "//"})),
              ElementsAre("a/x/1", "a/x/2", "a/y", "b", "c//"));
}

TEST(Listing, StartAfter) {
  const TableView view = ViewOf({"a/1", "a/2", "b", "b/1"});
  EXPECT_THAT(Names(ListFiles(view, {.start_after = "a/1"})), ElementsAre("a/2", "b", "b/1"));
  EXPECT_THAT(Names(ListFiles(view, {.start_after = "a/15"})), ElementsAre("a/2", "b", "b/1"));
  EXPECT_THAT(Names(ListFiles(view, {.prefix = "b", .start_after = "a"})), ElementsAre("b", "b/1"));
  EXPECT_THAT(Names(ListFiles(view, {.prefix = "a", .start_after = "b"})), IsEmpty());
  // Some keys of the common prefix are behind it, but not when it was listed itself.
  EXPECT_THAT(Names(ListFiles(view, {.delimiter = "/", .start_after = "a/1"})),
              ElementsAre("b", "a/", "b/"));
  EXPECT_THAT(Names(ListFiles(view, {.delimiter = "/", .start_after = "a/"})),
              ElementsAre("b", "b/"));
}

TEST(Listing, NoKeysWanted) {
  const ListPage page = ListFiles(ViewOf({"a"}), {.key_count_max = 0});
  EXPECT_THAT(Names(page), IsEmpty());
  EXPECT_FALSE(page.truncated);
}

// Pages of every size show what one page shows, nothing twice.
TEST(Listing, Pages) {
  std::vector<std::string> keys;
  for (const char* first : {"a", "b", "c", "c ", "c/"}) {
    for (const char* second : {"/1", "/2", "-", "/é/1", "//", "/%2F"}) {
      keys.push_back(std::string(first) + second);
    }
  }
  const TableView view = ViewOf(keys);
  for (const char* delimiter : {"", "/", "%"}) {
    for (const char* prefix : {"", "c", "c/"}) {
      const ListPage whole = ListFiles(view, {.prefix = prefix, .delimiter = delimiter});
      ASSERT_FALSE(whole.truncated);
      for (uint64_t size = 1; size <= keys.size(); ++size) {
        ListQuery query{.prefix = prefix, .delimiter = delimiter, .key_count_max = size};
        std::multiset<std::string> seen;
        for (bool more = true; more;) {
          const ListPage page = ListFiles(view, query);
          for (auto& name : Names(page)) seen.insert(name);
          query.start_after = page.last;
          more = page.truncated;
          if (more) {
            ASSERT_EQ(Names(page).size(), size);
          }
        }
        const auto expected = Names(whole);
        ASSERT_EQ(seen, std::multiset<std::string>(expected.begin(), expected.end()));
      }
    }
  }
}

}  // namespace
}  // namespace icefall::s3proxy
