#include "store/cache/caching_store.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace icefall {
namespace {

constexpr size_t kUuidSize = 36;

bool IsUuid(std::string_view text) {
  if (text.size() != kUuidSize) return false;
  for (size_t i = 0; i < kUuidSize; ++i) {
    const char c = text[i];
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (is_dash ? c != '-' : !is_digit) return false;
  }
  return true;
}

// An object's size, date and version, as kept.
std::string EncodeInfo(const ObjectInfo& info) {
  return fmt::format("{} {} {}", info.size_bytes, info.modified_at, info.version);
}

bool DecodeInfo(std::string_view text, ObjectInfo& info) {
  const char* const end = text.data() + text.size();
  const auto size = std::from_chars(text.data(), end, info.size_bytes);
  if (size.ec != std::errc() || size.ptr == end) return false;
  const auto date = std::from_chars(size.ptr + 1, end, info.modified_at);
  if (date.ec != std::errc() || date.ptr == end) return false;
  info.version.assign(date.ptr + 1, end);
  return true;
}

}  // namespace

bool IsImmutableKey(std::string_view key) {
  std::string_view name = key.substr(key.rfind('/') + 1);  // npos + 1 is 0
  for (const std::string_view extension : {".parquet", ".dv"}) {
    if (name.ends_with(extension)) return IsUuid(name.substr(0, name.size() - extension.size()));
  }
  return false;
}

CachingStore::CachingStore(std::unique_ptr<ObjectStore> base, std::unique_ptr<RangeCache> cache,
                           std::string identity)
    : ForwardingStore(*base),
      base_(std::move(base)),
      cache_(std::move(cache)),
      identity_(std::move(identity)) {}

template <typename ReadBase>
Result<std::string> CachingStore::Cached(const ObjectKey& key, std::string_view what,
                                         ReadBase read_base) {
  if (!IsImmutableKey(key)) return read_base();
  const std::string name = fmt::format("{}\n{}\n{}", identity_, key, what);
  if (auto found = cache_->Find(name)) return *std::move(found);
  Result<std::string> read = read_base();
  if (read) cache_->Keep(name, *read);
  return read;
}

Result<std::string> CachingStore::Read(const ObjectKey& key, uint64_t offset, uint64_t size_bytes) {
  return Cached(key, fmt::format("{}+{}", offset, size_bytes),
                [&] { return base_->Read(key, offset, size_bytes); });
}

Result<std::string> CachingStore::ReadToEnd(const ObjectKey& key, uint64_t offset) {
  return Cached(key, fmt::format("{}-", offset), [&] { return base_->ReadToEnd(key, offset); });
}

Result<ObjectInfo> CachingStore::Stat(const ObjectKey& key) {
  ObjectInfo info;
  const auto text = Cached(key, "stat", [&]() -> Result<std::string> {
    ICEFALL_ASSIGN_OR_RETURN(info, base_->Stat(key));
    return EncodeInfo(info);
  });
  if (!text) return Fail(text.error());
  if (!info.key.empty()) return info;
  info.key = key;
  return DecodeInfo(*text, info) ? Result<ObjectInfo>(info) : base_->Stat(key);
}

}  // namespace icefall
