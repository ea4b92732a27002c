// The Database behind Database::Open, and what its transactions use of it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "commit/commit_object_store.h"
#include "commit/coordinator.h"
#include "database/catalog_codec.h"
#include "database/database.h"
#include "database/freshness.h"
#include "database/manifest_writer.h"
#include "log/table_log.h"

namespace icefall {

// A table's log with what is known about how current it is. Shared by transactions.
struct OpenTable {
  std::string uuid;
  std::string directory;
  std::unique_ptr<TableLog> log;
  ReadMark mark;
};

using OpenTablePointer = std::shared_ptr<OpenTable>;

class DatabaseImpl : public Database {
 public:
  // "No pin": everything that is stored.
  static constexpr DatabaseSequence kNoLimit{UINT64_MAX};

  DatabaseImpl(std::shared_ptr<ObjectStore> store, std::string location,
               const DatabaseOptions& options);
  ~DatabaseImpl() override;

  // Finds or makes the database. Errors: those of Database::Open.
  Result<void> Start();

  Result<std::unique_ptr<Transaction>> Begin() override;
  Result<std::unique_ptr<Transaction>> BeginAt(const PointInTime& point) override;
  Result<CatalogObjectPointer> FindTableEver(
      const std::function<bool(const CatalogObject&)>& matches) override;
  Result<std::vector<CommitSummary>> History(std::string_view table_uuid,
                                             const PointInTime& last) override;
  std::optional<DatabaseSequence> Published() override;
  Result<SnapshotPointer> TableAt(std::string_view table_uuid, Sequence sequence) override;
  Result<void> KeepFrom(std::string_view table_uuid, Sequence oldest) override;
  Result<OldestRunning> Running() override { return running_->Oldest(); }
  Result<std::string> ExternalPath(const ObjectKey& key) override;
  ObjectStore& store() override { return *store_; }
  const std::string& location() const override { return location_; }
  bool read_only() const override { return options_.read_only; }

  // Error: kPermissionDenied for a read-only database.
  Result<void> CheckWritable() const;
  Clock& clock() { return *clock_; }
  const DatabaseOptions& options() const { return options_; }
  TransactionOutcomes& outcomes() { return outcomes_; }
  CatalogLog& catalog() { return catalog_; }
  CommitCoordinator& coordinator() { return *coordinator_; }
  RunningTransactions& running() { return *running_; }

  // The newest published commit, or kNoLimit where that cannot be known. Asks the store where
  // others could have committed unseen.
  Result<DatabaseSequence> LookUp();
  // The same as far as is known without asking.
  DatabaseSequence Pin();

  Result<CatalogSnapshotPointer> CatalogAsOf(const PointInTime& point);
  // The log of a table that the catalog names.
  Result<OpenTablePointer> TableOf(const CatalogObject& object);
  Result<SnapshotPointer> TableAsOf(OpenTable& table, const PointInTime& point);
  // Its commit of that number, which is not after `newest`. Error: kNotFound.
  Result<SnapshotPointer> TableAt(OpenTable& table, Sequence sequence, DatabaseSequence newest);
  // For a state that is already pinned: whether gc was not faster. True where there are no locks to
  // know of pins by, and what was the newest lately stays.
  Result<bool> IsKept(OpenTable& table, const Snapshot& state);
  // A log that no catalog names yet; Adopt shares it once one does.
  Result<OpenTablePointer> MakeTable(const CatalogObject& object);
  void Adopt(OpenTablePointer table);
  // The log of a table that has or had a name. Error: kNotFound.
  Result<OpenTablePointer> FindTable(std::string_view uuid);

  // With the right to commit: the newest states, those of staged commits included. `head`: see
  // CommitTurn.
  Result<CatalogSnapshotPointer> CatalogToCommit(DatabaseSequence head);
  Result<SnapshotPointer> TableToCommit(OpenTable& table, DatabaseSequence head);

  // After a commit of this process is durable.
  void CommitPublished(DatabaseSequence sequence) { own_commits_.Add(sequence); }
  // After one of which that is not known.
  void ForgetCatalog() { catalog_mark_.Forget(); }

  // Has manifests written where there is enough log behind the newest one. Of the processes that
  // commit to a log, the one whose commit makes a manifest due writes it; the others look for it
  // later, and write it if that one did not.
  void MaybeWriteManifest(const OpenTablePointer& table);
  void MaybeWriteCatalogManifest();
  // Where commits are objects: the one that says where reading them begins.
  void MaybeWriteHead();
  void WaitForManifests() { manifest_writer_.WaitUntilIdle(); }

 private:
  Result<bool> Exists();
  Result<void> Create();
  Result<std::unique_ptr<CommitCoordinator>> MakeCoordinator();
  Result<void> PutFirstLine(const LogEntry& entry);
  Result<std::unique_ptr<RunningTransactions>> MakeRunning();
  Result<RecoveredHead> Recover(DatabaseSequence durable);
  // What recovery has to know of a table. One that is damaged is in nobody's way but its own.
  Result<LogRemains> RecoverTable(const CatalogObject& object, DatabaseSequence durable,
                                  const SettledUntil& settled);
  // What a reader knows that sees commits up to this one, or kNoLimit.
  SettledUntil SettledBefore(DatabaseSequence published);
  // The newest commit, of whatever log.
  Result<DatabaseSequence> Newest();
  uint64_t ManifestDueBytes(const ManifestDebt& debt) const;
  template <typename LogPointer>
  void MaybeWriteManifest(const std::string& directory, const LogPointer& log);

  const std::string location_;
  const DatabaseOptions options_;
  Clock* const clock_;
  const std::shared_ptr<CommitObjectStore> commits_;  // null: the store can append
  const std::shared_ptr<ObjectStore> store_;          // is *commits_ where there is one
  TransactionOutcomes outcomes_;
  CatalogLog catalog_;
  ReadMark catalog_mark_;
  OwnCommits own_commits_;
  std::unique_ptr<CommitCoordinator> coordinator_;
  std::unique_ptr<RunningTransactions> running_;

  std::mutex tables_mutex_;
  std::unordered_map<std::string, OpenTablePointer> tables_;  // guarded by tables_mutex_

  ManifestWriter manifest_writer_;  // last: its jobs use the rest
};

}  // namespace icefall
