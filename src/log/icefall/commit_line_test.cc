#include "log/icefall/commit_line.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"

namespace icefall {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr char kId[] = "019aa4bb-c340-7000-acf8-948dfd081768";

CommitLine Sample() {
  CommitLine line;
  line.sequence = Sequence(2);
  line.database_sequence = DatabaseSequence(9);
  line.parent_hash = Sha256Hex("parent");
  line.committed_at = 1'700'000'000'000'001;
  line.operation = "insert";
  line.summary["inserted_rows"] = "3";
  line.transaction = TransactionMark{kId, {{"a", Sequence(2)}, {"b", Sequence(5)}}};
  line.changes = Json::object({{"row_id_count", 3}});
  return line;
}

// The text with another ending, whose checksum fits again.
std::string Resealed(const std::string& text, const std::string& from, const std::string& to) {
  std::string body = text.substr(0, text.rfind(",\"crc32\""));
  body.replace(body.find(from), from.size(), to);
  return fmt::format("{},\"crc32\":\"{:08x}\"}}", body, Crc32(body));
}

TEST(CommitLineTest, IsReadAsItWasWritten) {
  const CommitLine line = Sample();
  for (const bool is_first : {false, true}) {
    const std::string text = *EncodeLine(line, is_first);
    const auto decoded = DecodeLine(text);
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(decoded->sequence, line.sequence);
    EXPECT_EQ(decoded->database_sequence, line.database_sequence);
    EXPECT_EQ(decoded->parent_hash, line.parent_hash);
    EXPECT_EQ(decoded->committed_at, line.committed_at);
    EXPECT_EQ(decoded->operation, line.operation);
    EXPECT_EQ(decoded->summary, line.summary);
    ASSERT_TRUE(decoded->transaction);
    EXPECT_EQ(decoded->transaction->id, kId);
    ASSERT_EQ(decoded->transaction->participants.size(), 2);
    EXPECT_EQ(decoded->transaction->participants[1].log, "b");
    EXPECT_EQ(decoded->changes, line.changes);
    EXPECT_EQ(decoded->hash, Sha256Hex(text));
    EXPECT_EQ(text.find("format_version") != std::string::npos, is_first);
  }
}

TEST(CommitLineTest, EveryFlippedBitIsFound) {
  const std::string text = *EncodeLine(Sample(), true);
  for (size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      const auto decoded = DecodeLine(flipped);
      ASSERT_FALSE(decoded) << i;
      ASSERT_EQ(decoded.error().code(), ErrorCode::kCorruption);
    }
  }
}

TEST(CommitLineTest, RefusesWrongMembersWhateverTheChecksum) {
  const std::string text = *EncodeLine(Sample(), true);
  const std::pair<std::string, std::string> edits[] = {
      {"\"sequence\":2", "\"sequence\":\"2\""},
      {"\"sequence\":2,", ""},
      {"\"operation\":\"insert\"", "\"operation\":\"insert\",\"operation\":\"x\""},
      {"\"parent_hash\":\"", "\"parent_hash\":\"x"},
      {"2023-11-14T", "2023-13-14T"},
      {kId, "../../outcome"},
      {"\"changes\":{\"row_id_count\":3}", "\"changes\":[]"},
  };
  for (const auto& [from, to] : edits) {
    const auto decoded = DecodeLine(Resealed(text, from, to));
    ASSERT_FALSE(decoded) << to;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kCorruption) << to;
  }
}

TEST(CommitLineTest, IgnoresMembersOfLaterVersionsAndRefusesLaterFormats) {
  const std::string text = *EncodeLine(Sample(), true);
  EXPECT_TRUE(DecodeLine(Resealed(text, "\"sequence\":2", "\"later\":{},\"sequence\":2")));
  const auto newer = DecodeLine(Resealed(text, "\"format_version\":1", "\"format_version\":2"));
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(newer.error().message(), AllOf(HasSubstr("version 2"), HasSubstr("than 1")));
}

}  // namespace
}  // namespace icefall
