#include "log/icefall/line_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "log/icefall/file_names.h"
#include "log/icefall/next_line.h"
#include "store/memory_store.h"

namespace icefall {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kId[] = "019aa4bb-c340-7000-acf8-948dfd081768";

// Objects of which a reader cannot know that they may grow.
class MaybeFixedStore : public MemoryStore {
 public:
  explicit MaybeFixedStore(bool grows) : grows_(grows) {}
  Capabilities capabilities() const override { return {.append = grows_}; }

 private:
  const bool grows_;
};

class LineReaderTest : public testing::TestWithParam<bool> {
 protected:
  // Appends a line in the way of a writer.
  void Write(uint64_t segment_size_bytes_max = 1000, bool is_marked = false) {
    CommitLine line;
    line.operation = "insert";
    line.changes = Json::object();
    if (is_marked) line.transaction = TransactionMark{kId, {{"t", head_.sequence.Next()}}};
    const NextLine next =
        *EncodeNextLine("t", head_, {DatabaseSequence(head_.database_sequence.value + 2), 100},
                        segment_size_bytes_max, line);
    Append(next.entry.key, next.entry.bytes);
    head_ = next.after;
  }
  void Append(const ObjectKey& key, const std::string& bytes) {
    ASSERT_TRUE((*store_.OpenAppender(key))->Append(bytes));
  }

  Result<std::vector<uint64_t>> Read(LogCursor& cursor, const ReadMode& mode = {}) {
    const LineReader reader(store_, "t", outcomes_);
    std::vector<uint64_t> sequences;
    ICEFALL_RETURN_IF_ERROR(reader.Read(cursor, mode, [&](VerifiedLine line) -> Result<bool> {
      if (!line.aborted) sequences.push_back(line.line.sequence.value);
      return true;
    }));
    return sequences;
  }

  MaybeFixedStore store_{GetParam()};
  TransactionOutcomes outcomes_{store_};
  LogCursor head_;
};

INSTANTIATE_TEST_SUITE_P(Stores, LineReaderTest, testing::Bool(),
                         [](const auto& grows) { return grows.param ? "Growing" : "Listed"; });

TEST_P(LineReaderTest, GoesOnWhereItStopped) {
  LogCursor cursor;
  EXPECT_THAT(*Read(cursor), IsEmpty());
  for (int i = 0; i < 3; ++i) Write();
  EXPECT_THAT(*Read(cursor), ElementsAre(1, 2, 3));
  EXPECT_THAT(*Read(cursor), IsEmpty());
  for (int i = 0; i < 3; ++i) Write(1);  // a segment each
  EXPECT_THAT(*Read(cursor), ElementsAre(4, 5, 6));
  EXPECT_EQ(cursor.segment, Sequence(6));
  EXPECT_EQ(cursor.offset, head_.offset);
  EXPECT_EQ(cursor.hash, head_.hash);
}

TEST_P(LineReaderTest, EmptySegmentTakesTheNextLine) {
  Write();
  Append(SegmentKey("t", Sequence(2)), "");
  LogCursor cursor;
  EXPECT_THAT(*Read(cursor), ElementsAre(1));
  EXPECT_EQ(cursor.segment, Sequence(2));
  EXPECT_EQ(cursor.offset, 0);
}

TEST_P(LineReaderTest, TornTailIsNotThere) {
  Write();
  Append(SegmentKey("t", Sequence(1)), "{\"sequence\":2");
  LogCursor cursor;
  EXPECT_THAT(*Read(cursor), ElementsAre(1));
  EXPECT_EQ(cursor.offset, head_.offset);
}

TEST_P(LineReaderTest, StopsAtTheLimit) {
  for (int i = 0; i < 3; ++i) Write();
  LogCursor cursor;
  EXPECT_THAT(*Read(cursor, {.limit = DatabaseSequence(5)}), ElementsAre(1, 2));
  EXPECT_THAT(*Read(cursor), ElementsAre(3));
}

TEST_P(LineReaderTest, UnsettledTransactionHasNotHappenedUntilAWriterDecides) {
  Write();
  Write(1000, true);
  LogCursor reader;
  EXPECT_THAT(*Read(reader), ElementsAre(1));
  LogCursor writer;
  EXPECT_THAT(*Read(writer, {.may_commit = true}), ElementsAre(1));
  EXPECT_EQ(writer.sequence, Sequence(2));  // aborted, but its number is used
  Write();
  EXPECT_THAT(*Read(reader), ElementsAre(3));
}

TEST_P(LineReaderTest, CommittedTransactionCounts) {
  Write(1000, true);
  ASSERT_TRUE(store_.Put(TransactionKey(kId), EncodeOutcome(TransactionOutcome::kCommitted),
                         PutCondition::IfAbsent()));
  LogCursor cursor;
  EXPECT_THAT(*Read(cursor), ElementsAre(1));
}

TEST_P(LineReaderTest, LostOutcomeIsNeitherAbandonedNorWaitedFor) {
  Write();
  Write(1000, true);  // number 4
  LogCursor start;
  ASSERT_TRUE(Read(start));
  for (const bool may_commit : {false, true}) {
    LogCursor cursor = start;
    const auto lost =
        Read(cursor, {.may_commit = may_commit, .settled = AllSettledUntil(DatabaseSequence(4))});
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code(), ErrorCode::kCorruption);
    EXPECT_THAT(lost.error().message(),
                AllOf(HasSubstr("line 2 (sequence 2)"), HasSubstr(TransactionKey(kId)),
                      HasSubstr("t (sequence 2)"), HasSubstr("went on after its commit 4")));
  }
  EXPECT_FALSE(store_.Stat(TransactionKey(kId)));
  LogCursor cursor = start;
  EXPECT_THAT(*Read(cursor, {.settled = AllSettledUntil(DatabaseSequence(3))}), IsEmpty());
  Write();
  for (const bool may_commit : {false, true}) {
    cursor = start;
    EXPECT_FALSE(Read(cursor, {.may_commit = may_commit}));
  }
  EXPECT_FALSE(store_.Stat(TransactionKey(kId)));
}

TEST_P(LineReaderTest, LostOutcomeIsWhatIsProven) {
  Write(1000, true);
  Write();
  for (const auto proven : {TransactionOutcome::kCommitted, TransactionOutcome::kAborted}) {
    LogCursor cursor;
    const auto read = Read(cursor, {.judge = [&](const CommitLine& line, const std::string& lost) {
                             EXPECT_EQ(line.sequence, Sequence(1));
                             EXPECT_THAT(lost, HasSubstr("goes on behind it"));
                             return std::optional(proven);
                           }});
    EXPECT_EQ(read->size(), proven == TransactionOutcome::kCommitted ? 2 : 1);
  }
  LogCursor cursor;
  EXPECT_FALSE(Read(cursor, {.judge = [](const auto&, const auto&) {
                      return std::optional<TransactionOutcome>();
                    }}));
}

// What shows that there was an outcome was written while it was looked for.
TEST_P(LineReaderTest, LostOutcomeIsNotThatOfAWriterAtWork) {
  Write(1000, true);
  LogCursor cursor;
  const auto read = Read(
      cursor, {.settled = [&] {
        EXPECT_TRUE(store_.Put(TransactionKey(kId), EncodeOutcome(TransactionOutcome::kCommitted),
                               PutCondition::IfAbsent()));
        return Result<DatabaseSequence>(100);
      }});
  EXPECT_THAT(*read, ElementsAre(1));
}

TEST_P(LineReaderTest, ShrunkSegmentIsCorruptionAndMissingOneIsNotFound) {
  Write();
  Write();
  LogCursor cursor;
  ASSERT_TRUE(Read(cursor));
  ASSERT_TRUE((*store_.OpenAppender(SegmentKey("t", Sequence(1))))->Truncate(10));
  const auto shrunk = Read(cursor);
  ASSERT_FALSE(shrunk);
  EXPECT_EQ(shrunk.error().code(), ErrorCode::kCorruption);
  EXPECT_THAT(shrunk.error().message(), HasSubstr("shrank"));
  ASSERT_TRUE(store_.Delete(SegmentKey("t", Sequence(1))));
  EXPECT_EQ(Read(cursor).error().code(), ErrorCode::kNotFound);
}

TEST_P(LineReaderTest, TimesAndNumbersMustAscend) {
  Write();
  LogCursor forged = head_;
  forged.database_sequence = DatabaseSequence(0);  // so that the next line repeats a number
  head_ = forged;
  Write();
  LogCursor cursor;
  const auto read = Read(cursor);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message(), HasSubstr("line 2 (sequence 2)"));
}

}  // namespace
}  // namespace icefall
