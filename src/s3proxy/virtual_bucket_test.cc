#include "s3proxy/virtual_bucket.h"

#include <gtest/gtest.h>

namespace icefall::s3proxy {
namespace {

class NamedFile : public VirtualFile {
 public:
  explicit NamedFile(std::string key) : VirtualFile(std::move(key), 0) {}
  Result<FileFacts> Facts() override { return FileFacts{}; }
  Result<FileContentPointer> Open() override { return nullptr; }
};

// Shows one file, whose name is the number of the moment.
class CountingSource : public FileSource {
 public:
  Result<TableViewPointer> Current() override {
    ++asked;
    if (last_ == nullptr || last_->point != now) last_ = Make(now);
    return last_;
  }
  Result<TableViewPointer> At(uint64_t point) override {
    if (point < oldest) return Fail(ErrorCode::kNotFound, "gone");
    return Make(point);
  }
  bool is_fixed() const override { return false; }

  uint64_t now = 1, oldest = 0;
  int asked = 0;

 private:
  static TableViewPointer Make(uint64_t point) {
    auto view = std::make_shared<TableView>();
    view->point = point;
    view->files = {std::make_shared<NamedFile>(std::to_string(point))};
    return view;
  }
  TableViewPointer last_;
};

class VirtualBucketTest : public testing::Test {
 protected:
  bool Has(const std::string& key) { return *bucket.Find(key) != nullptr; }

  ManualClock clock{1'000'000'000};
  std::shared_ptr<CountingSource> source = std::make_shared<CountingSource>();
  VirtualBucket bucket{"b", source, {.held_seconds = 10, .file_count_max = 3}, clock};
};

TEST_F(VirtualBucketTest, WhatWasListedStaysForAWhile) {
  EXPECT_EQ((*bucket.Newest())->point, 1U);
  source->now = 2;
  EXPECT_EQ((*bucket.Newest())->point, 2U);
  EXPECT_TRUE(Has("1"));
  EXPECT_TRUE(Has("2"));
  EXPECT_EQ((*bucket.At(1))->point, 1U);
  clock.AdvanceMicros(11'000'000);
  EXPECT_FALSE(Has("1"));
  EXPECT_TRUE(Has("2"));
}

TEST_F(VirtualBucketTest, KeysThatAreKnownAskNobody) {
  EXPECT_TRUE(Has("1"));
  const int asked = source->asked;
  EXPECT_TRUE(Has("1"));
  EXPECT_EQ(source->asked, asked);
  // One that is not known may be new.
  source->now = 2;
  EXPECT_TRUE(Has("2"));
  EXPECT_FALSE(Has("3"));
}

TEST_F(VirtualBucketTest, AViewThatIsStillCurrentStays) {
  const auto first = *bucket.Newest();
  clock.AdvanceMicros(9'000'000);
  EXPECT_EQ(*bucket.Newest(), first);
  clock.AdvanceMicros(9'000'000);
  const int asked = source->asked;
  EXPECT_TRUE(Has("1"));
  EXPECT_EQ(source->asked, asked);
}

TEST_F(VirtualBucketTest, TooManyFilesAreDroppedEarly) {
  for (uint64_t i = 1; i <= 5; ++i) {
    source->now = i;
    ASSERT_TRUE(bucket.Newest().has_value());
  }
  EXPECT_FALSE(Has("2"));
  EXPECT_TRUE(Has("3"));
}

TEST_F(VirtualBucketTest, PagesOfViewsThatAreNotHeld) {
  source->now = 5;
  EXPECT_EQ((*bucket.At(4))->point, 4U);
  source->oldest = 5;
  EXPECT_EQ((*bucket.At(3))->point, 5U);
}

TEST_F(VirtualBucketTest, NothingIsHeldForEver) {
  std::weak_ptr<const TableView> view = *bucket.Newest();
  source->now = 2;
  ASSERT_TRUE(source->Current().has_value());
  bucket.DropOld();
  EXPECT_FALSE(view.expired());
  clock.AdvanceMicros(11'000'000);
  bucket.DropOld();
  EXPECT_TRUE(view.expired());
}

}  // namespace
}  // namespace icefall::s3proxy
