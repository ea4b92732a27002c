#include "index/verify_index.h"

#include <fmt/format.h>

#include "base/endian.h"
#include "base/hash.h"
#include "index/index_header.h"
#include "index/index_page.h"

namespace icefall {
namespace {

bool IsSoundFilterPage(std::string_view page) {
  const auto stated = LoadLittleEndian<uint32_t>(page.data());
  return stated == Crc32(page.substr(sizeof(stated)));
}

}  // namespace

Result<void> VerifyIndexBytes(std::string_view bytes) {
  ICEFALL_ASSIGN_OR_RETURN(const IndexHeader header, DecodeIndexHeader(bytes));
  for (uint32_t number = 1; number < header.page_count; ++number) {
    const auto page = bytes.substr(size_t{number} * kIndexPageSize, kIndexPageSize);
    const bool is_filter = header.filter_page != 0 && number >= header.filter_page;
    if (is_filter ? IsSoundFilterPage(page) : IndexPage::IsSound(page.data())) continue;
    return Fail(ErrorCode::kCorruption,
                fmt::format("index file: the checksum of page {} does not fit", number));
  }
  return {};
}

}  // namespace icefall
