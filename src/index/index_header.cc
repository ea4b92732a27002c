#include "index/index_header.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "base/endian.h"
#include "base/hash.h"
#include "index/index_page.h"
#include "index/key_filter.h"

namespace icefall {
namespace {

constexpr std::string_view kMagic = "ICEFIDX1";
constexpr size_t kChecksumSize = sizeof(uint32_t);
constexpr size_t kFixedSize = 8 + 8 + 4 * 4 + 8 + 8 + 2 + 2;
// At the end, before the checksum: in older files 0.
constexpr size_t kFilterFieldsSize = 4 + 4;
constexpr size_t kFilterEnd = kIndexPageSize - kChecksumSize - kFilterFieldsSize;

bool HasSoundFilter(const IndexHeader& header, size_t begin_min) {
  const uint64_t count = header.filter_block_count;
  if (header.filter_page == 0) return begin_min + count * kFilterBlockSize <= kFilterEnd;
  const uint64_t pages = (count + kFilterBlocksPerPage - 1) / kFilterBlocksPerPage;
  return header.filter_page > header.leaf_count && header.filter_page + pages <= header.page_count;
}

}  // namespace

uint64_t ModelKey(std::string_view key, size_t prefix_size) {
  char bytes[sizeof(uint64_t)] = {};
  if (key.size() > prefix_size) key.substr(prefix_size).copy(bytes, sizeof(bytes));
  return LoadBigEndian<uint64_t>(bytes);
}

uint32_t GuessLeaf(const PageModel& model, uint64_t key, uint32_t leaf_count) {
  if (key <= model.first_key) return 0;
  const double page = static_cast<double>(key - model.first_key) * model.pages_per_key;
  return page >= leaf_count ? leaf_count - 1 : static_cast<uint32_t>(page);
}

bool HasRoomFor(const IndexHeader& header, size_t filter_size_bytes) {
  return kFixedSize + header.identity.size() + header.prefix.size() + filter_size_bytes <=
         kFilterEnd;
}

std::string EncodeIndexHeader(const IndexHeader& header) {
  std::string body(kMagic);
  AppendLittleEndian(header.entry_count, body);
  AppendLittleEndian(header.leaf_count, body);
  AppendLittleEndian(header.root_page, body);
  AppendLittleEndian(header.level_count, body);
  AppendLittleEndian(header.page_count, body);
  AppendLittleEndian(header.model.first_key, body);
  AppendLittleEndian(std::bit_cast<uint64_t>(header.model.pages_per_key), body);
  AppendLittleEndian(static_cast<uint16_t>(header.identity.size()), body);
  AppendLittleEndian(static_cast<uint16_t>(header.prefix.size()), body);
  body += header.identity;
  body += header.prefix;
  body.resize(kFilterEnd - header.filter.size());
  body += header.filter;
  AppendLittleEndian(header.filter_block_count, body);
  AppendLittleEndian(header.filter_page, body);
  AppendLittleEndian(Crc32(body), body);
  return body;
}

Result<IndexHeader> DecodeIndexHeader(std::string_view bytes) {
  const auto corrupt = [](std::string what) { return Fail(ErrorCode::kCorruption, what); };
  if (bytes.size() < kIndexPageSize || !bytes.starts_with(kMagic)) {
    return corrupt(fmt::format("index file: expected {} and a page of {} bytes, found {} bytes",
                               kMagic, kIndexPageSize, bytes.size()));
  }
  const auto body = bytes.substr(0, kIndexPageSize - kChecksumSize);
  if (LoadLittleEndian<uint32_t>(bytes.data() + body.size()) != Crc32(body)) {
    return corrupt("index file: the checksum of its header does not fit");
  }
  IndexHeader header;
  const char* at = bytes.data() + kMagic.size();
  header.entry_count = LoadLittleEndian<uint64_t>(at);
  header.leaf_count = LoadLittleEndian<uint32_t>(at + 8);
  header.root_page = LoadLittleEndian<uint32_t>(at + 12);
  header.level_count = LoadLittleEndian<uint32_t>(at + 16);
  header.page_count = LoadLittleEndian<uint32_t>(at + 20);
  header.model.first_key = LoadLittleEndian<uint64_t>(at + 24);
  header.model.pages_per_key = std::bit_cast<double>(LoadLittleEndian<uint64_t>(at + 32));
  const size_t identity_size = LoadLittleEndian<uint16_t>(at + 40);
  const size_t prefix_size = LoadLittleEndian<uint16_t>(at + 42);
  header.filter_block_count = LoadLittleEndian<uint32_t>(bytes.data() + kFilterEnd);
  header.filter_page = LoadLittleEndian<uint32_t>(bytes.data() + kFilterEnd + 4);
  if (kFixedSize + identity_size + prefix_size > body.size() ||
      bytes.size() != uint64_t{header.page_count} * kIndexPageSize ||
      header.leaf_count >= header.page_count || header.root_page >= header.page_count ||
      (header.root_page == 0) != (header.leaf_count == 0) || header.level_count > 16 ||
      !std::isfinite(header.model.pages_per_key) || header.model.pages_per_key < 0 ||
      !HasSoundFilter(header, kFixedSize + identity_size + prefix_size)) {
    return corrupt(fmt::format("index file: header of {} pages does not fit {} bytes",
                               header.page_count, bytes.size()));
  }
  header.identity = bytes.substr(kFixedSize, identity_size);
  header.prefix = bytes.substr(kFixedSize + identity_size, prefix_size);
  if (header.filter_page == 0) {
    const size_t size_bytes = header.filter_block_count * kFilterBlockSize;
    header.filter = bytes.substr(kFilterEnd - size_bytes, size_bytes);
  }
  return header;
}

}  // namespace icefall
