#include "database/directory_name.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/percent_encoding.h"

namespace icefall {
namespace {

constexpr size_t kHashDigits = 16;
constexpr size_t kSuffixReserve = 40;  // for '-' and a hash or part of a uuid, both at once

bool IsSafe(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::string Encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (IsSafe(c)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// The first part of a UUIDv7 is the time, which two tables may share.
std::string_view LastPart(std::string_view uuid) { return uuid.substr(uuid.rfind('-') + 1); }

}  // namespace

std::string DirectoryNameFor(const ObjectName& name) {
  std::string directory = Encode(name.name);
  const bool is_plain = directory == name.name && !directory.empty() && directory.front() != '_' &&
                        ObjectName{name.schema, ""} == ObjectName{"main", ""};
  if (!is_plain) directory = Encode(name.schema) + "." + directory;
  if (directory.front() == '_') directory.replace(0, 1, "%5F");
  if (directory.front() == '.') directory.replace(0, 1, "%2E");
  if (directory.size() <= kDirectoryBytesMax - kSuffixReserve) return directory;
  const std::string hash = Sha256Hex(directory);
  directory.resize(kDirectoryBytesMax - kSuffixReserve);
  return fmt::format("{}-{}", directory, hash.substr(0, kHashDigits));
}

std::string DirectoryNameFor(const ObjectName& name, std::string_view uuid) {
  return fmt::format("{}-{}", DirectoryNameFor(name), LastPart(uuid));
}

std::optional<ObjectName> NameOfDirectory(std::string_view directory, std::string_view uuid) {
  const std::string suffix = fmt::format("-{}", LastPart(uuid));
  const auto decoded = [](std::string text) {
    if (text.starts_with("%2E")) text.replace(0, 3, ".");
    const auto dot = text.find('.');
    if (dot == std::string::npos) return ObjectName{"main", text};
    return ObjectName{PercentDecode(text.substr(0, dot)), PercentDecode(text.substr(dot + 1))};
  };
  if (directory.ends_with(suffix)) {
    const ObjectName name =
        decoded(std::string(directory.substr(0, directory.size() - suffix.size())));
    if (DirectoryNameFor(name, uuid) == directory) return name;
  }
  const ObjectName name = decoded(std::string(directory));
  if (DirectoryNameFor(name) != directory) return std::nullopt;
  return name;
}

}  // namespace icefall
