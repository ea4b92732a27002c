#include "format/thrift_reader.h"

namespace icefall {

uint8_t ThriftReader::ReadByte() {
  ok_ = ok_ && position_ < bytes_.size();
  return ok_ ? static_cast<uint8_t>(bytes_[position_++]) : 0;
}

uint64_t ThriftReader::ReadVarint() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = ReadByte();
    value |= uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
  ok_ = false;
  return 0;
}

int64_t ThriftReader::ReadInteger() {
  const uint64_t zigzag = ReadVarint();
  return static_cast<int64_t>(zigzag >> 1) ^ -static_cast<int64_t>(zigzag & 1);
}

std::string_view ThriftReader::ReadBinary() {
  const uint64_t size = ReadVarint();
  const size_t begin = position_;
  Advance(size);
  return ok_ ? bytes_.substr(begin, size) : std::string_view();
}

void ThriftReader::Advance(uint64_t count) {
  ok_ = ok_ && count <= bytes_.size() - position_;
  if (ok_) position_ += count;
}

void ThriftReader::ReadStruct(const VisitField& visit) {
  ok_ = ok_ && ++depth_ <= kDepthMax;
  int64_t field = 0;
  while (ok_) {
    const uint8_t header = ReadByte();
    const auto type = static_cast<Type>(header & 0x0F);
    if (type == Type::kStop) break;
    field = (header >> 4) != 0 ? field + (header >> 4) : ReadInteger();
    const size_t before = position_;
    const bool has_bytes = type != Type::kTrue && type != Type::kFalse;
    visit(static_cast<int32_t>(field), type);
    if (position_ == before && has_bytes) Skip(type);
  }
  --depth_;
}

void ThriftReader::ReadList(const std::function<void(Type)>& visit) {
  const uint8_t header = ReadByte();
  uint64_t count = header >> 4;
  if (count == 15) count = ReadVarint();
  // Each element takes a byte at least.
  ok_ = ok_ && count <= bytes_.size() - position_;
  for (uint64_t i = 0; i < count && ok_; ++i) visit(static_cast<Type>(header & 0x0F));
}

void ThriftReader::Skip(Type type) { SkipValue(type, false); }

void ThriftReader::SkipValue(Type type, bool in_container) {
  switch (type) {
    case Type::kTrue:
    case Type::kFalse:
      // A field's value is its type.
      return Advance(in_container ? 1 : 0);
    case Type::kByte:
      return Advance(1);
    case Type::kInt16:
    case Type::kInt32:
    case Type::kInt64:
      ReadVarint();
      return;
    case Type::kDouble:
      return Advance(8);
    case Type::kBinary:
      return Advance(ReadVarint());
    case Type::kList:
    case Type::kSet:
      ok_ = ok_ && ++depth_ <= kDepthMax;
      ReadList([this](Type element) { SkipValue(element, true); });
      --depth_;
      return;
    case Type::kStruct:
      return ReadStruct([](int32_t, Type) {});
    default:
      // Parquet has no maps.
      ok_ = false;
  }
}

}  // namespace icefall
