#include "log/icefall/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall {
namespace {

using testing::HasSubstr;

std::string Nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

void ExpectCorrupt(std::string_view text, const std::string& problem) {
  const auto parsed = ParseJson(text);
  ASSERT_FALSE(parsed) << text;
  EXPECT_EQ(parsed.error().code(), ErrorCode::kCorruption);
  EXPECT_THAT(parsed.error().message(), HasSubstr(problem));
}

TEST(JsonTest, KeepsNumbersToTheDigitAndMembersInOrder) {
  const std::string text =
      R"({"z":12345678901234567890123456789.00,"a":[-1,18446744073709551615,1e-7,-0.0],"ü":"\n"})";
  const auto parsed = ParseJson(text);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(*WriteJson(*parsed), text);
}

TEST(JsonTest, RefusesHostileText) {
  ExpectCorrupt("", "no JSON");
  ExpectCorrupt("{\"a\":1", "no JSON");
  ExpectCorrupt("[1] x", "no JSON");
  ExpectCorrupt("\"\xff\"", "no JSON");
  ExpectCorrupt("{\"a\":1,\"b\":2,\"a\":3}", "\"a\" appears twice");
  std::string many = "{";
  for (int i = 0; i < 1000; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  ExpectCorrupt(many + "\"k7\":1}", "\"k7\" appears twice");
  ExpectCorrupt(Nested(kJsonDepthMax + 1), "nested deeper");
  ExpectCorrupt(Nested(1'000'000), "nested deeper");
  EXPECT_TRUE(ParseJson(Nested(kJsonDepthMax)));
}

TEST(JsonTest, RefusesToWriteWhatCouldNotBeRead) {
  Json deep = Json::array();
  for (size_t i = 0; i < kJsonDepthMax; ++i) deep = Json::array({std::move(deep)});
  EXPECT_EQ(WriteJson(deep).error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(WriteJson(Json("\xff")).error().code(), ErrorCode::kInvalidArgument);
}

TEST(JsonTest, FieldsNameTheMemberThatIsWrong) {
  const Json json = *ParseJson(R"({"text":"x","negative":-1,"list":[],"big":300})");
  const auto problem = [&](auto read) {
    DecodeStatus status;
    const JsonFields fields(json, "thing", status);
    read(fields);
    return status.ok() ? std::string() : status.Take().error().message();
  };
  EXPECT_EQ(problem([](const JsonFields& f) { f.Text("text"); }), "");
  EXPECT_EQ(problem([](const JsonFields& f) { f.OptionalText("none"); }), "");
  EXPECT_EQ(problem([](const JsonFields& f) { f.Text("none"); }),
            "thing.none: expected a text, found nothing");
  EXPECT_EQ(problem([](const JsonFields& f) { f.Unsigned("negative"); }),
            "thing.negative: expected an unsigned integer, found a negative integer");
  EXPECT_EQ(problem([](const JsonFields& f) { f.ObjectOrEmpty("list"); }),
            "thing.list: expected an object, found an array");
  EXPECT_EQ(problem([](const JsonFields& f) { f.Bounded<uint8_t>("big"); }),
            "thing.big: expected at most 255, found 300");
}

}  // namespace
}  // namespace icefall
