#include "log/icefall/log_remains.h"

#include <gtest/gtest.h>

#include "log/icefall/commit_line.h"
#include "log/icefall/file_names.h"
#include "store/memory_store.h"

namespace icefall {
namespace {

std::string Line(uint64_t sequence, uint64_t database_sequence) {
  CommitLine line;
  line.sequence = Sequence(sequence);
  line.database_sequence = DatabaseSequence(database_sequence);
  line.committed_at = static_cast<TimestampMicros>(database_sequence) * 1000;
  line.operation = "insert";
  line.changes = Json::object();
  return *EncodeLine(line, sequence == 1) + "\n";
}

class LogRemainsTest : public testing::Test {
 protected:
  void Write(uint64_t segment, const std::string& text) {
    ASSERT_TRUE(store_.Put(SegmentKey("t", Sequence(segment)), text, PutCondition::Always()));
  }
  LogRemains Read(uint64_t durable) {
    const auto remains = ReadRemains(store_, "t", DatabaseSequence(durable));
    EXPECT_TRUE(remains);
    return *remains;
  }

  MemoryStore store_;
};

TEST_F(LogRemainsTest, NothingIsLeftOfNothing) {
  const LogRemains remains = Read(0);
  EXPECT_EQ(remains.database_sequence.value, 0);
  EXPECT_FALSE(remains.tail);
}

TEST_F(LogRemainsTest, LinesBehindDamageCount) {
  Write(1, Line(1, 3) + "{damage\n" + Line(3, 9) + "{\"torn");
  const LogRemains remains = Read(100);
  EXPECT_EQ(remains.database_sequence.value, 9);
  EXPECT_EQ(remains.committed_at, 9000);
  EXPECT_FALSE(remains.tail);
}

TEST_F(LogRemainsTest, TailBeginsBehindWhatIsDurable) {
  const std::string durable = Line(1, 3) + "{damage\n";
  Write(1, durable + Line(3, 9) + Line(4, 11));
  ASSERT_TRUE(Read(5).tail);
  EXPECT_EQ(Read(5).tail->key, SegmentKey("t", Sequence(1)));
  EXPECT_EQ(Read(5).tail->offset, durable.size());
}

TEST_F(LogRemainsTest, OnlyTheLastSegmentMayNotBeDurable) {
  Write(1, Line(1, 3));
  Write(2, Line(2, 4) + "{damage\n");
  Write(4, Line(4, 12));
  const LogRemains remains = Read(1);
  EXPECT_EQ(remains.database_sequence.value, 12);
  ASSERT_TRUE(remains.tail);
  EXPECT_EQ(remains.tail->key, SegmentKey("t", Sequence(4)));
  EXPECT_EQ(remains.tail->offset, 0);
}

}  // namespace
}  // namespace icefall
