// The Transaction behind Database::Begin.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "database/commit_plan.h"
#include "database/database_impl.h"
#include "database/transaction.h"

namespace icefall {

class TransactionImpl : public Transaction {
 public:
  // `is_past`: refuses changes. `held` is among the pins of the database's running transactions,
  // and is taken out when this one ends.
  TransactionImpl(DatabaseImpl& database, const PointInTime& point, bool is_past,
                  DatabaseSequence held)
      : database_(database), point_(point), is_past_(is_past), held_(held) {}
  ~TransactionImpl() override;

  void SetIsolation(Isolation isolation) override;
  Result<CatalogSnapshotPointer> Catalog() override;
  Result<SnapshotPointer> Table(std::string_view table_uuid) override;
  Result<SnapshotPointer> TableAt(std::string_view table_uuid, Sequence sequence) override;
  Result<SnapshotPointer> TableAsOf(std::string_view table_uuid, TimestampMicros time) override;
  void RecordRead(std::string_view table_uuid) override;
  Result<void> Change(std::string_view table_uuid, ChangeSet change) override;
  Result<void> AddCheck(std::string_view table_uuid, std::shared_ptr<CommitCheck> check) override;
  Result<std::string> CreateTable(const ObjectName& name, Snapshot initial) override;
  Result<std::string> CreateObject(CatalogObject object) override;
  Result<void> ReplaceObject(std::string_view uuid, CatalogObject object) override;
  Result<void> DropObject(std::string_view uuid) override;
  Result<NewFile> NewDataFile(std::string_view table_uuid, std::string_view folder) override;
  Result<std::string> DataFilePath(std::string_view table_uuid, std::string_view path) override;
  bool HasChanges() const override;
  Result<CommitOutcome> Commit() override;
  void Rollback() override;

 private:
  using Tables = std::map<std::string, TableWork, std::less<>>;

  Result<void> CheckOpen() const;
  Result<void> CheckWritable() const;
  Result<CatalogSnapshotPointer> PendingCatalog();
  Result<void> ChangeCatalog(const CatalogChange& change);
  // The table as this transaction knows it, from now on. Error: kNotFound.
  Result<TableWork*> Work(std::string_view table_uuid);
  Result<OpenTablePointer> CommittedTable(std::string_view table_uuid);
  // Has gc keep what the state needs, and makes sure that it was not faster. Error: kNotFound.
  Result<void> Hold(OpenTable& table, const Snapshot& state);
  Result<SnapshotPointer> Bounded(Result<SnapshotPointer> found, OpenTable& table,
                                  const std::string& asked);
  Result<std::string> FreeDirectory(const ObjectName& name, const std::string& uuid);
  Result<CommitOutcome> CommitWork(TransactionPlan& plan);
  void DeleteFilesExcept(const std::vector<ObjectKey>& kept);
  void End();

  DatabaseImpl& database_;
  const PointInTime point_;  // where it sees the database
  const bool is_past_;
  const DatabaseSequence held_;

  mutable std::mutex mutex_;
  bool is_open_ = true;  // guarded by mutex_, as are all below
  Isolation isolation_ = Isolation::kSnapshot;
  CatalogSnapshotPointer base_catalog_;
  CatalogSnapshotPointer pending_catalog_;
  Tables tables_;
  std::vector<DatabaseSequence> holds_;   // pins of older states, one for each that was read
  std::vector<ObjectKey> files_;          // that this transaction made
  std::optional<TimestampMicros> begin_;  // with files_: told to others
};

}  // namespace icefall
