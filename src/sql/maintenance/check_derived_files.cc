#include "sql/maintenance/check_derived_files.h"

#include <fmt/format.h>

#include "accel/cache_folders.h"
#include "accel/derived_files.h"
#include "accel/replica_files.h"
#include "sql/accel/facts_files.h"
#include "sql/accel/state_file.h"
#include "sql/icefall_catalog.h"
#include "sql/replica/replica_settings.h"
#include "sql/replica/verify_replica.h"

namespace icefall {
namespace {

class DerivedFilesCheck {
 public:
  DerivedFilesCheck(duckdb::ClientContext& context, const IcefallTableEntry& table,
                    DerivedDepth depth)
      : context_(context),
        table_(table),
        snapshot_(*table.snapshot()),
        store_(table.schema.catalog.Cast<IcefallCatalog>().database().store()),
        depth_(depth) {}

  std::vector<DamagedDerivedFile> Run(const std::map<std::string, std::string>& data_files) {
    CheckReplicas();
    CheckStates();
    for (const auto& [path, sha256] : data_files) CheckFacts(path, sha256);
    return std::move(damaged_);
  }

 private:
  std::string NameOf(const std::string& path) const {
    return fmt::format("{}/{}", table_.object()->directory, path);
  }

  void CheckReplicas() {
    if (!HasReplicas(snapshot_)) return;  // then none is read
    snapshot_.fragments.ForEach([&](const FragmentPointer& fragment) {
      const auto& uuid = snapshot_.table_uuid;
      const ObjectKey key = ReplicaKey(uuid, ReplicaIdentity(uuid, *fragment));
      auto why = FindReplicaDamage(context_, table_, fragment, key, depth_);
      if (why) damaged_.push_back({key, "replica of " + NameOf(fragment->path), *std::move(why)});
    });
  }

  void CheckStates() {
    const DerivedFiles files(store_, kStatesFolder);
    for (const auto& file : files.List()) {
      const std::string name = file.path.filename().string();
      if (!name.starts_with(snapshot_.table_uuid) || !name.ends_with(".agg")) continue;
      auto why = FindStatesDamage(file.path.string(), depth_ != DerivedDepth::kHead);
      if (!why) continue;
      damaged_.push_back(
          {fmt::format("{}/{}", kStatesFolder, name), "states of aggregates", *std::move(why)});
    }
  }

  void CheckFacts(const std::string& path, const std::string& sha256) {
    auto found = FindFactsDamage(store_, {snapshot_.table_uuid, path, sha256},
                                 depth_ != DerivedDepth::kHead);
    if (!found) return;
    damaged_.push_back(
        {std::move(found->key), "facts about columns of " + NameOf(path), std::move(found->why)});
  }

  duckdb::ClientContext& context_;
  const IcefallTableEntry& table_;
  const Snapshot& snapshot_;
  ObjectStore& store_;
  const DerivedDepth depth_;
  std::vector<DamagedDerivedFile> damaged_;
};

}  // namespace

std::vector<DamagedDerivedFile> FindDamagedDerivedFiles(
    duckdb::ClientContext& context, const IcefallTableEntry& table,
    const std::map<std::string, std::string>& data_files, DerivedDepth depth) {
  return DerivedFilesCheck(context, table, depth).Run(data_files);
}

}  // namespace icefall
