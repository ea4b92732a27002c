#include "sql/replica/replicate.h"

#include <map>
#include <set>
#include <utility>

#include "duckdb/main/connection.hpp"
#include <fmt/format.h>

#include "accel/derived_files.h"
#include "accel/replica_files.h"
#include "base/clock.h"
#include "maintenance/gc.h"
#include "sql/added_fragments.h"
#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/icefall_transaction.h"
#include "sql/log_warning.h"
#include "sql/replica/build_replica.h"
#include "sql/replica/replica_columns.h"
#include "sql/replica/replica_settings.h"
#include "sql/stop_flag.h"

namespace icefall {
namespace {

ObjectKey KeyOf(const Snapshot& snapshot, const Fragment& fragment) {
  return ReplicaKey(snapshot.table_uuid, ReplicaIdentity(snapshot.table_uuid, fragment));
}

uint64_t BytesOf(ObjectStore& store, const ObjectKey& key) {
  const auto info = store.Stat(key);
  return info ? info->size_bytes : 0;
}

uint64_t BytesOfAll(ObjectStore& store, const std::string& table_uuid = "") {
  uint64_t bytes = 0;
  for (const auto& file : Unwrap(ListReplicas(store, table_uuid))) bytes += file.info.size_bytes;
  return bytes;
}

class Replication {
 public:
  Replication(duckdb::ClientContext& context, IcefallCatalog& catalog, std::string table_uuid,
              RewriteProgress& progress)
      : instance_(*context.db),
        catalog_(catalog),
        store_(catalog.database().store()),
        table_uuid_(std::move(table_uuid)),
        progress_(progress),
        rows_min_(ReplicaRowsMin(context)),
        budget_bytes_(ReplicaBudgetBytes(context)) {}

  ReplicateReport Run() {
    report_.removed_files = RemoveUselessReplicas(catalog_, table_uuid_);
    BuildAll(Missing());
    report_.total_bytes = BytesOfAll(store_, table_uuid_);
    return report_;
  }

  // Of data files of `snapshot` that nobody can have replicated yet.
  void RunFor(SnapshotPointer snapshot, std::vector<FragmentPointer> fragments) {
    std::erase_if(fragments, [&](const auto& fragment) { return !IsWanted(*fragment); });
    if (fragments.empty()) return;
    snapshot_ = std::move(snapshot);
    BuildAll(fragments);
  }

 private:
  bool IsWanted(const Fragment& fragment) const {
    return fragment.row_count >= rows_min_ && fragment.live_count() > 0;
  }

  void BuildAll(const std::vector<FragmentPointer>& missing) {
    used_bytes_ = BytesOfAll(store_);
    for (const auto& fragment : missing) progress_.rows_total += fragment->row_count;
    for (const auto& fragment : missing) Build(*fragment);
  }

  std::vector<FragmentPointer> Missing() {
    duckdb::Connection connection(instance_);
    connection.BeginTransaction();
    std::vector<FragmentPointer> missing;
    auto& context = *connection.context;
    context.RunFunctionInTransaction([&] {
      snapshot_ = IcefallTransaction::Get(context, catalog_).Table(table_uuid_);
      if (!HasReplicas(*snapshot_)) return;
      snapshot_->fragments.ForEach([&](const FragmentPointer& fragment) {
        if (!IsWanted(*fragment)) return;
        if (IsSound(context, *fragment)) {
          ++report_.kept_files;
        } else {
          missing.push_back(fragment);
        }
      });
    });
    connection.Commit();
    return missing;
  }

  bool IsSound(duckdb::ClientContext& context, const Fragment& fragment) {
    if (catalog_.open_replicas().Get(context, *snapshot_, fragment) != nullptr) return true;
    RemoveDerivedFile(store_, KeyOf(*snapshot_, fragment));
    return false;
  }

  void Build(const Fragment& fragment) {
    const auto key = KeyOf(*snapshot_, fragment);
    if (used_bytes_ >= budget_bytes_) {
      ++report_.skipped_files;
      return;
    }
    if (!BuildReplica(instance_, catalog_, table_uuid_, fragment.id, progress_)) return;
    const auto bytes = BytesOf(store_, key);
    if (used_bytes_ + bytes > budget_bytes_) {
      RemoveDerivedFile(store_, key);
      ++report_.skipped_files;
      return;
    }
    used_bytes_ += bytes;
    ++report_.built_files;
    report_.built_bytes += bytes;
  }

  duckdb::DatabaseInstance& instance_;
  IcefallCatalog& catalog_;
  ObjectStore& store_;
  const std::string table_uuid_;
  RewriteProgress& progress_;
  const uint64_t rows_min_;
  const uint64_t budget_bytes_;
  SnapshotPointer snapshot_;
  uint64_t used_bytes_ = 0;  // by all replicas of the database
  ReplicateReport report_;
};

// Tables by uuid, with the keys of the replicas that the one table is to have.
struct Useful {
  std::set<std::string> tables;
  std::set<ObjectKey> keys;
};

Useful FindUseful(IcefallCatalog& catalog, const std::string& table_uuid) {
  Useful useful;
  const auto transaction = Unwrap(catalog.database().Begin());
  for (const auto& object : Unwrap(transaction->Catalog())->Tables()) {
    useful.tables.insert(object->uuid);
  }
  if (useful.tables.contains(table_uuid)) {
    const SnapshotPointer snapshot = Unwrap(transaction->Table(table_uuid));
    if (HasReplicas(*snapshot)) {
      snapshot->fragments.ForEach([&](const FragmentPointer& fragment) {
        useful.keys.insert(KeyOf(*snapshot, *fragment));
      });
    }
  }
  transaction->Rollback();
  return useful;
}

}  // namespace

ReplicateReport Replicate(duckdb::ClientContext& context, IcefallCatalog& catalog,
                          const std::string& table_uuid, RewriteProgress& progress) {
  if (!catalog.database().store().capabilities().external_path) {
    throw duckdb::NotImplementedException(
        fmt::format("database {}: replicas need a database in a directory, because DuckDB opens "
                    "them by path",
                    catalog.database().location()));
  }
  if (catalog.database().read_only()) {
    throw duckdb::PermissionException(
        fmt::format("database {}: opened read-only", catalog.database().location()));
  }
  return Replication(context, catalog, table_uuid, progress).Run();
}

void ReplicateAfterwards(duckdb::ClientContext& context, IcefallCatalog& catalog,
                         const std::string& table_uuid, RewriteProgress& progress) {
  try {
    const auto transaction = Unwrap(catalog.database().Begin());
    const bool is_wanted = HasReplicas(*Unwrap(transaction->Table(table_uuid)));
    transaction->Rollback();
    if (is_wanted) Replicate(context, catalog, table_uuid, progress);
  } catch (const duckdb::InterruptException&) {
    ThrowStopped("the table is rewritten; another call makes the replicas that are missing");
  } catch (const std::exception&) {
    // What was asked for is done and committed.
  }
}

void ReplicateAfterCommit(duckdb::ClientContext& context, IcefallCatalog& catalog,
                          const SnapshotPointer& snapshot) {
  if (!HasReplicas(*snapshot) || !ReplicatesAtCommit(context)) return;
  auto& database = catalog.database();
  if (!database.store().capabilities().external_path || database.read_only()) return;
  try {
    RewriteProgress progress;
    progress.is_cancelled = [&context] { return StopFlag::MustStop(context); };
    Replication(context, catalog, snapshot->table_uuid, progress)
        .RunFor(snapshot, AddedFragments(*snapshot));
  } catch (const std::exception& exception) {
    LogWarning(*context.db,
               fmt::format("replicas of table {} could not be made: {}", snapshot->table_uuid,
                           duckdb::ErrorData(exception).Message()));
  }
}

uint64_t RemoveUselessReplicas(IcefallCatalog& catalog, const std::string& table_uuid) {
  auto& store = catalog.database().store();
  // Before the tables are looked at, or a new one's would look like nobody's.
  const auto files = Unwrap(ListReplicas(store));
  if (files.empty()) return 0;
  const Useful useful = FindUseful(catalog, table_uuid);
  const auto now = SystemClock().NowMicros();
  uint64_t removed = 0;
  for (const auto& file : files) {
    const bool is_abandoned =
        !file.is_finished && file.info.modified_at < now - GcOptions::kSafeAgeMicros;
    const bool is_stale =
        file.is_finished && file.table_uuid == table_uuid && !useful.keys.contains(file.info.key);
    const bool is_of_nobody = file.is_finished && !useful.tables.contains(file.table_uuid);
    if (!is_abandoned && !is_stale && !is_of_nobody) continue;
    RemoveDerivedFile(store, file.info.key);
    ++removed;
  }
  return removed;
}

std::vector<ReplicaStatus> ReplicasOf(IcefallCatalog& catalog, const Snapshot& snapshot) {
  auto& store = catalog.database().store();
  std::map<ObjectKey, uint64_t> sizes;
  for (const auto& file : Unwrap(ListReplicas(store, snapshot.table_uuid))) {
    sizes.emplace(file.info.key, file.info.size_bytes);
  }
  std::vector<ReplicaStatus> result;
  snapshot.fragments.ForEach([&](const FragmentPointer& fragment) {
    ReplicaStatus status;
    status.fragment_id = fragment->id.value;
    status.path = fragment->path;
    status.row_count = fragment->row_count;
    status.size_bytes = fragment->size_bytes;
    const auto found = sizes.find(KeyOf(snapshot, *fragment));
    if (found != sizes.end()) {
      status.replica = found->first;
      status.replica_size_bytes = found->second;
    }
    result.push_back(std::move(status));
  });
  return result;
}

}  // namespace icefall
