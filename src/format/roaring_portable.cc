#include "format/roaring_portable.h"

#include <bit>
#include <cstdint>

#include <fmt/format.h>

#include "base/endian.h"

namespace icefall {
namespace {

// Constants of the format specification.
constexpr uint32_t kCookieWithoutRuns = 12346;
constexpr uint32_t kCookieWithRuns = 12347;
constexpr uint32_t kContainersMax = 1 << 16;
constexpr uint32_t kContainersMinForOffsets = 4;
constexpr uint32_t kArrayCardinalityMax = 4096;
constexpr size_t kBitsetBytes = 8192;

std::unexpected<Error> Bad(std::string what) {
  return Fail(ErrorCode::kCorruption, "roaring bitmap: " + std::move(what));
}

std::unexpected<Error> Truncated(std::string_view part, size_t needed_bytes, size_t found_bytes) {
  return Bad(fmt::format("{} need {} bytes, found {}", part, needed_bytes, found_bytes));
}

// Where the parts before the containers lie.
struct Header {
  uint32_t container_count = 0;
  const char* run_flags = nullptr;     // one bit per container; null: no runs
  const char* descriptions = nullptr;  // per container: 16-bit key, 16-bit cardinality - 1
  const char* offsets = nullptr;       // per container 32 bits; null: left out
  size_t size_bytes = 0;

  bool IsRun(uint32_t i) const { return run_flags != nullptr && (run_flags[i / 8] >> i % 8 & 1); }
  uint16_t Key(uint32_t i) const { return LoadLittleEndian<uint16_t>(descriptions + 4 * i); }
  uint32_t Cardinality(uint32_t i) const {
    return LoadLittleEndian<uint16_t>(descriptions + 4 * i + 2) + 1u;
  }
};

Result<Header> ReadHeader(std::string_view bytes) {
  Header header;
  if (bytes.size() < 4) return Truncated("its cookie", 4, bytes.size());
  const uint32_t cookie = LoadLittleEndian<uint32_t>(bytes.data());
  size_t position = 4;
  if ((cookie & 0xFFFF) == kCookieWithRuns) {
    header.container_count = (cookie >> 16) + 1;
    header.run_flags = bytes.data() + position;
    position += (header.container_count + 7) / 8;
  } else if (cookie == kCookieWithoutRuns) {
    if (bytes.size() < 8) return Truncated("its cookie and container count", 8, bytes.size());
    header.container_count = LoadLittleEndian<uint32_t>(bytes.data() + position);
    position += 4;
  } else {
    return Bad(fmt::format("cookie is 0x{:08x}, expected {} or {} in the low half", cookie,
                           kCookieWithoutRuns, kCookieWithRuns));
  }
  if (header.container_count > kContainersMax) {
    return Bad(
        fmt::format("{} containers, expected at most {}", header.container_count, kContainersMax));
  }
  const bool has_offsets =
      header.run_flags == nullptr || header.container_count >= kContainersMinForOffsets;
  const size_t descriptions_at = position;
  position += 4 * static_cast<size_t>(header.container_count);
  const size_t offsets_at = position;
  if (has_offsets) position += 4 * static_cast<size_t>(header.container_count);
  if (bytes.size() < position) return Truncated("its headers", position, bytes.size());
  header.descriptions = bytes.data() + descriptions_at;
  if (has_offsets) header.offsets = bytes.data() + offsets_at;
  header.size_bytes = position;
  return header;
}

Result<size_t> CheckArray(std::string_view bytes, uint32_t cardinality) {
  const size_t size_bytes = 2 * static_cast<size_t>(cardinality);
  if (bytes.size() < size_bytes) return Truncated("array values", size_bytes, bytes.size());
  uint16_t previous = LoadLittleEndian<uint16_t>(bytes.data());
  for (size_t i = 2; i < size_bytes; i += 2) {
    const uint16_t value = LoadLittleEndian<uint16_t>(bytes.data() + i);
    if (value <= previous) {
      return Bad(fmt::format("array value {} follows {}, expected a greater one", value, previous));
    }
    previous = value;
  }
  return size_bytes;
}

Result<size_t> CheckBitset(std::string_view bytes, uint32_t cardinality) {
  if (bytes.size() < kBitsetBytes) return Truncated("bitset words", kBitsetBytes, bytes.size());
  uint32_t found = 0;
  for (size_t i = 0; i < kBitsetBytes; i += 8) {
    found += static_cast<uint32_t>(std::popcount(LoadLittleEndian<uint64_t>(bytes.data() + i)));
  }
  if (found != cardinality) {
    return Bad(fmt::format("bitset has {} bits set, expected {}", found, cardinality));
  }
  return kBitsetBytes;
}

Result<size_t> CheckRuns(std::string_view bytes, uint32_t cardinality) {
  if (bytes.size() < 2) return Truncated("the run count", 2, bytes.size());
  const uint32_t run_count = LoadLittleEndian<uint16_t>(bytes.data());
  const size_t size_bytes = 2 + 4 * static_cast<size_t>(run_count);
  if (bytes.size() < size_bytes) return Truncated("runs", size_bytes, bytes.size());
  uint32_t found = 0;
  // A run that touches the one before belongs to it: CRoaring compares runs as bytes.
  uint32_t start_min = 0;
  for (size_t i = 2; i < size_bytes; i += 4) {
    const uint32_t start = LoadLittleEndian<uint16_t>(bytes.data() + i);
    const uint32_t last = start + LoadLittleEndian<uint16_t>(bytes.data() + i + 2);
    if (start < start_min) {
      return Bad(fmt::format("run starts at {}, expected {} or more", start, start_min));
    }
    if (last > UINT16_MAX) {
      return Bad(fmt::format("run ends at {}, expected {} or less", last, UINT16_MAX));
    }
    found += last - start + 1;
    start_min = last + 2;
  }
  if (found != cardinality) {
    return Bad(fmt::format("runs hold {} values, expected {}", found, cardinality));
  }
  return size_bytes;
}

Result<size_t> CheckContainer(const Header& header, uint32_t i, std::string_view bytes) {
  const uint32_t cardinality = header.Cardinality(i);
  if (header.IsRun(i)) return CheckRuns(bytes, cardinality);
  if (cardinality <= kArrayCardinalityMax) return CheckArray(bytes, cardinality);
  return CheckBitset(bytes, cardinality);
}

}  // namespace

Result<size_t> CheckPortableRoaring(std::string_view bytes) {
  ICEFALL_ASSIGN_OR_RETURN(const Header header, ReadHeader(bytes));
  size_t position = header.size_bytes;
  for (uint32_t i = 0; i < header.container_count; ++i) {
    if (i > 0 && header.Key(i) <= header.Key(i - 1)) {
      return Bad(fmt::format("container key {} follows {}, expected a greater one", header.Key(i),
                             header.Key(i - 1)));
    }
    if (header.offsets != nullptr) {
      const uint32_t offset = LoadLittleEndian<uint32_t>(header.offsets + 4 * i);
      if (offset != position) {
        return Bad(fmt::format("container {} is said to be at offset {}, expected {}", i, offset,
                               position));
      }
    }
    ICEFALL_ASSIGN_OR_RETURN(const size_t size_bytes,
                             CheckContainer(header, i, bytes.substr(position)));
    position += size_bytes;
  }
  return position;
}

}  // namespace icefall
