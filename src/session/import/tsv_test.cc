#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "session/import/tsv_inference.h"
#include "session/import/tsv_lines.h"

namespace icefall {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TsvTest : public ::testing::Test {
 protected:
  ~TsvTest() override { std::filesystem::remove(path_); }

  std::string Write(std::string_view text) {
    std::ofstream(path_, std::ios::binary) << text;
    return path_.string();
  }
  std::vector<std::string> Types(std::string_view text) {
    const auto shape = InferTsv(Write(text));
    return shape.has_value() ? shape->types : std::vector<std::string>{shape.error().message()};
  }
  std::string ErrorOf(std::string_view text) {
    const auto shape = InferTsv(Write(text));
    return shape.has_value() ? "no error" : shape.error().message();
  }

 private:
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("icefall-tsv-" + NewUuid(SystemClock()));
};

TEST_F(TsvTest, TakesTheNarrowestTypeThatEveryValueFits) {
  EXPECT_THAT(Types("b\ti\td\tday\tts\ttext\n"
                    "true\t1\t1\t2024-02-29\t2024-01-01\tx\n"
                    "FALSE\t-7\t2.5e3\t2024-12-31\t2024-01-01T10:11:12.5\t1\n"),
              ElementsAre("BOOLEAN", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "VARCHAR"));
}

TEST_F(TsvTest, LooksAtTheWholeFile) {
  std::string text = "n\n";
  for (int i = 0; i < 100000; ++i) text += "12\n";
  EXPECT_THAT(Types(text + "12x\n"), ElementsAre("VARCHAR"));
}

TEST_F(TsvTest, KeepsWhatADoubleWouldRound) {
  EXPECT_THAT(Types("n\n12345678901234567890\n"), ElementsAre("VARCHAR"));
}

TEST_F(TsvTest, RefusesDatesThatDoNotExist) {
  EXPECT_THAT(Types("d\n2023-02-29\n"), ElementsAre("VARCHAR"));
}

TEST_F(TsvTest, TakesAnEmptyColumnForText) {
  EXPECT_THAT(Types("a\tb\n\t1\n\t2\n"), ElementsAre("VARCHAR", "BIGINT"));
}

TEST_F(TsvTest, KnowsFilesThatSpellNullOut) {
  EXPECT_FALSE(InferTsv(Write("a\n\n"))->null_is_marked);
  EXPECT_TRUE(InferTsv(Write("a\n\\N\n"))->null_is_marked);
  EXPECT_TRUE(InferTsv(Write("a\n\n\\.\n"))->null_is_marked);
  EXPECT_EQ(InferTsv(Write("a\n\n\\.\n"))->rows, 1u);
}

TEST_F(TsvTest, ToleratesCarriageReturnsAndAByteOrderMark) {
  const auto shape =
      InferTsv(Write("\xef\xbb\xbf"
                     "a\tb\r\n1\t2\r\n"));
  EXPECT_THAT(shape->names, ElementsAre("a", "b"));
  EXPECT_THAT(shape->types, ElementsAre("BIGINT", "BIGINT"));
}

TEST_F(TsvTest, ResolvesEscapes) {
  auto lines = TsvLines::Open(Write("a\nx\\ty\\\\z\\n\\r\n"));
  std::vector<TsvField> fields;
  ASSERT_TRUE(lines->Next(fields).value());
  std::string text;
  ASSERT_TRUE(lines->Unescape(fields[0], 0, text).has_value());
  EXPECT_EQ(text, "x\ty\\z\n\r");
}

TEST_F(TsvTest, NamesThePlaceOfAnError) {
  EXPECT_THAT(ErrorOf("a\tb\n1\t2\n3\n"), HasSubstr("line 3, column 'a': expected 2 fields"));
  EXPECT_THAT(ErrorOf("a\tA\n"), HasSubstr("line 1, column 'A': the name 'A' is there twice"));
  EXPECT_THAT(ErrorOf("a\n\xff\n"), HasSubstr("line 2, column 'a': '\\xff' is not valid UTF-8"));
  EXPECT_THAT(ErrorOf("a\nx\\q\n"), HasSubstr("line 2, column 'a': 'x\\q'"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("expected a header line"));
}

TEST_F(TsvTest, ReadsLinesLongerThanABlock) {
  const std::string value(3 << 20, 'v');
  auto lines = TsvLines::Open(Write("a\tb\n" + value + "\t" + value));
  std::vector<TsvField> fields;
  ASSERT_TRUE(lines->Next(fields).value());
  EXPECT_EQ(fields[0].raw, value);
  EXPECT_EQ(fields[1].raw, value);
  EXPECT_FALSE(lines->Next(fields).value());
}

}  // namespace
}  // namespace icefall
