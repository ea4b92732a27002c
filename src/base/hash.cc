#include "base/hash.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include <openssl/evp.h>
#include <zlib.h>

namespace icefall {
namespace {

// Fetched once: looking an algorithm up costs more than hashing one commit line.
const EVP_MD* Sha256Algorithm() {
  static const EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int digest_size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &digest_size, Sha256Algorithm(),
                 nullptr) != 1) {
    // Only a broken OpenSSL installation gets here; going on would break every hash chain.
    std::fputs("icefall: OpenSSL offers no SHA-256\n", stderr);
    std::abort();
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * digest_size);
  for (unsigned int i = 0; i < digest_size; ++i) {
    hex.push_back(kDigits[digest[i] >> 4]);
    hex.push_back(kDigits[digest[i] & 15]);
  }
  return hex;
}

uint32_t Crc32(std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace icefall
