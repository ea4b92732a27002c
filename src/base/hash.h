// Content hashes and checksums.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace icefall {

// SHA-256 of the bytes as 64 lower-case hexadecimal digits, as sha256sum prints it.
std::string Sha256Hex(std::string_view bytes);

// CRC-32 (ISO 3309, polynomial 0xEDB88320), as in zlib, Puffin's deletion vectors and gzip.
uint32_t Crc32(std::string_view bytes);

}  // namespace icefall
