#include "store/cache/caching_store.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/uuid.h"
#include "store/fault_store.h"
#include "store/memory_store.h"

namespace icefall {
namespace {

constexpr const char* kData = "t/data/019aa4b8-19c0-7000-8837-e6f906d87465.parquet";

class CachingStoreTest : public testing::Test {
 protected:
  ~CachingStoreTest() override { std::filesystem::remove_all(directory_); }

  // As a process on this machine.
  std::unique_ptr<CachingStore> Open(std::string identity = "bucket") {
    auto counted = std::make_unique<FaultStore>(base_);
    counted_ = counted.get();
    return std::make_unique<CachingStore>(std::move(counted), *RangeCache::Open({directory_}),
                                          std::move(identity));
  }

  const std::string directory_ =
      (std::filesystem::temp_directory_path() / ("icefall-" + NewUuid(SystemClock()))).string();
  MemoryStore base_;
  FaultStore* counted_ = nullptr;  // of the last Open
};

TEST_F(CachingStoreTest, AsksOnceForWhatNeverChanges) {
  ASSERT_TRUE(base_.Put(kData, "0123456789", PutCondition::IfAbsent()));
  const ObjectInfo info = *base_.Stat(kData);
  for (int process = 0; process < 2; ++process) {
    const auto store = Open();
    for (int again = 0; again < 2; ++again) {
      EXPECT_EQ(*store->Read(kData, 2, 3), "234");
      EXPECT_EQ(*store->ReadToEnd(kData, 7), "789");
      const auto found = *store->Stat(kData);
      EXPECT_EQ(found.key, info.key);
      EXPECT_EQ(found.size_bytes, info.size_bytes);
      EXPECT_EQ(found.version, info.version);
      EXPECT_EQ(found.modified_at, info.modified_at);
    }
    EXPECT_EQ(counted_->CallCount(), process == 0 ? 3u : 0u);
  }
  const auto elsewhere = Open("another bucket");
  EXPECT_EQ(*elsewhere->Read(kData, 2, 3), "234");
  EXPECT_EQ(counted_->CallCount(), 1u);
}

TEST_F(CachingStoreTest, ErrorsAreNotKept) {
  const auto store = Open();
  EXPECT_EQ(store->Read(kData, 0, 1).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(store->Stat(kData).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(base_.Put(kData, "x", PutCondition::IfAbsent()));
  EXPECT_EQ(*store->Read(kData, 0, 1), "x");
  EXPECT_EQ(store->Stat(kData)->size_bytes, 1u);
}

TEST_F(CachingStoreTest, WhatMayChangeIsAskedForAlways) {
  const auto store = Open();
  const ObjectKey head = "_catalog/_head.jsonl";
  ASSERT_TRUE(store->Put(head, "old", PutCondition::Always()));
  EXPECT_EQ(*store->ReadToEnd(head, 0), "old");
  ASSERT_TRUE(store->Put(head, "new", PutCondition::Always()));
  EXPECT_EQ(*store->ReadToEnd(head, 0), "new");
}

TEST_F(CachingStoreTest, KnowsNamesThatAreGivenOnce) {
  EXPECT_TRUE(IsImmutableKey(kData));
  EXPECT_TRUE(IsImmutableKey("019aa4b8-19c0-7000-8837-e6f906d87465.dv"));
  EXPECT_FALSE(IsImmutableKey("t/data/orders.parquet"));
  EXPECT_FALSE(IsImmutableKey("t/indexes/1/data/019aa4b8-19c0-7000-8837-e6f906d87465.parquet.idx"));
  EXPECT_FALSE(IsImmutableKey("_catalog/_commits/00000000000000000001.jsonl"));
  EXPECT_FALSE(IsImmutableKey("_transactions/019aa4b8-19c0-7000-8837-e6f906d87465.json"));
  EXPECT_FALSE(IsImmutableKey("019aa4b8-19c0-7000-8837-e6f906d8746/.parquet"));
}

}  // namespace
}  // namespace icefall
