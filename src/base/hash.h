// Content hashes and checksums.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's

namespace icefall {

// SHA-256 of the bytes as 64 lower-case hexadecimal digits, as sha256sum prints it.
std::string Sha256Hex(std::string_view bytes);

// The same of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  void Add(std::string_view bytes);
  // Once; nothing may be added afterwards.
  std::string FinishHex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// CRC-32 (ISO 3309, polynomial 0xEDB88320), as in zlib, Puffin's deletion vectors and gzip.
uint32_t Crc32(std::string_view bytes);

}  // namespace icefall
