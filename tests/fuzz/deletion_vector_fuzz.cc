// A deletion vector: refused, or the same again after writing, with what it says counted right.
#include <string>

#include "base/hash.h"
#include "format/deletion_vector.h"
#include "tests/fuzz/fuzz_target.h"

namespace icefall::fuzz {
namespace {

constexpr uint64_t kPositionLimit = uint64_t{1} << 40;
// Counting one by one takes long past it.
constexpr uint64_t kCountedMax = 1'000'000;

std::string BigEndian(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

void Check(const std::string& blob) {
  const auto vector = DeletionVector::Deserialize(blob, kPositionLimit);
  if (!vector) return;
  const auto again = DeletionVector::Deserialize(vector->Serialize(), kPositionLimit);
  Require(again && *again == *vector, "a vector that was written reads as another one");
  if (vector->cardinality() > kCountedMax) return;
  uint64_t count = 0;
  uint64_t last = 0;
  vector->ForEach([&](uint64_t position) {
    Require(position < kPositionLimit, "a position past the limit");
    Require(count == 0 || position > last, "positions out of order");
    Require(vector->Contains(position), "a position that is not in the vector");
    last = position;
    ++count;
    return true;
  });
  Require(count == vector->cardinality(), "another number of positions than the cardinality");
}

}  // namespace
}  // namespace icefall::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace icefall;
  const std::string text(fuzz::AsText(data, size));
  fuzz::Check(text);
  // As bitmaps, with the magic, length and checksum that they need.
  const std::string body = std::string("\xD1\xD3\x39\x64", 4) + text;
  fuzz::Check(fuzz::BigEndian(static_cast<uint32_t>(body.size())) + body +
              fuzz::BigEndian(Crc32(body)));
  return 0;
}
