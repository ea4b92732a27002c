#include "accel/replica_files.h"

#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "accel/derived_files.h"
#include "store/local_store.h"
#include "store/memory_store.h"
#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

Fragment SampleFragment() {
  Fragment fragment;
  fragment.path = "data/a.parquet";
  fragment.row_count = 10;
  fragment.size_bytes = 1'000;
  fragment.sha256 = "ab";
  fragment.schema = SchemaId(1);
  return fragment;
}

class ReplicaFilesTest : public testing::Test {
 protected:
  ReplicaFilesTest() : store_(*LocalStore::Create(directory_.path())) {}

  ObjectKey Write(const ObjectKey& key, const std::string& bytes) {
    std::ofstream(*store_->ExternalPath(key), std::ios::binary) << bytes;
    return key;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<LocalStore> store_;
  const ObjectKey key_ = ReplicaKey("t", ReplicaIdentity("t", SampleFragment()));
};

TEST(ReplicaIdentityTest, ChangesWithAllThatTheRowsFollowFrom) {
  std::set<std::string> names{ReplicaKey("t", ReplicaIdentity("t", SampleFragment()))};
  const auto add = [&](auto&& change) {
    Fragment fragment = SampleFragment();
    change(fragment);
    EXPECT_TRUE(names.insert(ReplicaKey("t", ReplicaIdentity("t", fragment))).second);
  };
  add([](Fragment& fragment) { fragment.path = "data/b.parquet"; });
  add([](Fragment& fragment) { fragment.size_bytes = 1'001; });
  add([](Fragment& fragment) { fragment.sha256 = "ac"; });
  add([](Fragment& fragment) { fragment.row_count = 11; });
  add([](Fragment& fragment) { fragment.schema = SchemaId(2); });
  add([](Fragment& fragment) { fragment.first_row_id = RowId(7); });
  add([](Fragment& fragment) { fragment.added_at = Sequence(7); });
  EXPECT_TRUE(names.insert(ReplicaKey("t", ReplicaIdentity("u", SampleFragment()))).second);
}

TEST(ReplicaIdentityTest, DoesNotChangeWithDeletes) {
  Fragment fragment = SampleFragment();
  auto deletes = std::make_shared<DeletionVector>();
  deletes->Add(3);
  fragment.deletes = deletes;
  fragment.deletes_version = Sequence(4);
  EXPECT_EQ(ReplicaIdentity("t", fragment), ReplicaIdentity("t", SampleFragment()));
}

TEST_F(ReplicaFilesTest, ListsFinishedAndUnfinishedOnes) {
  const auto unfinished = Write(UnfinishedReplicaKey(key_), "half");
  EXPECT_NE(UnfinishedReplicaKey(key_), unfinished);
  auto files = *ListReplicas(*store_);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_FALSE(files[0].is_finished);
  EXPECT_EQ(files[0].table_uuid, "t");
  ASSERT_TRUE(PublishReplica(*store_, unfinished, key_));
  files = *ListReplicas(*store_, "t");
  ASSERT_EQ(files.size(), 1U);
  EXPECT_TRUE(files[0].is_finished);
  EXPECT_EQ(files[0].info.key, key_);
  EXPECT_EQ(files[0].info.size_bytes, 4U);
  EXPECT_TRUE(ListReplicas(*store_, "u")->empty());
}

TEST_F(ReplicaFilesTest, PublishesOverTheOldOne) {
  Write(key_, "old");
  ASSERT_TRUE(PublishReplica(*store_, Write(UnfinishedReplicaKey(key_), "newer"), key_));
  EXPECT_EQ(*store_->ReadToEnd(key_, 0), "newer");
}

TEST_F(ReplicaFilesTest, RemovesWhatIsThere) {
  RemoveDerivedFile(*store_, key_);
  EXPECT_FALSE(std::filesystem::exists(directory_.path("_cache")));
  Write(key_, "x");
  RemoveDerivedFile(*store_, key_);
  EXPECT_FALSE(store_->Stat(key_));
}

TEST_F(ReplicaFilesTest, FollowsNoLinkOutOfTheDatabase) {
  TemporaryDirectory outside;
  std::filesystem::create_directories(outside.path("t"));
  std::filesystem::create_directory(directory_.path("_cache"));
  std::filesystem::create_directory_symlink(outside.path(), directory_.path("_cache/replicas"));
  std::ofstream(outside.path(key_.substr(std::string("_cache/replicas/").size()))) << "x";
  EXPECT_FALSE(store_->Stat(key_));
  RemoveDerivedFile(*store_, key_);
  EXPECT_TRUE(
      std::filesystem::exists(outside.path(key_.substr(std::string("_cache/replicas/").size()))));
  const auto listed = ListReplicas(*store_);
  EXPECT_TRUE(!listed || listed->empty());
}

TEST(ReplicaFilesWithoutPathsTest, AreNone) {
  MemoryStore store;
  EXPECT_TRUE(ListReplicas(store)->empty());
}

}  // namespace
}  // namespace icefall
