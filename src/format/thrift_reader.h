// Thrift's compact protocol (github.com/apache/thrift, doc/specs/thrift-compact-protocol.md), as
// far as Parquet needs it.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace icefall {

// Reads on from one value to the next. After the first thing that cannot be, everything reads as
// zero and empty, so that the caller asks once, at the end. Not thread-safe.
class ThriftReader {
 public:
  enum class Type : uint8_t {
    kStop = 0,
    kTrue = 1,
    kFalse = 2,
    kByte = 3,
    kInt16 = 4,
    kInt32 = 5,
    kInt64 = 6,
    kDouble = 7,
    kBinary = 8,
    kList = 9,
    kSet = 10,
    kMap = 11,
    kStruct = 12,
  };

  explicit ThriftReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  // Bytes read so far.
  size_t position() const { return position_; }

  // Calls `visit` for each field, which reads the value or leaves it: then it is skipped.
  using VisitField = std::function<void(int32_t field, Type type)>;
  void ReadStruct(const VisitField& visit);
  // Calls `visit` for each element, which has to read it.
  void ReadList(const std::function<void(Type type)>& visit);
  // Of kByte, kInt16, kInt32 and kInt64.
  int64_t ReadInteger();
  // Of kBinary: a part of the bytes.
  std::string_view ReadBinary();
  void Skip(Type type);

 private:
  uint8_t ReadByte();
  uint64_t ReadVarint();
  void Advance(uint64_t count);
  void SkipValue(Type type, bool in_container);

  // More than any Parquet file nests; what a hostile one may make the stack hold.
  static constexpr int kDepthMax = 32;

  std::string_view bytes_;
  size_t position_ = 0;
  int depth_ = 0;
  bool ok_ = true;
};

}  // namespace icefall
