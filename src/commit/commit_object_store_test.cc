#include "commit/commit_object_store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "log/icefall/file_names.h"
#include "store/fault_store.h"
#include "store/memory_store.h"

namespace icefall {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CommitObjectStoreTest : public testing::Test {
 protected:
  std::unique_ptr<CommitObjectStore> Open() {
    return std::make_unique<CommitObjectStore>(counted_, SystemClock());
  }

  static std::string LineText(std::string_view log, uint64_t sequence) {
    return fmt::format("{{\"{}\":{}}}\n", log, sequence);
  }

  // The next commit, a line of each log.
  static Result<bool> Commit(CommitObjectStore& store, const std::vector<std::string>& logs) {
    std::vector<LogAppend> lines;
    for (const std::string& log : logs) {
      const uint64_t sequence = store.List({.prefix = SegmentPrefix(log)})->size() + 1;
      lines.push_back({SegmentKey(log, Sequence(sequence)), 0, LineText(log, sequence), true});
    }
    const auto known = store.Known();
    return store.Append({known.sequence.Next(), known.committed_at + 1}, lines);
  }

  static void ExpectLog(ObjectStore& store, const std::string& log, uint64_t count) {
    const auto listed = store.List({.prefix = SegmentPrefix(log)});
    ASSERT_TRUE(listed) << listed.error().message();
    ASSERT_EQ(listed->size(), count);
    for (uint64_t i = 1; i <= count; ++i) {
      const ObjectInfo& info = (*listed)[i - 1];
      EXPECT_EQ(info.key, SegmentKey(log, Sequence(i)));
      EXPECT_EQ(*store.ReadToEnd(info.key, 0), LineText(log, i));
      EXPECT_EQ(info.size_bytes, LineText(log, i).size());
    }
  }

  MemoryStore base_;
  std::shared_ptr<FaultStore> counted_ = std::make_shared<FaultStore>(base_);
};

TEST_F(CommitObjectStoreTest, ShowsCommitsToEverybody) {
  const auto writer = Open(), reader = Open();
  EXPECT_EQ(reader->Refresh()->sequence, DatabaseSequence());
  ASSERT_TRUE(Commit(*writer, {"a"}).value());
  ASSERT_TRUE(Commit(*writer, {"a", "b"}).value());
  ExpectLog(*writer, "a", 2);
  ExpectLog(*reader, "a", 0);
  EXPECT_EQ(reader->Refresh()->sequence, DatabaseSequence(2));
  ExpectLog(*reader, "a", 2);
  ExpectLog(*reader, "b", 1);
  EXPECT_EQ(reader->Stat(SegmentKey("a", Sequence(3))).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(reader->ReadToEnd(SegmentKey("c", Sequence(1)), 0).error().code(),
            ErrorCode::kNotFound);
}

TEST_F(CommitObjectStoreTest, OneOfTwoWritersWins) {
  const auto one = Open(), two = Open();
  ASSERT_TRUE(Commit(*one, {"a"}).value());
  ASSERT_TRUE(two->Refresh());
  ASSERT_TRUE(Commit(*one, {"a"}).value());
  EXPECT_FALSE(Commit(*two, {"a"}).value());
  ExpectLog(*two, "a", 1);
  ASSERT_TRUE(two->Refresh());
  ASSERT_TRUE(Commit(*two, {"a"}).value());
  ASSERT_TRUE(one->Refresh());
  ExpectLog(*one, "a", 3);
}

TEST_F(CommitObjectStoreTest, AWriterWhoseAnswerWasLostLooksForItsCommit) {
  const auto writer = Open(), other = Open();
  ASSERT_TRUE(writer->Refresh());
  counted_->ResetCounts();
  counted_->SetPlan(FaultAtCall(StoreCall::kPut, 1, Fault::FailAfter()));
  const auto done = Commit(*writer, {"a"});
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_TRUE(done.value());
  // The same words by another writer are another commit.
  ASSERT_TRUE(other->Refresh());
  ASSERT_TRUE(Commit(*other, {"a"}).value());
  counted_->ResetCounts();
  counted_->SetPlan([](const StoreCallInfo& info) {
    return info.call == StoreCall::kPut
               ? Fault{Fault::Effect::kNone, Fault::Answer::kError, ErrorCode::kOutcomeUnknown}
               : Fault::None();
  });
  const auto lost = writer->Append({DatabaseSequence(2), 3},
                                   {{SegmentKey("a", Sequence(2)), 0, LineText("a", 2), true}});
  ASSERT_TRUE(lost) << lost.error().message();
  EXPECT_FALSE(lost.value());
  ASSERT_TRUE(writer->Refresh());
  EXPECT_EQ(Commit(*writer, {"a"}).error().code(), ErrorCode::kOutcomeUnknown);
}

TEST_F(CommitObjectStoreTest, RequestsDoNotGrowWithCommits) {
  {
    const auto writer = Open();
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE(Commit(*writer, {i % 2 == 0 ? "a" : "b"}).value());
      if (writer->OwesHead()) {
        ASSERT_TRUE(writer->WriteHead());
      }
    }
  }
  const auto reader = Open();
  counted_->ResetCounts();
  EXPECT_EQ(reader->Refresh()->sequence, DatabaseSequence(500));
  EXPECT_EQ(counted_->CallCount(), 3u) << "head, listing, newest commit";
  EXPECT_EQ(reader->NewestManifest("a"), Sequence()) << "all of its lines are in the head";
  ExpectLog(*reader, "a", 250);
  EXPECT_EQ(counted_->CallCount(), 3u);
  ASSERT_TRUE(reader->Refresh());
  EXPECT_EQ(counted_->CallCount(), 4u);
  counted_->ResetCounts();
  ASSERT_TRUE(Commit(*reader, {"b"}).value());
  EXPECT_EQ(counted_->CallCount(), 1u);
}

TEST_F(CommitObjectStoreTest, ReadsWhatTheHeadOnlyNames) {
  const auto writer = Open();
  const std::string manifest = "{}\n{}\n";
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(Commit(*writer, {"a"}).value());
    if (i == 9) {
      ASSERT_TRUE(writer->Put(ManifestKey("a", Sequence(10)), manifest, PutCondition::IfAbsent()));
    }
  }
  ASSERT_TRUE(writer->WriteHead());
  const auto reader = Open();
  ASSERT_TRUE(reader->Refresh());
  EXPECT_EQ(reader->NewestManifest("a"), Sequence(10));
  counted_->ResetCounts();
  EXPECT_EQ(*reader->ReadToEnd(ManifestKey("a", Sequence(10)), 0), manifest);
  const auto listed = *reader->List(
      {.prefix = SegmentPrefix("a"), .start_after = SegmentKey("a", Sequence(9)), .shallow = true});
  ASSERT_EQ(listed.size(), 11);
  EXPECT_EQ(listed[0].key, SegmentKey("a", Sequence(10)));
  EXPECT_EQ(counted_->CallCount(), 0u);
  // What is older is read from its commits' objects.
  ExpectLog(*reader, "a", 20);
  EXPECT_GT(counted_->CallCount(), 0u);
}

TEST_F(CommitObjectStoreTest, AHeadIsNotNeeded) {
  {
    const auto writer = Open();
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(Commit(*writer, {"a"}).value());
    ASSERT_TRUE(writer->WriteHead());
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(Commit(*writer, {"a"}).value());
  }
  const std::string head(kHeadObjectKey);
  ASSERT_TRUE(base_.Put(head, "damaged", PutCondition::Always()));
  const auto after_damage = Open();
  ASSERT_TRUE(after_damage->Refresh());
  ExpectLog(*after_damage, "a", 103);
  ASSERT_TRUE(base_.Delete(head));
  const auto after_loss = Open();
  ASSERT_TRUE(after_loss->Refresh());
  ASSERT_TRUE(Commit(*after_loss, {"a"}).value());
  ExpectLog(*after_loss, "a", 104);
}

TEST_F(CommitObjectStoreTest, AnOldHeadOnlyCostsReading) {
  const auto slow = Open(), fast = Open();
  ASSERT_TRUE(Commit(*slow, {"a"}).value());
  ASSERT_TRUE(fast->Refresh());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Commit(*fast, {"a", "b"}).value());
  ASSERT_TRUE(fast->WriteHead());
  ASSERT_TRUE(Commit(*fast, {"b"}).value());
  ASSERT_TRUE(slow->WriteHead());
  const auto reader = Open();
  ASSERT_TRUE(reader->Refresh());
  ExpectLog(*reader, "a", 11);
  ExpectLog(*reader, "b", 11);
  ASSERT_TRUE(slow->Refresh());
  ExpectLog(*slow, "b", 11);
}

TEST_F(CommitObjectStoreTest, LargeTailsAreNotRepeated) {
  const auto writer = Open();
  const std::string large = "{\"x\":\"" + std::string(200 << 10, 'x') + "\"}\n";
  for (uint64_t i = 1; i <= 5; ++i) {
    ASSERT_TRUE(writer
                    ->Append({DatabaseSequence(i), static_cast<TimestampMicros>(i)},
                             {{SegmentKey("a", Sequence(i)), 0, large, true}})
                    .value());
    EXPECT_LT(base_.Stat(CommitObjectKey(DatabaseSequence(i)))->size_bytes, 2 * large.size() + 500);
  }
  const auto reader = Open();
  ASSERT_TRUE(reader->Refresh());
  EXPECT_EQ(reader->List({.prefix = SegmentPrefix("a")})->size(), 5);
}

TEST_F(CommitObjectStoreTest, NamesDamagedAndMissingCommits) {
  {
    const auto writer = Open();
    ASSERT_TRUE(Commit(*writer, {"a"}).value());
    ASSERT_TRUE(writer->WriteHead());
    ASSERT_TRUE(Commit(*writer, {"a"}).value());
    ASSERT_TRUE(writer->WriteHead());
    ASSERT_TRUE(Commit(*writer, {"a"}).value());
  }
  ASSERT_TRUE(base_.Delete(std::string(kHeadObjectKey)));
  const ObjectKey second = CommitObjectKey(DatabaseSequence(2));
  ASSERT_TRUE(base_.Delete(second));
  auto refreshed = Open()->Refresh();
  ASSERT_FALSE(refreshed);
  EXPECT_EQ(refreshed.error().code(), ErrorCode::kCorruption);
  EXPECT_THAT(refreshed.error().message(), HasSubstr(second));
  ASSERT_TRUE(base_.Put(second, "{}\n", PutCondition::Always()));
  refreshed = Open()->Refresh();
  ASSERT_FALSE(refreshed);
  EXPECT_THAT(refreshed.error().message(), HasSubstr(second));
}

TEST_F(CommitObjectStoreTest, ListsLinesAmongTheOthers) {
  const auto store = Open();
  ASSERT_TRUE(Commit(*store, {"t"}).value());
  ASSERT_TRUE(store->Put("t/data/1.parquet", "x", PutCondition::Always()));
  const auto keys = [&](const ListRequest& request) {
    std::vector<std::string> found;
    const auto listed = *store->List(request);
    for (const ObjectInfo& info : listed) found.push_back(info.key);
    return found;
  };
  const std::string line = SegmentKey("t", Sequence(1)), data = "t/data/1.parquet";
  EXPECT_THAT(keys({.prefix = "t/"}), ElementsAre(line, data));
  EXPECT_THAT(keys({.prefix = "t/", .limit = 1}), ElementsAre(line));
  EXPECT_THAT(keys({.prefix = "t/", .start_after = line}), ElementsAre(data));
  EXPECT_THAT(keys({.prefix = "t/", .shallow = true}), ElementsAre());
  EXPECT_THAT(keys({.prefix = "t/_log/0000", .shallow = true}), ElementsAre(line));
  EXPECT_THAT(keys({}), testing::Contains(line));
}

TEST_F(CommitObjectStoreTest, LinesAreChangedByCommitsOnly) {
  const auto store = Open();
  ASSERT_TRUE(Commit(*store, {"t"}).value());
  const ObjectKey line = SegmentKey("t", Sequence(1));
  EXPECT_EQ(store->Put(line, "x", PutCondition::Always()).error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(store->Delete(line).error().code(), ErrorCode::kUnsupported);
  ExpectLog(*store, "t", 1);
}

}  // namespace
}  // namespace icefall
