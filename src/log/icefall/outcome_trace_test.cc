#include "log/icefall/outcome_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "log/icefall/file_names.h"
#include "log/icefall/next_line.h"
#include "store/memory_store.h"

namespace icefall {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class OutcomeTraceTest : public testing::Test {
 protected:
  // Appends a line to a log, which has the mark if it is to have it.
  void Write(const std::string& log, bool is_marked, uint64_t segment_size_bytes_max = 1000) {
    CommitLine line;
    line.operation = "insert";
    line.changes = Json::object();
    if (is_marked) line.transaction = mark_;
    LogCursor& head = heads_[log];
    ++newest_;
    const NextLine next = *EncodeNextLine(log, head, {DatabaseSequence(newest_), newest_},
                                          segment_size_bytes_max, line);
    ASSERT_TRUE((*store_.OpenAppender(next.entry.key))->Append(next.entry.bytes));
    head = next.after;
  }
  // One line each, then those of the transaction.
  void WriteBoth() {
    for (const bool is_marked : {false, true}) {
      for (const char* log : {"t", "u"}) Write(log, is_marked);
    }
  }
  OutcomeTrace Trace() {
    const auto trace = TraceOutcome(store_, mark_);
    EXPECT_TRUE(trace);
    return trace.value_or(OutcomeTrace());
  }

  const TransactionMark mark_{"019aa4bb-c340-7000-acf8-948dfd081768",
                              {{"t", Sequence(2)}, {"u", Sequence(2)}}};
  MemoryStore store_;
  std::map<std::string, LogCursor> heads_;
  int64_t newest_ = 0;
};

TEST_F(OutcomeTraceTest, LinesOfADeadWriterTellNothing) {
  Write("t", false);
  Write("u", false);
  Write("t", true);
  for (int lines = 1; lines <= 2; ++lines) {
    EXPECT_FALSE(Trace().replaced_in);
    EXPECT_THAT(Trace().followed_by, IsEmpty());
    if (lines == 1) Write("u", true);
  }
}

TEST_F(OutcomeTraceTest, WhatStandsBehindOneOfThemShowsThatThereWasAnOutcome) {
  WriteBoth();
  Write("t", false);
  EXPECT_FALSE(Trace().replaced_in);
  EXPECT_THAT(Trace().followed_by, HasSubstr("t/_log/00000000000000000001.jsonl goes on"));
}

TEST_F(OutcomeTraceTest, SoDoAnUnfinishedLineALaterSegmentAndAManifest) {
  WriteBoth();
  const ObjectKey segment = SegmentKey("u", Sequence(1));
  ASSERT_TRUE((*store_.OpenAppender(segment))->Append("{"));
  EXPECT_THAT(Trace().followed_by, HasSubstr("goes on"));
  ASSERT_TRUE((*store_.OpenAppender(segment))->Truncate(heads_["u"].offset));
  ASSERT_TRUE(store_.OpenAppender(SegmentKey("u", Sequence(3))));
  EXPECT_THAT(Trace().followed_by, IsEmpty());  // of a commit that never happened
  Write("u", false, 1);
  EXPECT_THAT(Trace().followed_by, HasSubstr("u/_log/00000000000000000003.jsonl"));
  ASSERT_TRUE(store_.Delete(SegmentKey("u", Sequence(3))));
  EXPECT_THAT(Trace().followed_by, IsEmpty());
  ASSERT_TRUE(store_.Put(ManifestKey("u", Sequence(1)), "", PutCondition::Always()));
  EXPECT_THAT(Trace().followed_by, IsEmpty());
  ASSERT_TRUE(store_.Put(ManifestKey("u", Sequence(2)), "", PutCondition::Always()));
  EXPECT_THAT(Trace().followed_by, HasSubstr("u/_manifests/00000000000000000002.json"));
}

TEST_F(OutcomeTraceTest, AnotherCommitInItsPlaceShowsThatItWasAbandoned) {
  Write("t", false);
  Write("u", false);
  Write("t", true);
  Write("u", false);
  EXPECT_EQ(Trace().replaced_in, SegmentKey("u", Sequence(1)));
  EXPECT_THAT(Trace().followed_by, IsEmpty());
}

TEST_F(OutcomeTraceTest, ALogThatIsGoneWasThere) {
  WriteBoth();
  ASSERT_TRUE(store_.Delete(SegmentKey("u", Sequence(1))));
  EXPECT_THAT(Trace().followed_by, HasSubstr("u does not have"));
}

TEST_F(OutcomeTraceTest, LogsOutsideOfTheDatabaseAreDamage) {
  for (const auto& [log, sequence] : {std::pair{"../t", 1}, std::pair{"t", 0}}) {
    const auto trace = TraceOutcome(store_, {mark_.id, {{log, Sequence(sequence)}}});
    ASSERT_FALSE(trace);
    EXPECT_EQ(trace.error().code(), ErrorCode::kCorruption);
  }
}

TEST_F(OutcomeTraceTest, TheNewestLineIsTheLastOneThatIsWhole) {
  EXPECT_EQ(*NewestLine(store_, "t"), DatabaseSequence(0));
  WriteBoth();
  EXPECT_EQ(*NewestLine(store_, "t"), DatabaseSequence(3));
  EXPECT_EQ(*NewestLine(store_, "u"), DatabaseSequence(4));
  ASSERT_TRUE((*store_.OpenAppender(SegmentKey("t", Sequence(1))))->Append("{\"no line\n{"));
  ASSERT_TRUE(store_.OpenAppender(SegmentKey("t", Sequence(3))));
  EXPECT_EQ(*NewestLine(store_, "t"), DatabaseSequence(3));
}

}  // namespace
}  // namespace icefall
