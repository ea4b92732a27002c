#include "format/thrift_reader.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace icefall {
namespace {

using Type = ThriftReader::Type;

TEST(ThriftReader, ReadsFieldsAndSkipsOthers) {
  // 1: i32 -3; 2: true; 3: "ab"; 7: list of i64 {1, 300}; 8: a double; 30: {1: i16 5}; 31: i64 64.
  const std::string bytes(
      "\x15\x05"
      "\x11"
      "\x18\x02"
      "ab"
      "\x49\x26\x02\xD8\x04"
      "\x17"
      "12345678"
      "\x0C\x3C\x14\x0A\x00"
      "\x16\x80\x01"
      "\x00rest",
      34);
  std::vector<std::pair<int32_t, int64_t>> read;
  std::string text;
  ThriftReader thrift(bytes);
  thrift.ReadStruct([&](int32_t field, Type type) {
    if (type == Type::kTrue) read.emplace_back(field, 1);
    if (type == Type::kInt32 || type == Type::kInt64) {
      read.emplace_back(field, thrift.ReadInteger());
    }
    if (field == 3 && type == Type::kBinary) text = thrift.ReadBinary();
    if (type == Type::kList) {
      thrift.ReadList([&](Type) { read.emplace_back(field, thrift.ReadInteger()); });
    }
  });
  EXPECT_TRUE(thrift.ok());
  EXPECT_EQ(bytes.substr(thrift.position()), "rest");
  EXPECT_EQ(text, "ab");
  EXPECT_EQ(read, (std::vector<std::pair<int32_t, int64_t>>{
                      {1, -3}, {2, 1}, {7, 1}, {7, 300}, {31, 64}}));
}

TEST(ThriftReader, EveryCutIsNoticed) {
  const std::string bytes(
      "\x15\x05\x18\x02"
      "ab\x39\x26\x02\xD8\x04\x00",
      12);
  for (size_t size = 0; size <= bytes.size(); ++size) {
    ThriftReader thrift(std::string_view(bytes).substr(0, size));
    thrift.ReadStruct([](int32_t, Type) {});
    EXPECT_EQ(thrift.ok(), size == bytes.size()) << size;
    ThriftReader reading(std::string_view(bytes).substr(0, size));
    reading.ReadStruct([&](int32_t, Type type) {
      if (type == Type::kBinary) reading.ReadBinary();
    });
    EXPECT_EQ(reading.ok(), size == bytes.size()) << size;
  }
}

TEST(ThriftReader, RefusesEndlessNestingAndLists) {
  const std::string structs(100'000, '\x1C');
  ThriftReader deep(structs);
  deep.ReadStruct([](int32_t, Type) {});
  EXPECT_FALSE(deep.ok());
  // A list of 2^28 structs in no bytes.
  const std::string list("\x19\xFC\x80\x80\x80\x80\x01", 7);
  ThriftReader many(list);
  many.ReadStruct([](int32_t, Type) {});
  EXPECT_FALSE(many.ok());
}

}  // namespace
}  // namespace icefall
