// Fixed-width integers in stored bytes, whatever the machine's byte order and alignment.
#pragma once

#include <bit>
#include <concepts>
#include <cstring>
#include <string>

namespace icefall {

template <std::unsigned_integral T>
constexpr T ToLittleEndian(T value) {
  if constexpr (std::endian::native == std::endian::big) return std::byteswap(value);
  return value;
}

template <std::unsigned_integral T>
constexpr T ToBigEndian(T value) {
  if constexpr (std::endian::native == std::endian::little) return std::byteswap(value);
  return value;
}

// Reads sizeof(T) bytes at `bytes`, which the caller has checked to exist.
template <std::unsigned_integral T>
T LoadLittleEndian(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(value));
  return ToLittleEndian(value);
}

template <std::unsigned_integral T>
T LoadBigEndian(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(value));
  return ToBigEndian(value);
}

// Appends sizeof(T) bytes to `out`.
template <std::unsigned_integral T>
void AppendLittleEndian(T value, std::string& out) {
  value = ToLittleEndian(value);
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <std::unsigned_integral T>
void AppendBigEndian(T value, std::string& out) {
  value = ToBigEndian(value);
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

}  // namespace icefall
