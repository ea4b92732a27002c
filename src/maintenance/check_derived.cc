#include "maintenance/check_derived.h"

#include <map>
#include <string_view>

#include <fmt/format.h>

#include "accel/cache_folders.h"
#include "accel/replica_files.h"
#include "accel/result_files.h"

namespace icefall {
namespace {

constexpr size_t kUuidSize = 36;

bool ReadsBytes(const CheckOptions& options) { return options.data || options.checksums; }

Result<bool> HasAny(ObjectStore& store, std::string_view folder) {
  if (!store.capabilities().external_path) return false;
  ICEFALL_ASSIGN_OR_RETURN(const auto listed,
                           store.List({.prefix = std::string(folder), .limit = 1}));
  return !listed.empty();
}

void AddDamaged(const std::vector<DamagedDerivedFile>& damaged, const std::string& of_table,
                CheckReport& report) {
  for (const auto& [key, what, why] : damaged) {
    report.Add(Severity::kWarning, "DerivedFileDamaged",
               fmt::format("{}: {}{}: {}; queries pass over it, and no answer changes", key, what,
                           of_table, why));
  }
}

// Of what is kept, with `why` it is of no use, behind which who removes it.
void AddUnused(const ObjectInfo& file, std::string_view why, CheckReport& report) {
  report.Add(Severity::kInfo, "UnusedFile",
             fmt::format("{} ({} bytes) {}", file.key, file.size_bytes, why));
}

class CacheFolderCheck {
 public:
  CacheFolderCheck(const KnownToTables& known, CheckReport& report)
      : known_(known), report_(report) {}

  void Look(const ObjectInfo& file) {
    const std::string_view key = file.key;
    const auto name = key.substr(key.rfind('/') + 1);
    const auto folder = key.substr(0, key.rfind('/'));
    if (folder == kStatesFolder) return LookAt(file, name, ".agg");
    if (folder == kFactsFolder) return LookAt(file, name, ".facts");
    if (folder == kAnswersFolder) return LookAt(file, name, ".arrows");
    if (folder.substr(0, folder.rfind('/')) == kReplicasFolder) {
      return LookAt(file, folder.substr(folder.rfind('/') + 1), ".duckdb");
    }
    Unknown(file);
  }

 private:
  void Unknown(const ObjectInfo& file) {
    report_.Add(Severity::kInfo, "UnknownFile",
                fmt::format("{}: no derived file has such a name", file.key));
  }

  // `owner`: text that begins with what the file is derived from.
  void LookAt(const ObjectInfo& file, std::string_view owner, std::string_view suffix) {
    const std::string_view key = file.key;
    if (!key.ends_with(suffix)) {
      if (key.find(suffix) == std::string_view::npos) return Unknown(file);
      if (suffix == ".duckdb" && known_.uuids.contains(std::string(owner))) return;  // named there
      return AddUnused(file, "is unfinished: it goes when room is needed", report_);
    }
    if (suffix == ".arrows") return;
    if (suffix == ".facts") {
      if (!known_.is_whole || known_.data_files.contains(std::string(NameOfDataFile(owner))))
        return;
      return AddUnused(
          file,
          "is about a data file that is in no commit yet, or of a statement that failed: "
          "it goes when room is needed",
          report_);
    }
    if (known_.uuids.contains(std::string(owner.substr(0, kUuidSize)))) return;
    AddUnused(file,
              suffix == ".agg"
                  ? "has states of a table that is not there: it goes when room is needed"
                  : "is a replica of a table that is not there: gc deletes it",
              report_);
  }

  const KnownToTables& known_;
  CheckReport& report_;
};

}  // namespace

Result<std::vector<DamagedDerivedFile>> FindDamagedDerived(Database& database,
                                                           const CatalogObject& table,
                                                           const LogFacts& log,
                                                           DataFileReader& reader,
                                                           const CheckOptions& options) {
  ICEFALL_ASSIGN_OR_RETURN(const bool is_any, HasAny(database.store(), kCacheFolder));
  if (!is_any) return {};
  std::map<std::string, std::string> data_files;
  for (const auto& [path, file] : log.retained.files()) data_files.emplace(path, file.sha256);
  const auto depth = options.data        ? DerivedDepth::kValues
                     : options.checksums ? DerivedDepth::kBytes
                                         : DerivedDepth::kHead;
  return reader.FindDamagedDerivedFiles(database.location(), table.name, data_files, depth);
}

Result<std::vector<DamagedDerivedFile>> FindDamagedAnswers(ObjectStore& store) {
  std::vector<DamagedDerivedFile> damaged;
  if (!store.capabilities().external_path) return damaged;
  ICEFALL_ASSIGN_OR_RETURN(const auto listed,
                           store.List({.prefix = fmt::format("{}/", kAnswersFolder)}));
  for (const ObjectInfo& file : listed) {
    if (!file.key.ends_with(".arrows")) continue;
    ICEFALL_ASSIGN_OR_RETURN(const auto path, store.ExternalPath(file.key));
    auto why = FindAnswerDamage(path);
    if (why) damaged.push_back({file.key, "kept answer", *std::move(why)});
  }
  return damaged;
}

void CheckDerived(Database& database, const CatalogObject& table, const Snapshot& current,
                  const LogFacts& log, DataFileReader& reader, const CheckOptions& options,
                  CheckReport& report) {
  ObjectStore& store = database.store();
  const auto damaged = FindDamagedDerived(database, table, log, reader, options);
  if (!damaged) {
    report.Add(Severity::kWarning, "DerivedFileUnread",
               fmt::format("{} of table '{}' cannot be looked at: {}", kCacheFolder,
                           table.name.name, damaged.error().message()));
    return;
  }
  AddDamaged(*damaged, fmt::format(", table '{}'", table.name.name), report);
  std::set<ObjectKey> useful;
  current.fragments.ForEach([&](const FragmentPointer& fragment) {
    useful.insert(ReplicaKey(table.uuid, ReplicaIdentity(table.uuid, *fragment)));
  });
  const auto replicas = ListReplicas(store, table.uuid);
  if (replicas) {
    for (const ReplicaFile& file : *replicas) {
      if (!file.is_finished) {
        AddUnused(file.info, "is unfinished: gc deletes it once it is an hour old", report);
      } else if (!useful.contains(file.info.key)) {
        AddUnused(file.info,
                  "is a replica of a data file that the table does not have: gc "
                  "deletes it",
                  report);
      }
    }
  }
}

void CheckCacheFolder(ObjectStore& store, const std::vector<ObjectInfo>& files,
                      const KnownToTables& known, const CheckOptions& options,
                      CheckReport& report) {
  CacheFolderCheck check(known, report);
  for (const ObjectInfo& file : files) {
    if (file.key.starts_with(kCacheFolder)) check.Look(file);
  }
  if (!ReadsBytes(options)) return;
  if (const auto damaged = FindDamagedAnswers(store)) AddDamaged(*damaged, "", report);
}

std::string_view NameOfDataFile(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);
  return path.substr(0, path.find('.'));
}

}  // namespace icefall
