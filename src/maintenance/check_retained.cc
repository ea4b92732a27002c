#include "maintenance/check_retained.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "index/verify_index.h"
#include "maintenance/named_files.h"
#include "store/object_hash.h"

namespace icefall {

void CheckDataFolder(ObjectStore& store, const std::string& directory, const LogFacts& log,
                     CheckReport& report) {
  const auto listed = store.List({.prefix = directory + "/data/"});
  if (!listed.has_value()) {
    report.Add(Severity::kWarning, "UnusedFile",
               fmt::format("{}/data cannot be listed: {}", directory, listed.error().message()));
    return;
  }
  std::map<std::string_view, uint64_t> sizes;
  for (const ObjectInfo& info : *listed) {
    const auto path = std::string_view(info.key).substr(directory.size() + 1);
    sizes.emplace(path, info.size_bytes);
    if (log.data_paths.contains(std::string(path))) continue;
    // What is behind damage cannot be known: it may hold the rows of commits.
    if (!log.is_whole) continue;
    report.Add(Severity::kInfo, "UnusedFile",
               fmt::format("{} ({} bytes) is in no commit{}", info.key, info.size_bytes,
                           UuidOfFile(info.key)
                               ? ": gc deletes it once it is an hour old"
                               : ", and has no name that data files are given: gc leaves it"));
  }
  for (const auto& [path, file] : log.retained.files()) {
    if (!file.last) continue;  // looked at as one of the newest state
    const auto found = sizes.find(path);
    if (found != sizes.end() && found->second == file.size_bytes) continue;
    const std::string needed = log.retained.NeededBy(file);
    if (found != sizes.end()) {
      report.Add(Severity::kError, "DataFileSize",
                 fmt::format("{}/{}: expected {} bytes, found {}; needed by {}", directory, path,
                             file.size_bytes, found->second, needed));
    } else {
      report.Add(Severity::kError, "DataFileMissing",
                 fmt::format("{}/{}: not there; needed by {}", directory, path, needed));
    }
  }
}

void CheckBytes(ObjectStore& store, const CatalogObject& table, const LogFacts& log,
                CheckReport& report) {
  uint64_t without_checksum = 0;
  for (const auto& [path, file] : log.retained.files()) {
    if (file.sha256.empty()) {
      ++without_checksum;
      continue;
    }
    const ObjectKey key = fmt::format("{}/{}", table.directory, path);
    const std::string needed = log.retained.NeededBy(file);
    const auto found = ObjectSha256(store, key);
    if (!found && found.error().code() == ErrorCode::kNotFound) continue;
    if (!found) {
      report.Add(Severity::kError, "DataFileUnreadable",
                 fmt::format("{}: needed by {}: {}", key, needed, found.error().message()));
    } else if (*found != file.sha256) {
      report.Add(Severity::kError, "DataFileChecksum",
                 fmt::format("{}: table '{}': expected SHA-256 {}, found {}; needed by {}", key,
                             table.name.name, file.sha256, *found, needed));
    }
  }
  if (without_checksum != 0) {
    report.Add(Severity::kInfo, "ChecksumMissing",
               fmt::format("{}: {} data files were written without a checksum; optimize writes "
                           "them anew",
                           table.directory, without_checksum));
  }
  const auto damaged = FindDamagedIndexes(store, table.directory);
  if (!damaged) {
    report.Add(Severity::kError, "KeysUnread",
               fmt::format("{}/indexes: {}", table.directory, damaged.error().message()));
    return;
  }
  for (const auto& [key, why] : *damaged) {
    const auto names_it = [&](const Finding& finding) {
      return finding.code == "IndexDiffers" && finding.message.starts_with(key);
    };
    if (std::ranges::any_of(report.findings, names_it)) continue;
    report.Add(Severity::kError, "IndexDiffers", fmt::format("{}: {}", key, why));
  }
}

Result<std::vector<DamagedIndex>> FindDamagedIndexes(ObjectStore& store,
                                                     const std::string& directory) {
  std::vector<DamagedIndex> damaged;
  ICEFALL_ASSIGN_OR_RETURN(const auto listed, store.List({.prefix = directory + "/indexes/"}));
  for (const ObjectInfo& info : listed) {
    if (!info.key.ends_with(".idx")) continue;
    const auto bytes = store.ReadToEnd(info.key, 0);
    if (!bytes && bytes.error().code() == ErrorCode::kNotFound) continue;
    if (!bytes) return Fail(bytes.error());
    const auto verified = VerifyIndexBytes(*bytes);
    if (!verified) damaged.push_back({info.key, verified.error().message()});
  }
  return damaged;
}

}  // namespace icefall
