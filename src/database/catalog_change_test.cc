#include "database/catalog_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall {
namespace {

using testing::HasSubstr;

CatalogObjectPointer Object(ObjectKind kind, const std::string& uuid, const ObjectName& name,
                            const std::string& comment = "") {
  CatalogObject object{.kind = kind, .name = name, .uuid = uuid, .comment = comment};
  return std::make_shared<const CatalogObject>(std::move(object));
}

CatalogObjectPointer Table(const std::string& uuid, const std::string& name,
                           const std::string& comment = "") {
  return Object(ObjectKind::kTable, uuid, {"main", name}, comment);
}

class CatalogChangeTest : public testing::Test {
 protected:
  CatalogChangeTest() {
    base_ = After({.created = {Object(ObjectKind::kSchema, "s", {"", "main"}), Table("a", "a"),
                               Table("b", "b")}},
                  CatalogSnapshot());
  }

  static CatalogSnapshot After(const CatalogChange& change, const CatalogSnapshot& base) {
    auto next = ApplyCatalog(base, change);
    EXPECT_TRUE(next) << next.error().message();
    next->sequence = base.sequence.Next();
    return *std::move(next);
  }
  CatalogSnapshot After(const CatalogChange& change) const { return After(change, base_); }

  // True when `mine` may follow `theirs`, and the other way round: the rules are symmetric.
  bool Fit(const CatalogChange& mine, const CatalogChange& theirs) const {
    const bool one = CheckCatalogConflicts(base_, mine, After(theirs)).has_value();
    const bool other = CheckCatalogConflicts(base_, theirs, After(mine)).has_value();
    EXPECT_EQ(one, other);
    return one;
  }

  CatalogSnapshot base_;
};

TEST_F(CatalogChangeTest, DiffSaysWhatApplyMade) {
  const CatalogChange change{
      .created = {Table("c", "a")}, .replaced = {Table("a", "z")}, .dropped = {Table("b", "b")}};
  const CatalogSnapshot after = After(change);
  const CatalogChange diff = DiffCatalog(base_, after);
  ASSERT_EQ(diff.created.size(), 1);
  EXPECT_EQ(diff.created[0]->uuid, "c");
  ASSERT_EQ(diff.replaced.size(), 1);
  EXPECT_EQ(diff.replaced[0]->name.name, "z");
  ASSERT_EQ(diff.dropped.size(), 1);
  EXPECT_EQ(diff.dropped[0]->uuid, "b");
  EXPECT_TRUE(DiffCatalog(after, after).empty());
}

TEST_F(CatalogChangeTest, TransactionMaySwapNames) {
  const CatalogSnapshot after = After({.replaced = {Table("a", "b"), Table("b", "a")}});
  EXPECT_EQ(after.FindTableByUuid("a")->name.name, "b");
  EXPECT_EQ(FindHolder(after, ObjectKind::kView, {"MAIN", "B"})->uuid, "a");
}

TEST_F(CatalogChangeTest, ConflictRules) {
  const CatalogChange create{.created = {Table("x", "x")}};
  const CatalogChange create_same{.created = {Table("y", "X")}};
  const CatalogChange create_view{.created = {Object(ObjectKind::kView, "v", {"main", "x"})}};
  const CatalogChange create_index{.created = {Object(ObjectKind::kIndex, "i", {"main", "x"})}};
  const CatalogChange drop_a{.dropped = {Table("a", "a")}};
  const CatalogChange drop_b{.dropped = {Table("b", "b")}};
  const CatalogChange comment_a{.replaced = {Table("a", "a", "hello")}};
  const CatalogChange rename_a{.replaced = {Table("a", "x")}};
  const CatalogChange rename_b{.replaced = {Table("b", "x")}};
  EXPECT_FALSE(Fit(create, create_same));
  EXPECT_FALSE(Fit(create, create_view));
  EXPECT_TRUE(Fit(create, create_index));
  EXPECT_TRUE(Fit(create, drop_a));
  EXPECT_FALSE(Fit(create, rename_a));
  EXPECT_FALSE(Fit(drop_a, drop_a));
  EXPECT_TRUE(Fit(drop_a, drop_b));
  EXPECT_FALSE(Fit(drop_a, comment_a));
  EXPECT_FALSE(Fit(comment_a, rename_a));
  EXPECT_FALSE(Fit(rename_a, rename_b));
  EXPECT_TRUE(Fit(comment_a, rename_b));
}

// Counting goes on in transactions of its own while another one comments on the sequence or drops
// it; two that count must not hand out the same values.
TEST_F(CatalogChangeTest, CountingConflictsWithCountingOnly) {
  const auto sequence = [](const char* next, const char* comment) {
    CatalogObject object{.kind = ObjectKind::kSequence,
                         .name = {"main", "q"},
                         .uuid = "q",
                         .comment = comment,
                         .properties = {{kSequenceNext, next}}};
    return std::make_shared<const CatalogObject>(std::move(object));
  };
  base_ = After({.created = {sequence("1", "")}});
  const CatalogChange count{.replaced = {sequence("33", "")}};
  const CatalogChange count_more{.replaced = {sequence("65", "")}};
  const CatalogChange comment{.replaced = {sequence("1", "hello")}};
  const CatalogChange drop{.dropped = {sequence("1", "")}};
  EXPECT_FALSE(Fit(count, count_more));
  EXPECT_TRUE(Fit(count, comment));
  EXPECT_TRUE(CheckCatalogConflicts(base_, drop, After(count)));
  EXPECT_FALSE(CheckCatalogConflicts(base_, count, After(drop)));
  const CatalogSnapshot counted = After(count);
  const auto after = ApplyCatalog(counted, RebaseCatalog(base_, comment, counted));
  ASSERT_TRUE(after);
  EXPECT_EQ(*FindByUuid(*after, "q"), *sequence("33", "hello"));
}

TEST_F(CatalogChangeTest, ConflictNamesTheObject) {
  const auto conflict = CheckCatalogConflicts(base_, {.dropped = {Table("a", "a")}},
                                              After({.dropped = {Table("a", "a")}}));
  ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(conflict.error().message(), HasSubstr("table \"main\".\"a\""));
}

TEST_F(CatalogChangeTest, SchemaIsNotDroppedUnderItsObjects) {
  const CatalogChange drop{.dropped = {Object(ObjectKind::kSchema, "s", {"", "main"})}};
  EXPECT_EQ(ApplyCatalog(base_, drop).error().code(), ErrorCode::kInvalidArgument);
  const CatalogChange again{
      .created = {Object(ObjectKind::kSchema, "s2", {"", "main"}), Table("c", "c")},
      .dropped = {Object(ObjectKind::kSchema, "s", {"", "main"}), Table("a", "a"),
                  Table("b", "b")}};
  EXPECT_TRUE(ApplyCatalog(base_, again));
  EXPECT_EQ(ApplyCatalog(CatalogSnapshot(), {.created = {Table("a", "a")}}).error().code(),
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace icefall
