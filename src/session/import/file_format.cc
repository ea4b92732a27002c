#include "session/import/file_format.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace icefall {

namespace {

constexpr std::array<std::pair<std::string_view, FileFormat>, 9> kNames{{
    {"parquet", FileFormat::kParquet},
    {"arrow", FileFormat::kArrowFile},
    {"feather", FileFormat::kArrowFile},
    {"arrows", FileFormat::kArrowStream},
    {"csv", FileFormat::kCsv},
    {"json", FileFormat::kJson},
    {"ndjson", FileFormat::kJsonLines},
    {"jsonl", FileFormat::kJsonLines},
    {"tsv", FileFormat::kTsv},
}};

std::string KnownNames(std::string_view prefix) {
  std::string known;
  for (const auto& [name, format] : kNames) {
    known += fmt::format("{}{}{}", known.empty() ? "" : ", ", prefix, name);
  }
  return known;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return lower;
}

}  // namespace

Result<FileFormat> ParseFileFormat(std::string_view name) {
  for (const auto& [known, format] : kNames) {
    if (known == Lower(name)) return format;
  }
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("unknown file format '{}' (known: {})", name, KnownNames("")));
}

Result<FileFormat> FormatOfPath(std::string_view path) {
  std::string name = Lower(path.substr(path.find_last_of('/') + 1));
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  const size_t dot = name.find_last_of('.');
  if (dot != std::string::npos) {
    const auto format = ParseFileFormat(std::string_view(name).substr(dot + 1));
    if (format.has_value()) return format;
  }
  return Fail(
      ErrorCode::kInvalidArgument,
      fmt::format("cannot tell the format of '{}' by its name (known: {})", path, KnownNames(".")));
}

}  // namespace icefall
