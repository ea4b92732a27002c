#include "tests/store/store_conformance.h"

#include <algorithm>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

INSTANTIATE_TEST_SUITE_P(Stores, StoreConformance, ::testing::ValuesIn(AllStoreBackends()),
                         BackendName);

TEST_P(StoreConformance, ReadsBackWhatWasPut) {
  const std::string bytes("a\0b\xFF\n", 5);
  MustPut("orders/_log/1.jsonl", bytes);
  EXPECT_EQ(Get("orders/_log/1.jsonl"), bytes);
  MustPut("orders/_log/1.jsonl", "shorter");
  EXPECT_EQ(Get("orders/_log/1.jsonl"), "shorter");
}

TEST_P(StoreConformance, KeepsAnEmptyObject) {
  MustPut("empty", "");
  EXPECT_EQ(Get("empty"), "");
  EXPECT_EQ(store().Stat("empty")->size_bytes, 0u);
  EXPECT_EQ(*store().Read("empty", 0, 0), "");
  EXPECT_THAT(Keys(), ElementsAre("empty"));
}

TEST_P(StoreConformance, KeepsALargeObject) {
  std::string bytes(20 << 20, '\0');
  std::mt19937_64 random(1);
  for (size_t i = 0; i < bytes.size(); i += 997) bytes[i] = static_cast<char>(random());
  MustPut("large", bytes);
  EXPECT_TRUE(Get("large") == bytes);
  EXPECT_TRUE(store().Read("large", 12345678, 100000).value() == bytes.substr(12345678, 100000));
}

TEST_P(StoreConformance, WritesAnObjectPieceByPiece) {
  std::string bytes(20 << 20, '\0');
  std::mt19937_64 random(2);
  for (size_t i = 0; i < bytes.size(); i += 997) bytes[i] = static_cast<char>(random());
  auto writer = store().OpenWriter("t/data/1.parquet");
  ASSERT_TRUE(writer.has_value()) << writer.error().message();
  for (size_t i = 0; i < bytes.size(); i += 777777) {
    ASSERT_TRUE((*writer)->Write(std::string_view(bytes).substr(i, 777777)).has_value());
  }
  EXPECT_THAT(Keys(), IsEmpty());
  const auto version = (*writer)->Finish();
  ASSERT_TRUE(version.has_value()) << version.error().message();
  EXPECT_EQ(*version, store().Stat("t/data/1.parquet")->version);
  EXPECT_TRUE(Get("t/data/1.parquet") == bytes);

  auto second = store().OpenWriter("t/data/1.parquet");
  ASSERT_TRUE(second.has_value() && (*second)->Write("other").has_value());
  EXPECT_EQ(Outcome((*second)->Finish()), "already_exists");
  EXPECT_EQ(store().Stat("t/data/1.parquet")->size_bytes, bytes.size());
}

TEST_P(StoreConformance, AWriterThatIsDroppedLeavesNothing) {
  auto writer = store().OpenWriter("a");
  ASSERT_TRUE(writer.has_value() && (*writer)->Write("bytes").has_value());
  writer->reset();
  EXPECT_THAT(Keys(), IsEmpty());
  EXPECT_EQ(Outcome(store().OpenWriter("../a")), "invalid_argument");
}

TEST_P(StoreConformance, AbsentObjectsAreNotFound) {
  EXPECT_EQ(Outcome(store().Read("a/b", 0, 1)), "not_found");
  EXPECT_EQ(Outcome(store().ReadToEnd("a/b", 0)), "not_found");
  EXPECT_EQ(Outcome(store().Stat("a/b")), "not_found");
  EXPECT_EQ(Outcome(store().Persist({"a/b"})), "not_found");
  EXPECT_THAT(store().Stat("a/b").error().message(), HasSubstr("a/b"));
}

TEST_P(StoreConformance, FoldersAndWhatIsBelowObjectsAreNotFound) {
  MustPut("a/b", "x");
  EXPECT_EQ(Outcome(store().Stat("a")), "not_found");
  EXPECT_EQ(Outcome(store().Stat("a/b/c")), "not_found");
  EXPECT_EQ(Outcome(store().ReadToEnd("a", 0)), "not_found");
  EXPECT_EQ(Outcome(store().Delete("a")), "ok");
  EXPECT_EQ(Outcome(store().Delete("a/b/c")), "ok");
  EXPECT_EQ(Get("a/b"), "x");
}

TEST_P(StoreConformance, AKeyThatIsAFolderOfAnotherIsRefusedOrKept) {
  MustPut("a/b", "below");
  const std::string expected = GetParam().has_folders ? "invalid_argument" : "ok";
  EXPECT_EQ(Outcome(store().Put("a", "above", PutCondition::Always())), expected);
  EXPECT_EQ(Outcome(store().Put("a/b/c", "deeper", PutCondition::IfAbsent())), expected);
  const bool appends = store().capabilities().append;
  EXPECT_EQ(Outcome(store().OpenAppender("a")), appends ? expected : "unsupported");
  EXPECT_EQ(Get("a/b"), "below");
}

TEST_P(StoreConformance, ReadsRangesOfEverySize) {
  std::string bytes;
  for (char c = '0'; c < 'z'; ++c) bytes += c;
  MustPut("all", bytes);
  for (size_t size = 0; size <= bytes.size(); ++size) {
    for (const size_t offset : {size_t{0}, (bytes.size() - size) / 2, bytes.size() - size}) {
      EXPECT_EQ(store().Read("all", offset, size).value_or("failed"), bytes.substr(offset, size));
    }
  }
}

TEST_P(StoreConformance, ReadsRangesAndRefusesThosePastTheEnd) {
  MustPut("digits", "0123456789");
  EXPECT_EQ(*store().Read("digits", 3, 4), "3456");
  EXPECT_EQ(*store().Read("digits", 0, 10), "0123456789");
  EXPECT_EQ(*store().Read("digits", 10, 0), "");
  EXPECT_EQ(Outcome(store().Read("digits", 0, 11)), "out_of_range");
  EXPECT_EQ(Outcome(store().Read("digits", 9, 2)), "out_of_range");
  EXPECT_EQ(Outcome(store().Read("digits", 11, 0)), "out_of_range");
  EXPECT_EQ(Outcome(store().Read("digits", 1, UINT64_MAX)), "out_of_range");
  EXPECT_EQ(Outcome(store().Read("digits", UINT64_MAX, 2)), "out_of_range");
  EXPECT_EQ(*store().ReadToEnd("digits", 7), "789");
  EXPECT_EQ(*store().ReadToEnd("digits", 10), "");
  EXPECT_EQ(Outcome(store().ReadToEnd("digits", 11)), "out_of_range");
}

TEST_P(StoreConformance, StatAndListAgree) {
  const ObjectVersion version = MustPut("a/b", "12345");
  const Result<ObjectInfo> info = store().Stat("a/b");
  ASSERT_TRUE(info.has_value()) << info.error().message();
  EXPECT_EQ(info->key, "a/b");
  EXPECT_EQ(info->size_bytes, 5u);
  EXPECT_EQ(info->version, version);
  EXPECT_GT(info->modified_at, *ParseTimestamp("2024-01-01T00:00:00.000000Z"));
  const Result<std::vector<ObjectInfo>> listed = store().List({});
  ASSERT_TRUE(listed.has_value()) << listed.error().message();
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->front().key, "a/b");
  EXPECT_EQ(listed->front().size_bytes, 5u);
  EXPECT_EQ(listed->front().version, version);
  EXPECT_EQ(listed->front().modified_at, info->modified_at);
}

TEST_P(StoreConformance, PutIfAbsentTakesEffectOnce) {
  MustPut("a", "first", PutCondition::IfAbsent());
  EXPECT_EQ(Outcome(store().Put("a", "second", PutCondition::IfAbsent())), "already_exists");
  EXPECT_EQ(Get("a"), "first");
  ASSERT_TRUE(store().Delete("a").has_value());
  MustPut("a", "third", PutCondition::IfAbsent());
  EXPECT_EQ(Get("a"), "third");
}

TEST_P(StoreConformance, PutIfMatchesNeedsTheCurrentVersion) {
  const ObjectVersion first = MustPut("a", "1");
  const ObjectVersion second = MustPut("a", "2", PutCondition::IfMatches(first));
  EXPECT_NE(first, second);
  EXPECT_EQ(Outcome(store().Put("a", "x", PutCondition::IfMatches(first))), "conflict");
  EXPECT_EQ(Outcome(store().Put("a", "x", PutCondition::IfMatches("no such version"))), "conflict");
  EXPECT_EQ(Get("a"), "2");
  MustPut("a", "3", PutCondition::IfMatches(second));
  EXPECT_EQ(Get("a"), "3");
}

TEST_P(StoreConformance, PutIfMatchesNeedsAnObject) {
  const ObjectVersion version = MustPut("a", "1");
  ASSERT_TRUE(store().Delete("a").has_value());
  EXPECT_EQ(Outcome(store().Put("a", "2", PutCondition::IfMatches(version))), "conflict");
  EXPECT_EQ(Outcome(store().Put("b/c", "2", PutCondition::IfMatches(version))), "conflict");
  EXPECT_THAT(Keys(), IsEmpty());
}

// The same size, as fast as it goes: inodes are reused and clocks stand still.
TEST_P(StoreConformance, VersionsNeverRepeat) {
  std::set<ObjectVersion> versions;
  const int different = GetParam().versions_follow_bytes ? 300 : 10;
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(versions.insert(MustPut("a", std::to_string(i % different))).second) << i;
  }
}

TEST_P(StoreConformance, DeletingTwiceIsTheSameAsOnce) {
  MustPut("a/b", "x");
  MustPut("a/c", "y");
  EXPECT_EQ(Outcome(store().Delete("a/b")), "ok");
  EXPECT_EQ(Outcome(store().Delete("a/b")), "ok");
  EXPECT_EQ(Outcome(store().Delete("never/was")), "ok");
  EXPECT_THAT(Keys(), ElementsAre("a/c"));
}

TEST_P(StoreConformance, ListsInByteOrderWhateverTheFolders) {
  // '-' and '.' sort before '/', '0' and letters after it.
  std::vector<ObjectKey> keys = {"a-b",  "a.b", "a/b",    "a/b-c/d", "a/b/c",
                                 "a0",   "aa",  "b/\xFF", "b/é",     "Z",
                                 "b/10", "b/2", "b/2/x",  "z/y/x/w", "_log/1"};
  if (GetParam().has_folders) std::erase_if(keys, [](auto& k) { return k == "a/b" || k == "b/2"; });
  if (GetParam().has_text_keys) std::erase(keys, "b/\xFF");
  for (const ObjectKey& key : keys) MustPut(key, key);
  std::sort(keys.begin(), keys.end());
  EXPECT_THAT(Keys(), ElementsAreArray(keys));
}

TEST_P(StoreConformance, ListsBelowAPrefix) {
  for (const char* key : {"a/1", "a/2", "a/sub/3", "ab/4", "b/5"}) MustPut(key, "x");
  EXPECT_THAT(Keys({.prefix = "a"}), ElementsAre("a/1", "a/2", "a/sub/3", "ab/4"));
  EXPECT_THAT(Keys({.prefix = "a/"}), ElementsAre("a/1", "a/2", "a/sub/3"));
  EXPECT_THAT(Keys({.prefix = "a/s"}), ElementsAre("a/sub/3"));
  EXPECT_THAT(Keys({.prefix = "a/sub/3"}), ElementsAre("a/sub/3"));
  EXPECT_THAT(Keys({.prefix = "a/sub/3/"}), IsEmpty());
  EXPECT_THAT(Keys({.prefix = "c/"}), IsEmpty());
  EXPECT_THAT(Keys({.prefix = "/"}), IsEmpty());
  EXPECT_THAT(Keys({.prefix = "../"}), IsEmpty());
  EXPECT_THAT(Keys({.prefix = "a//"}), IsEmpty());
  EXPECT_THAT(Keys({.prefix = "."}), IsEmpty());
}

TEST_P(StoreConformance, ListsShallowly) {
  for (const char* key : {"top", "a/1", "a/2", "a/sub/3", "ab/4"}) MustPut(key, "x");
  EXPECT_THAT(Keys({.shallow = true}), ElementsAre("top"));
  EXPECT_THAT(Keys({.prefix = "a", .shallow = true}), IsEmpty());
  EXPECT_THAT(Keys({.prefix = "a/", .shallow = true}), ElementsAre("a/1", "a/2"));
  EXPECT_THAT(Keys({.prefix = "a/2", .shallow = true}), ElementsAre("a/2"));
  EXPECT_THAT(Keys({.prefix = "a/sub/", .shallow = true}), ElementsAre("a/sub/3"));
}

TEST_P(StoreConformance, ListsAfterAKey) {
  for (const char* key : {"a/1", "a/2", "a/2-b/x", "a/3/y", "b/5"}) MustPut(key, "x");
  EXPECT_THAT(Keys({.start_after = "a/2"}), ElementsAre("a/2-b/x", "a/3/y", "b/5"));
  EXPECT_THAT(Keys({.start_after = "a/3/"}), ElementsAre("a/3/y", "b/5"));
  EXPECT_THAT(Keys({.start_after = "a/3/y"}), ElementsAre("b/5"));
  EXPECT_THAT(Keys({.start_after = "a/3/z"}), ElementsAre("b/5"));
  EXPECT_THAT(Keys({.start_after = "a0"}), ElementsAre("b/5"));
  EXPECT_THAT(Keys({.start_after = "b/5"}), IsEmpty());
  EXPECT_THAT(Keys({.prefix = "a/", .start_after = "a/2", .shallow = true}), IsEmpty());
  EXPECT_THAT(Keys({.prefix = "b/", .start_after = "a/2"}), ElementsAre("b/5"));
}

TEST_P(StoreConformance, ListsUpToALimitAndGoesOn) {
  std::vector<ObjectKey> keys;
  for (int i = 0; i < 57; ++i) keys.push_back(std::to_string(i % 7) + "/" + std::to_string(i));
  for (const ObjectKey& key : keys) MustPut(key, "x");
  std::sort(keys.begin(), keys.end());
  EXPECT_THAT(Keys({.limit = 0}), IsEmpty());
  std::vector<ObjectKey> paged;
  for (std::vector<ObjectKey> page = Keys({.limit = 10}); !page.empty();
       page = Keys({.start_after = paged.back(), .limit = 10})) {
    EXPECT_LE(page.size(), 10u);
    paged.insert(paged.end(), page.begin(), page.end());
  }
  EXPECT_THAT(paged, ElementsAreArray(keys));
}

TEST_P(StoreConformance, TakesOddKeys) {
  std::vector<ObjectKey> keys = {
      "with space/it's \"quoted\"",
      "k=v/k2=%2F%/x",
      "ünïcode/表/🧊.parquet",
      "back\\slash/new\nline/tab\t",
      "*?[a]{b}",
      "$HOME/`id`;|&<>#!",
      "-rf",
      "~",
      "con/nul",
      "a.tmp/b..c",
      "\xFF\xFE not utf-8",
      std::string(255, 'n') + "/" + std::string(255, 'm') + "/" + std::string(255, 'o'),
  };
  if (GetParam().has_text_keys) {
    for (const ObjectKey& key : {keys[3], keys[10]}) {
      EXPECT_EQ(Outcome(store().Put(key, "x", PutCondition::Always())), "invalid_argument") << key;
      std::erase(keys, key);
    }
  }
  for (const ObjectKey& key : keys) MustPut(key, "bytes of " + key);
  std::vector<ObjectKey> sorted = keys;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_THAT(Keys(), ElementsAreArray(sorted));
  for (const ObjectKey& key : keys) {
    EXPECT_EQ(Get(key), "bytes of " + key);
    EXPECT_EQ(Outcome(store().Delete(key)), "ok");
  }
  EXPECT_THAT(Keys(), IsEmpty());
}

TEST_P(StoreConformance, DeletesManyAtOnce) {
  std::vector<ObjectKey> keys;
  for (int i = 0; i < 12; ++i) keys.push_back("many/of <&> them/" + std::to_string(i));
  for (const ObjectKey& key : keys) MustPut(key, "x");
  MustPut("many/stays", "x");
  keys.push_back("many/never was");
  EXPECT_EQ(Outcome(store().DeleteMany(keys)), "ok");
  EXPECT_THAT(Keys(), ElementsAre("many/stays"));
  EXPECT_EQ(Outcome(store().DeleteMany(keys)), "ok");
  EXPECT_EQ(Outcome(store().DeleteMany({})), "ok");
  EXPECT_EQ(Outcome(store().DeleteMany({"../a"})), "invalid_argument");
}

TEST_P(StoreConformance, EveryCallRefusesBadKeys) {
  for (const ObjectKey& key :
       {ObjectKey(""), ObjectKey("/a"), ObjectKey("a/"), ObjectKey("a//b"), ObjectKey("."),
        ObjectKey("../a"), ObjectKey("a/../../b"), ObjectKey("a/.hidden"), ObjectKey("a\0b", 3),
        ObjectKey(256, 'x'), ObjectKey("/etc/passwd")}) {
    EXPECT_EQ(Outcome(store().Put(key, "x", PutCondition::Always())), "invalid_argument") << key;
    EXPECT_EQ(Outcome(store().Read(key, 0, 0)), "invalid_argument") << key;
    EXPECT_EQ(Outcome(store().ReadToEnd(key, 0)), "invalid_argument") << key;
    EXPECT_EQ(Outcome(store().Stat(key)), "invalid_argument") << key;
    EXPECT_EQ(Outcome(store().Delete(key)), "invalid_argument") << key;
    EXPECT_EQ(Outcome(store().OpenAppender(key)), "invalid_argument") << key;
    EXPECT_EQ(Outcome(store().Persist({key})), "invalid_argument") << key;
    EXPECT_EQ(Outcome(store().ExternalPath(key)), "invalid_argument") << key;
  }
  EXPECT_THAT(Keys(), IsEmpty());
}

TEST_P(StoreConformance, AppendsWhereItCan) {
  Result<std::unique_ptr<ObjectAppender>> appender = store().OpenAppender("t/_log/1");
  if (!store().capabilities().append) {
    EXPECT_EQ(Outcome(appender), "unsupported");
    return;
  }
  ASSERT_TRUE(appender.has_value()) << appender.error().message();
  EXPECT_EQ(Get("t/_log/1"), "");
  EXPECT_EQ(*(*appender)->SizeBytes(), 0u);
  ASSERT_TRUE((*appender)->Append("one\n").has_value());
  ASSERT_TRUE((*appender)->Append("").has_value());
  ASSERT_TRUE((*appender)->Append("two\n").has_value());
  EXPECT_EQ(Outcome((*appender)->Sync()), "ok");
  EXPECT_EQ(*(*appender)->SizeBytes(), 8u);
  EXPECT_EQ(Get("t/_log/1"), "one\ntwo\n");
}

TEST_P(StoreConformance, AppendingChangesTheVersion) {
  if (!store().capabilities().append) return;  // AppendsWhereItCan has seen it refuse
  MustPut("log", "one\n");
  const ObjectVersion before = store().Stat("log")->version;
  auto appender = store().OpenAppender("log");
  ASSERT_TRUE(appender.has_value()) << appender.error().message();
  EXPECT_EQ(*(*appender)->SizeBytes(), 4u);
  ASSERT_TRUE((*appender)->Append("two\n").has_value());
  EXPECT_NE(store().Stat("log")->version, before);
  EXPECT_EQ(Get("log"), "one\ntwo\n");
  EXPECT_EQ(Outcome(store().Put("log", "x", PutCondition::IfMatches(before))), "conflict");
}

TEST_P(StoreConformance, TruncatesAndGoesOnAppending) {
  if (!store().capabilities().append) return;  // AppendsWhereItCan has seen it refuse
  MustPut("log", "one\ntwo\nthr");
  auto appender = store().OpenAppender("log");
  ASSERT_TRUE(appender.has_value()) << appender.error().message();
  EXPECT_EQ(Outcome((*appender)->Truncate(12)), "out_of_range");
  EXPECT_EQ(Outcome((*appender)->Truncate(8)), "ok");
  EXPECT_EQ(Get("log"), "one\ntwo\n");
  EXPECT_EQ(*(*appender)->SizeBytes(), 8u);
  ASSERT_TRUE((*appender)->Append("three\n").has_value());
  EXPECT_EQ(Get("log"), "one\ntwo\nthree\n");
  EXPECT_EQ(Outcome((*appender)->Truncate(0)), "ok");
  EXPECT_EQ(Get("log"), "");
}

TEST_P(StoreConformance, WritesAgainInPlaceAndGoesOnAppending) {
  if (!store().capabilities().append) return;  // AppendsWhereItCan has seen it refuse
  MustPut("log", "one\ntwo\n");
  auto appender = store().OpenAppender("log");
  ASSERT_TRUE(appender.has_value()) << appender.error().message();
  EXPECT_EQ(Outcome((*appender)->Rewrite(9)), "out_of_range");
  for (const uint64_t offset : {0, 4, 8}) {
    EXPECT_EQ(Outcome((*appender)->Rewrite(offset)), "ok");
    EXPECT_EQ(Get("log"), "one\ntwo\n");
  }
  ASSERT_TRUE((*appender)->Append("three\n").has_value());
  EXPECT_EQ(Get("log"), "one\ntwo\nthree\n");
}

TEST_P(StoreConformance, OtherLibrariesReachObjectsByPathWhereTheyCan) {
  const Result<std::string> path = store().ExternalPath("t/data/k=v/1.parquet");
  if (!store().capabilities().external_path) {
    EXPECT_EQ(Outcome(path), "unsupported");
    return;
  }
  ASSERT_TRUE(path.has_value()) << path.error().message();
  std::ofstream(*path, std::ios::binary) << "PAR1";
  EXPECT_EQ(Get("t/data/k=v/1.parquet"), "PAR1");
  EXPECT_EQ(Outcome(store().Persist({"t/data/k=v/1.parquet"})), "ok");
  EXPECT_EQ(Outcome(store().Persist({"t/data/k=v/1.parquet", "t/data/none"})), "not_found");
  EXPECT_EQ(Outcome(store().Persist({})), "ok");
  EXPECT_EQ(*store().ExternalPath("t/data/k=v/1.parquet"), *path);
}

TEST_P(StoreConformance, NothingIsAbandonedByFinishedPuts) {
  MustPut("a/b", "1");
  MustPut("a/b", "2");
  EXPECT_EQ(Outcome(store().Put("a/b", "3", PutCondition::IfAbsent())), "already_exists");
  EXPECT_EQ(*store().RemoveAbandoned(INT64_MAX), 0u);
  EXPECT_EQ(Get("a/b"), "2");
}

TEST_P(StoreConformance, HasAName) { EXPECT_FALSE(store().name().empty()); }

}  // namespace
}  // namespace icefall
