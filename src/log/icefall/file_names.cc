#include "log/icefall/file_names.h"

#include <charconv>

#include <fmt/format.h>

namespace icefall {
namespace {

constexpr size_t kSequenceDigits = 20;

std::optional<Sequence> ParseNumberedName(std::string_view key, std::string_view extension) {
  const size_t slash = key.rfind('/');
  std::string_view name = slash == std::string_view::npos ? key : key.substr(slash + 1);
  if (name.size() != kSequenceDigits + extension.size() || !name.ends_with(extension)) {
    return std::nullopt;
  }
  uint64_t number = 0;
  const char* end = name.data() + kSequenceDigits;
  const auto [stop, code] = std::from_chars(name.data(), end, number);
  if (code != std::errc() || stop != end || number == 0) return std::nullopt;
  return Sequence(number);
}

}  // namespace

ObjectKey SegmentKey(std::string_view directory, Sequence first) {
  return fmt::format("{}/_log/{:020}.jsonl", directory, first.value);
}

std::string SegmentPrefix(std::string_view directory) { return fmt::format("{}/_log/", directory); }

std::optional<Sequence> ParseSegmentKey(std::string_view key) {
  return ParseNumberedName(key, ".jsonl");
}

ObjectKey ManifestKey(std::string_view directory, Sequence sequence) {
  return fmt::format("{}/_manifests/{:020}.json", directory, sequence.value);
}

std::string ManifestPrefix(std::string_view directory) {
  return fmt::format("{}/_manifests/", directory);
}

std::optional<Sequence> ParseManifestKey(std::string_view key) {
  return ParseNumberedName(key, ".json");
}

ObjectKey OldestKey(std::string_view directory, Sequence sequence) {
  return fmt::format("{}/_oldest/{:020}", directory, sequence.value);
}

std::string OldestPrefix(std::string_view directory) {
  return fmt::format("{}/_oldest/", directory);
}

std::optional<Sequence> ParseOldestKey(std::string_view key) { return ParseNumberedName(key, ""); }

ObjectKey TransactionKey(std::string_view id) {
  return fmt::format("{}/{}.json", kTransactionsDirectory, id);
}

std::string DataFilePath(std::string_view uuid) { return fmt::format("data/{}.parquet", uuid); }

std::string DeletionFilePath(std::string_view uuid) { return fmt::format("deletes/{}.dv", uuid); }

Result<ObjectKey> KeyInDirectory(std::string_view directory, std::string_view path) {
  const auto refuse = [&](std::string_view rule) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("table directory '{}': file path '{}' {}", directory, path, rule));
  };
  if (path.empty()) return refuse("is empty");
  for (const char c : path) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '\\') return refuse("holds a bad character");
  }
  size_t begin = 0;
  while (begin <= path.size()) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment.empty()) return refuse("is absolute or has an empty part");
    if (segment == "." || segment == "..") return refuse("leads out of the directory");
    begin = end + 1;
  }
  return fmt::format("{}/{}", directory, path);
}

}  // namespace icefall
