#include "base/block_checksum.h"

#include <array>

#include "base/endian.h"

namespace icefall {
namespace {

constexpr uint64_t kFactor = 0x9E3779B97F4A7C15;
constexpr size_t kBlockBytes = 4 * sizeof(uint64_t);

uint64_t Mix(uint64_t number, uint64_t next) {
  const uint64_t product = (number ^ next) * kFactor;
  return product ^ product >> 32;
}

// Four, which do not wait for each other.
struct Numbers {
  uint64_t a = kFactor;
  uint64_t b = 2 * kFactor;
  uint64_t c = 3 * kFactor;
  uint64_t d = 4 * kFactor;

  void Add(const char* block) {
    const auto at = [&](size_t i) {
      return LoadLittleEndian<uint64_t>(block + i * sizeof(uint64_t));
    };
    a = Mix(a, at(0));
    b = Mix(b, at(1));
    c = Mix(c, at(2));
    d = Mix(d, at(3));
  }
};

}  // namespace

uint64_t BlockChecksum(std::string_view bytes) {
  Numbers numbers;
  auto left = bytes;
  for (; left.size() >= kBlockBytes; left.remove_prefix(kBlockBytes)) numbers.Add(left.data());
  if (!left.empty()) {
    std::array<char, kBlockBytes> last = {};
    left.copy(last.data(), left.size());
    numbers.Add(last.data());
  }
  return Mix(Mix(Mix(Mix(bytes.size(), numbers.a), numbers.b), numbers.c), numbers.d);
}

}  // namespace icefall
