#include "commit/commit_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall {
namespace {

using testing::HasSubstr;

CommittedLine Line(uint64_t commit, std::string log, uint64_t sequence, std::string text) {
  return {DatabaseSequence(commit), std::move(log), Sequence(sequence),
          std::make_shared<const std::string>(std::move(text))};
}

CommitObject SampleCommit() {
  return {.id = "id",
          .first = DatabaseSequence(3),
          .last = DatabaseSequence(4),
          .head = DatabaseSequence(2),
          .committed_at = 1234567,
          .waited = 5,
          .lines = {Line(3, "a", 1, "{\"x\":1}\n"), Line(4, "a", 2, "{}\n"),
                    Line(4, "b/c", 1, "{}\n")}};
}

HeadObject SampleHead() {
  HeadObject head{.last = DatabaseSequence(9), .committed_at = 99, .logs = {}};
  LogHead a{.log = "a", .newest = Sequence(5), .manifest = Sequence(4)};
  a.manifest_text = std::make_shared<const std::string>("{}\n{}\n");
  a.lines = {Line(7, "a", 4, ""), Line(9, "a", 5, "{\"five\":5}\n")};
  a.lines[0].text.reset();
  head.logs.push_back(a);
  head.logs.push_back({.log = "b", .newest = Sequence(1), .lines = {Line(1, "b", 1, "{}\n")}});
  return head;
}

void ExpectLines(const std::vector<CommittedLine>& found, const std::vector<CommittedLine>& lines) {
  ASSERT_EQ(found.size(), lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(found[i].commit, lines[i].commit);
    EXPECT_EQ(found[i].log, lines[i].log);
    EXPECT_EQ(found[i].sequence, lines[i].sequence);
    ASSERT_EQ(found[i].text == nullptr, lines[i].text == nullptr);
    if (lines[i].text) {
      EXPECT_EQ(*found[i].text, *lines[i].text);
    }
  }
}

TEST(CommitObject, ReadsWhatItWrote) {
  const CommitObject object = SampleCommit();
  const auto read = DecodeCommitObject(*EncodeCommitObject(object));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->id, "id");
  EXPECT_EQ(read->first, object.first);
  EXPECT_EQ(read->last, object.last);
  EXPECT_EQ(read->head, object.head);
  EXPECT_EQ(read->committed_at, object.committed_at);
  EXPECT_EQ(read->waited, object.waited);
  ExpectLines(read->lines, object.lines);
}

TEST(CommitObject, RefusesEveryTruncation) {
  const std::string text = *EncodeCommitObject(SampleCommit());
  for (size_t size = 0; size < text.size(); ++size) {
    const auto read = DecodeCommitObject(text.substr(0, size));
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().code(), ErrorCode::kCorruption) << size;
  }
}

TEST(CommitObject, SaysWhatIsWrong) {
  CommitObject object = SampleCommit();
  std::swap(object.lines[0], object.lines[2]);
  EXPECT_THAT(DecodeCommitObject(*EncodeCommitObject(object)).error().message(),
              HasSubstr("expected a commit from 4 to 4, found 3"));
  object = SampleCommit();
  object.lines.resize(1);
  EXPECT_THAT(DecodeCommitObject(*EncodeCommitObject(object)).error().message(),
              HasSubstr("expected a line of commit 4"));
  std::string newer = *EncodeCommitObject(SampleCommit());
  newer.replace(newer.find("\"format_version\":1"), 18, "\"format_version\":2");
  EXPECT_EQ(DecodeCommitObject(newer).error().code(), ErrorCode::kUnsupported);
}

TEST(CommitObject, KnowsItsKeys) {
  EXPECT_EQ(CommitObjectKey(DatabaseSequence(17)), "_catalog/_commits/00000000000000000017.jsonl");
  EXPECT_EQ(ParseCommitObjectKey("_catalog/_commits/00000000000000000017.jsonl"),
            DatabaseSequence(17));
  EXPECT_FALSE(ParseCommitObjectKey("_catalog/_commits/17.jsonl"));
  EXPECT_FALSE(ParseCommitObjectKey("_catalog/_commits/0000000000000000001x.jsonl"));
  EXPECT_FALSE(ParseCommitObjectKey("_catalog/_head.jsonl"));
}

TEST(HeadObject, ReadsWhatItWrote) {
  const HeadObject head = SampleHead();
  const auto read = DecodeHeadObject(*EncodeHeadObject(head));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->last, head.last);
  EXPECT_EQ(read->committed_at, head.committed_at);
  ASSERT_EQ(read->logs.size(), 2);
  EXPECT_EQ(read->logs[0].log, "a");
  EXPECT_EQ(read->logs[0].newest, Sequence(5));
  EXPECT_EQ(read->logs[0].manifest, Sequence(4));
  EXPECT_EQ(*read->logs[0].manifest_text, "{}\n{}\n");
  EXPECT_FALSE(read->logs[1].manifest);
  for (size_t i = 0; i < 2; ++i) ExpectLines(read->logs[i].lines, head.logs[i].lines);
}

TEST(HeadObject, RefusesEveryTruncation) {
  const std::string text = *EncodeHeadObject(SampleHead());
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(DecodeHeadObject(text.substr(0, size))) << size;
  }
  EXPECT_FALSE(DecodeHeadObject(text + "{}\n"));
}

}  // namespace
}  // namespace icefall
