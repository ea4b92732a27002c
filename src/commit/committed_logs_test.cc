#include "commit/committed_logs.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

CommittedLine Line(uint64_t commit, std::string log, uint64_t sequence) {
  return {DatabaseSequence(commit), std::move(log), Sequence(sequence),
          std::make_shared<const std::string>(std::to_string(sequence) + "\n")};
}

std::shared_ptr<const std::string> Text(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

TEST(CommittedLogs, TakesLinesWithoutGaps) {
  CommittedLogs logs;
  EXPECT_EQ(logs.Newest("a"), Sequence());
  EXPECT_FALSE(logs.Add(Line(1, "a", 2))) << "a log begins with 1";
  EXPECT_EQ(logs.Newest("a"), Sequence());
  ASSERT_TRUE(logs.Add(Line(1, "a", 1)));
  ASSERT_TRUE(logs.Add(Line(2, "a", 2)));
  EXPECT_FALSE(logs.Add(Line(3, "a", 4)));
  EXPECT_FALSE(logs.Add(Line(3, "a", 2)));
  EXPECT_EQ(logs.First("a"), Sequence(1));
  EXPECT_EQ(logs.Newest("a"), Sequence(2));
  EXPECT_EQ(*logs.Line("a", Sequence(2)).text, "2\n");
}

TEST(CommittedLogs, HintsAtTheNewestManifestThatItsLinesReach) {
  CommittedLogs logs;
  EXPECT_EQ(logs.NewestManifest("a"), Sequence()) << "there is nothing to read";
  LogHead head{.log = "a", .newest = Sequence(9), .lines = {Line(20, "a", 8), Line(21, "a", 9)}};
  logs.AddHead(head);
  EXPECT_EQ(logs.NewestManifest("a"), std::nullopt);
  logs.NoteManifest("a", Sequence(5), Text("five"));
  EXPECT_EQ(logs.NewestManifest("a"), std::nullopt) << "6 and 7 are missing";
  logs.NoteManifest("a", Sequence(8), Text("eight"));
  logs.NoteManifest("a", Sequence(7), Text("seven"));
  EXPECT_EQ(logs.NewestManifest("a"), Sequence(8));
  EXPECT_EQ(*logs.ManifestText("a", Sequence(8)), "eight");
  EXPECT_EQ(logs.ManifestText("a", Sequence(7)), nullptr);
  logs.ForgetManifest("a", Sequence(8));
  EXPECT_EQ(logs.NewestManifest("a"), std::nullopt);
  ASSERT_TRUE(logs.Add(Line(22, "b", 1)));
  EXPECT_EQ(logs.NewestManifest("b"), Sequence()) << "its lines are all here";
}

TEST(CommittedLogs, PutsHistoryBefore) {
  CommittedLogs logs;
  logs.AddHead({.log = "a", .newest = Sequence(3), .lines = {Line(7, "a", 3)}});
  logs.Prepend("a", {Line(1, "a", 1), Line(2, "a", 2), Line(7, "a", 3)});
  EXPECT_EQ(logs.First("a"), Sequence(1));
  EXPECT_EQ(logs.Newest("a"), Sequence(3));
  EXPECT_EQ(logs.Line("a", Sequence(2)).commit, DatabaseSequence(2));
}

TEST(CommittedLogs, HeadsBeginAtTheManifest) {
  CommittedLogs logs;
  for (uint64_t i = 1; i <= 4; ++i) ASSERT_TRUE(logs.Add(Line(i, "a", i)));
  ASSERT_TRUE(logs.Add(Line(9, "b", 1)));
  logs.NoteManifest("a", Sequence(3), Text("three"));
  auto heads = logs.Heads(1000);
  ASSERT_EQ(heads.size(), 2);
  EXPECT_EQ(heads[0].log, "b") << "changed last";
  ASSERT_EQ(heads[1].lines.size(), 2);
  EXPECT_EQ(heads[1].lines[0].sequence, Sequence(3));
  EXPECT_EQ(*heads[1].manifest_text, "three");
  heads = logs.Heads(2);
  EXPECT_TRUE(heads[0].lines[0].text);
  EXPECT_FALSE(heads[1].lines[0].text) << "more than two bytes";
  EXPECT_FALSE(heads[1].manifest_text);
  EXPECT_EQ(heads[1].lines.size(), 2) << "their commits still tell where they are";
}

TEST(CommittedLogs, ForgetsTextsBehindManifests) {
  CommittedLogs logs;
  for (uint64_t i = 1; i <= 4; ++i) ASSERT_TRUE(logs.Add(Line(i, "a", i)));
  logs.ForgetTexts(DatabaseSequence(9));
  EXPECT_TRUE(logs.Line("a", Sequence(1)).text) << "no manifest stands for it";
  logs.NoteManifest("a", Sequence(3), nullptr);
  logs.ForgetTexts(DatabaseSequence(2));
  EXPECT_FALSE(logs.Line("a", Sequence(1)).text);
  EXPECT_TRUE(logs.Line("a", Sequence(2)).text);
  logs.ForgetTexts(DatabaseSequence(9));
  EXPECT_FALSE(logs.Line("a", Sequence(2)).text);
  EXPECT_TRUE(logs.Line("a", Sequence(3)).text);
  logs.Fill(Line(1, "a", 1));
  EXPECT_EQ(*logs.Line("a", Sequence(1)).text, "1\n");
}

}  // namespace
}  // namespace icefall
