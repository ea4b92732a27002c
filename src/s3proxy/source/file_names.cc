#include "s3proxy/source/file_names.h"

#include <charconv>

#include <fmt/format.h>

#include "base/uuid.h"

namespace icefall::s3proxy {
namespace {

constexpr std::string_view kSuffix = ".parquet";
constexpr size_t kUuidSize = 36;

}  // namespace

std::string RawFileName(const Fragment& fragment) {
  return fragment.path.substr(fragment.path.rfind('/') + 1);
}

std::string RewrittenFileName(const Fragment& fragment, SchemaId schema) {
  std::string name = RawFileName(fragment);
  if (name.ends_with(kSuffix)) name.resize(name.size() - kSuffix.size());
  return fmt::format("{}-{}-{}{}", name, schema.value, fragment.deletes_version.value, kSuffix);
}

std::string InlineFileName(const InlineRows& rows, SchemaId schema) {
  return fmt::format("inline-{}-{}-{}-{}{}", rows.floor, rows.next_position, schema.value,
                     rows.deletes_version.value, kSuffix);
}

std::optional<TimestampMicros> TimeOfName(std::string_view name) {
  const std::string_view uuid = name.substr(0, kUuidSize);
  if (!IsUuid(uuid) || uuid[14] != '7') return std::nullopt;
  const std::string digits = fmt::format("{}{}", uuid.substr(0, 8), uuid.substr(9, 4));
  int64_t time_ms = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), time_ms, 16);
  return time_ms * 1000;
}

}  // namespace icefall::s3proxy
