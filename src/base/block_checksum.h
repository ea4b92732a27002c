// A checksum of many bytes that takes little more than reading them.
#pragma once

#include <cstdint>
#include <string_view>

namespace icefall {

// Tells damage, not malice: bytes of the same size that differ only within one block of 8 always
// have another checksum, others hardly ever have the same.
//
// Let k be 0x9E3779B97F4A7C15, everything modulo 2^64, and mix(n, m) = p XOR (p >> 32), where p is
// (n XOR m) * k. Four numbers start as k, 2k, 3k and 4k. The bytes, behind which zeros make whole
// blocks of 32, are little-endian numbers m of 8 bytes that go to the four in turns: n becomes
// mix(n, m). The checksum starts as the size in bytes, c, and becomes mix(c, n) for each of them.
uint64_t BlockChecksum(std::string_view bytes);

}  // namespace icefall
