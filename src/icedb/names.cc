#include "icedb/names.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "store/object_store.h"

namespace icefall::icedb {
namespace {

constexpr std::string_view kSuffix = ".jsonl";
constexpr std::string_view kMergedMark = "m_";

std::string Folder(std::string_view prefix, std::string_view name) {
  return prefix.empty() ? fmt::format("{}/", name) : fmt::format("{}/{}/", prefix, name);
}

}  // namespace

std::optional<LogName> ParseLogName(std::string_view key) {
  std::string_view name = key.substr(key.rfind('/') + 1);
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  LogName parsed;
  const char* end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data(), end, parsed.ms);
  if (error != std::errc() || rest == end || *rest != '_' || parsed.ms < 0) return std::nullopt;
  name.remove_prefix(static_cast<size_t>(rest - name.data()) + 1);
  if (name.starts_with(kMergedMark)) {
    parsed.merged = true;
    name.remove_prefix(kMergedMark.size());
  }
  parsed.host = name;
  return parsed;
}

std::string FormatLogName(const LogName& name) {
  return fmt::format("{}_{}{}{}", name.ms, name.merged ? kMergedMark : "", name.host, kSuffix);
}

Result<void> ValidateHost(std::string_view host) {
  const bool plain = std::ranges::all_of(
      host, [](char c) { return c != '/' && static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
  if (!host.empty() && host.size() <= 200 && plain && !host.starts_with(kMergedMark)) return {};
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("host name '{}': expected 1 to 200 characters without '/' and control "
                          "characters, not beginning with 'm_'",
                          host));
}

std::string LogFolder(std::string_view prefix) { return Folder(prefix, "_log"); }
std::string DataFolder(std::string_view prefix) { return Folder(prefix, "_data"); }
std::string MaintenanceFolder(std::string_view prefix) { return Folder(prefix, "_maintenance"); }

Result<std::string> DataKey(std::string_view prefix, std::string_view partition,
                            std::string_view name) {
  std::string key = DataFolder(prefix);
  if (!partition.empty()) key.append(partition).append("/");
  key.append(name);
  if (auto valid = ValidateKey(key); !valid.has_value()) {
    return Fail(std::move(valid).error().WithContext(fmt::format("partition '{}'", partition)));
  }
  return key;
}

std::string PartitionOf(std::string_view prefix, std::string_view path) {
  const std::string own = DataFolder(prefix);
  constexpr std::string_view kAnyFolder = "_data/";
  if (path.starts_with(own)) {
    path.remove_prefix(own.size());
  } else if (const size_t found = path.find(kAnyFolder); found != std::string_view::npos) {
    path.remove_prefix(found + kAnyFolder.size());
  }
  const size_t end = path.rfind('/');
  return std::string(path.substr(0, end == std::string_view::npos ? 0 : end));
}

}  // namespace icefall::icedb
