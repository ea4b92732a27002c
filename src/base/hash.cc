#include "base/hash.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <span>

#include <openssl/evp.h>
#include <zlib.h>

namespace icefall {
namespace {

// Fetched once: looking an algorithm up costs more than hashing one commit line.
const EVP_MD* Sha256Algorithm() {
  static const EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

// Only a broken OpenSSL installation gets here; going on would break every hash chain.
[[noreturn]] void StopWithoutSha256() {
  std::fputs("icefall: OpenSSL offers no SHA-256\n", stderr);
  std::abort();
}

std::string Hex(std::span<const unsigned char> digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * digest.size());
  for (const unsigned char byte : digest) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int digest_size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &digest_size, Sha256Algorithm(),
                 nullptr) != 1) {
    StopWithoutSha256();
  }
  return Hex({digest.data(), digest_size});
}

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (EVP_DigestInit_ex(context_.get(), Sha256Algorithm(), nullptr) != 1) StopWithoutSha256();
}

void Sha256::Add(std::string_view bytes) {
  if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) StopWithoutSha256();
}

std::string Sha256::FinishHex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int digest_size = 0;
  if (EVP_DigestFinal_ex(context_.get(), digest.data(), &digest_size) != 1) StopWithoutSha256();
  return Hex({digest.data(), digest_size});
}

uint32_t Crc32(std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace icefall
