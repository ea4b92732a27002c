#include "index/index_page.h"

#include <algorithm>

#include "base/endian.h"
#include "base/hash.h"

namespace icefall {
namespace {

// Checksum, count, length of the common prefix; then count + 1 offsets, the prefix, the entries.
constexpr size_t kCountOffset = 4;
constexpr size_t kPrefixSizeOffset = 6;
constexpr size_t kSlotsOffset = 8;
constexpr size_t kSlotSize = 2;
constexpr size_t kNumberSize = 4;

size_t Load16(const char* bytes) { return LoadLittleEndian<uint16_t>(bytes); }

size_t Slot(const char* page, size_t i) { return Load16(page + kSlotsOffset + i * kSlotSize); }

size_t PrefixOffset(size_t count) { return kSlotsOffset + (count + 1) * kSlotSize; }

}  // namespace

std::string_view StoredKey(std::string_view key, std::string& scratch) {
  if (key.size() <= kIndexKeySizeMax) return key;
  scratch.assign(key.substr(0, kIndexKeyHeadSize));
  scratch += Sha256Hex(key).substr(0, kIndexKeySizeMax - kIndexKeyHeadSize);
  return scratch;
}

size_t CommonPrefixSize(std::string_view a, std::string_view b) {
  const size_t limit = std::min(a.size(), b.size());
  size_t size = 0;
  while (size < limit && a[size] == b[size]) ++size;
  return size;
}

bool IndexPage::IsSound(const char* bytes) {
  const std::string_view checked(bytes + kCountOffset, kIndexPageSize - kCountOffset);
  if (LoadLittleEndian<uint32_t>(bytes) != Crc32(checked)) return false;
  const size_t count = Load16(bytes + kCountOffset);
  const size_t begin = PrefixOffset(count) + Load16(bytes + kPrefixSizeOffset);
  if (count == 0 || begin > kIndexPageSize || Slot(bytes, 0) != begin) return false;
  for (size_t i = 0; i < count; ++i) {
    if (Slot(bytes, i) + kNumberSize > Slot(bytes, i + 1)) return false;
  }
  return Slot(bytes, count) <= kIndexPageSize;
}

size_t IndexPage::count() const { return Load16(bytes_ + kCountOffset); }

uint32_t IndexPage::number(size_t i) const {
  return LoadLittleEndian<uint32_t>(bytes_ + Slot(bytes_, i + 1) - kNumberSize);
}

std::string_view IndexPage::prefix() const {
  return {bytes_ + PrefixOffset(count()), Load16(bytes_ + kPrefixSizeOffset)};
}

std::string_view IndexPage::suffix(size_t i) const {
  const size_t begin = Slot(bytes_, i);
  return {bytes_ + begin, Slot(bytes_, i + 1) - kNumberSize - begin};
}

int IndexPage::Compare(size_t i, std::string_view key) const {
  const auto shared = prefix();
  if (const int order = shared.compare(key.substr(0, shared.size())); order != 0) return order;
  return suffix(i).compare(key.substr(shared.size()));
}

bool IndexPage::StartsWith(size_t i, std::string_view wanted) const {
  const auto shared = prefix();
  if (wanted.size() <= shared.size()) return shared.starts_with(wanted);
  return wanted.starts_with(shared) && suffix(i).starts_with(wanted.substr(shared.size()));
}

void IndexPage::AppendKey(size_t i, std::string& out) const {
  out += prefix();
  out += suffix(i);
}

size_t IndexPage::LowerBound(std::string_view key) const {
  const auto shared = prefix();
  const size_t end = count();
  if (const int order = shared.compare(key.substr(0, shared.size())); order != 0) {
    return order > 0 ? 0 : end;
  }
  const auto rest = key.substr(shared.size());
  size_t low = 0;
  size_t high = end;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (suffix(middle) < rest) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

size_t IndexPageWriter::SizeBytes(size_t prefix_size, size_t keys_size, size_t count) const {
  return PrefixOffset(count) + prefix_size + keys_size - count * prefix_size + count * kNumberSize;
}

bool IndexPageWriter::Add(std::string_view key, uint32_t number) {
  const size_t prefix_size =
      count_ == 0 ? key.size() : CommonPrefixSize(first_key().substr(0, prefix_size_), key);
  if (SizeBytes(prefix_size, keys_.size() + key.size(), count_ + 1) > kIndexPageSize) return false;
  if (count_ == 0) first_size_ = key.size();
  last_begin_ = keys_.size();
  prefix_size_ = prefix_size;
  keys_ += key;
  AppendLittleEndian(static_cast<uint32_t>(keys_.size()), ends_);
  AppendLittleEndian(number, ends_);
  ++count_;
  return true;
}

void IndexPageWriter::Finish(std::string& out) {
  std::string body;
  AppendLittleEndian(static_cast<uint16_t>(count_), body);
  AppendLittleEndian(static_cast<uint16_t>(prefix_size_), body);
  size_t offset = PrefixOffset(count_) + prefix_size_;
  std::string entries;
  size_t begin = 0;
  for (size_t i = 0; i < count_; ++i) {
    const char* end_bytes = ends_.data() + i * 2 * sizeof(uint32_t);
    const size_t end = LoadLittleEndian<uint32_t>(end_bytes);
    AppendLittleEndian(static_cast<uint16_t>(offset), body);
    entries.append(keys_, begin + prefix_size_, end - begin - prefix_size_);
    entries.append(end_bytes + sizeof(uint32_t), kNumberSize);
    offset += end - begin - prefix_size_ + kNumberSize;
    begin = end;
  }
  AppendLittleEndian(static_cast<uint16_t>(offset), body);
  body += first_key().substr(0, prefix_size_);
  body += entries;
  body.resize(kIndexPageSize - kCountOffset);
  AppendLittleEndian(Crc32(body), out);
  out += body;
  *this = IndexPageWriter();
}

}  // namespace icefall
