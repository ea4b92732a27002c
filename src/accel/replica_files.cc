#include "accel/replica_files.h"

#include <atomic>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "accel/cache_folders.h"
#include "accel/derived_files.h"
#include "base/hash.h"

namespace icefall {
namespace {

constexpr std::string_view kSuffix = ".duckdb";
constexpr size_t kNameDigits = 32;

bool IsReplicaName(std::string_view name) {
  return name.size() == kNameDigits + kSuffix.size() && name.ends_with(kSuffix) &&
         name.find_first_not_of("0123456789abcdef") == kNameDigits;
}

}  // namespace

std::string ReplicaIdentity(std::string_view table_uuid, const Fragment& fragment) {
  // Row ids and commit numbers that the file does not store follow from the last two.
  return fmt::format(
      "replica 1\ntable {}\npath {}\nbytes {}\nsha256 {}\nrows {}\nschema {}\nfirst_row_id {}\n"
      "added_at {}\n",
      table_uuid, fragment.path, fragment.size_bytes, fragment.sha256, fragment.row_count,
      fragment.schema.value, fragment.first_row_id.value, fragment.added_at.value);
}

ObjectKey ReplicaKey(std::string_view table_uuid, std::string_view identity) {
  const std::string hash = Sha256Hex(identity);
  return fmt::format("{}/{}/{}{}", kReplicasFolder, table_uuid,
                     std::string_view(hash).substr(0, kNameDigits), kSuffix);
}

ObjectKey UnfinishedReplicaKey(const ObjectKey& key) {
  static std::atomic<uint64_t> counter = 0;
  return fmt::format("{}.{}.{}.unfinished", key, ::getpid(), ++counter);
}

Result<void> PublishReplica(ObjectStore& store, const ObjectKey& unfinished, const ObjectKey& key) {
  ICEFALL_ASSIGN_OR_RETURN(const std::string from, store.ExternalPath(unfinished));
  ICEFALL_ASSIGN_OR_RETURN(const std::string to, store.ExternalPath(key));
  std::error_code failed;
  std::filesystem::rename(from, to, failed);
  if (!failed) return {};
  RemoveDerivedFile(store, unfinished);
  return Fail(ErrorCode::kUnavailable,
              fmt::format("{}: cannot be renamed to {}: {}", from, to, failed.message()));
}

Result<std::vector<ReplicaFile>> ListReplicas(ObjectStore& store, std::string_view table_uuid) {
  std::vector<ReplicaFile> files;
  if (!store.capabilities().external_path) return files;
  std::string prefix = fmt::format("{}/", kReplicasFolder);
  const size_t folder_size = prefix.size();
  if (!table_uuid.empty()) prefix += fmt::format("{}/", table_uuid);
  ICEFALL_ASSIGN_OR_RETURN(auto listed, store.List({.prefix = prefix}));
  for (ObjectInfo& info : listed) {
    const std::string_view rest = std::string_view(info.key).substr(folder_size);
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos) continue;
    ReplicaFile file;
    file.table_uuid = rest.substr(0, slash);
    file.is_finished = IsReplicaName(rest.substr(slash + 1));
    file.info = std::move(info);
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace icefall
