#include "maintenance/named_files.h"

#include <algorithm>

#include "base/hex.h"
#include "base/uuid.h"
#include "log/icefall/file_names.h"
#include "log/icefall/manifest.h"

namespace icefall {
namespace {

constexpr size_t kUuidLength = 36;
constexpr std::string_view kExtensions[] = {".parquet", ".dv"};
constexpr std::string_view kDerivedExtension = ".idx";

std::optional<FileUuid> ParseUuid(std::string_view text) {
  if (!IsUuid(text)) return std::nullopt;
  std::string digits(text);
  std::erase(digits, '-');
  FileUuid uuid = {};
  std::ranges::copy(*FromHex(digits), uuid.begin());
  return uuid;
}

}  // namespace

std::optional<FileUuid> UuidOfFile(std::string_view path) {
  if (path.ends_with(kDerivedExtension)) path.remove_suffix(kDerivedExtension.size());
  for (const std::string_view extension : kExtensions) {
    if (!path.ends_with(extension)) continue;
    path.remove_suffix(extension.size());
    if (path.size() < kUuidLength) return std::nullopt;
    return ParseUuid(path.substr(path.size() - kUuidLength));
  }
  return std::nullopt;
}

TimestampMicros CreatedAt(const FileUuid& uuid) {
  TimestampMicros milliseconds = 0;
  for (size_t i = 0; i < 6; ++i) milliseconds = milliseconds * 256 + uuid[i];
  return milliseconds * 1000;
}

void FileUuids::AddNamedIn(std::string_view text) {
  for (const std::string_view extension : kExtensions) {
    for (size_t at = text.find(extension); at != std::string_view::npos;
         at = text.find(extension, at + 1)) {
      if (at < kUuidLength) continue;
      if (const auto uuid = ParseUuid(text.substr(at - kUuidLength, kUuidLength))) Add(*uuid);
    }
  }
}

void FileUuids::Sort() {
  std::ranges::sort(uuids_);
  const auto repeated = std::ranges::unique(uuids_);
  uuids_.erase(repeated.begin(), repeated.end());
}

bool FileUuids::Contains(const FileUuid& uuid) const {
  return std::ranges::binary_search(uuids_, uuid);
}

Result<NamedFiles> FindNamedFiles(ObjectStore& store, const std::string& directory,
                                  Sequence oldest) {
  NamedFiles files;
  ICEFALL_ASSIGN_OR_RETURN(const auto segments,
                           store.List({.prefix = SegmentPrefix(directory), .shallow = true}));
  for (const ObjectInfo& segment : segments) {
    const auto first = ParseSegmentKey(segment.key);
    if (!first) continue;
    ICEFALL_ASSIGN_OR_RETURN(const std::string text, store.ReadToEnd(segment.key, 0));
    uint64_t sequence = first->value;
    for (size_t begin = 0; begin < text.size(); ++sequence) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      const std::string_view line = std::string_view(text).substr(begin, end - begin);
      (Sequence(sequence) > oldest ? files.needed : files.former).AddNamedIn(line);
      begin = end + 1;
    }
    files.needed.Sort();
    files.former.Sort();
  }
  ICEFALL_ASSIGN_OR_RETURN(const auto manifests, ListManifests(store, directory));
  for (const Sequence sequence : manifests) {
    auto text = store.ReadToEnd(ManifestKey(directory, sequence), 0);
    if (!text && text.error().code() == ErrorCode::kNotFound) continue;
    if (!text) return Fail(std::move(text).error());
    (sequence < oldest ? files.former : files.needed).AddNamedIn(*text);
  }
  files.needed.Sort();
  files.former.Sort();
  return files;
}

}  // namespace icefall
