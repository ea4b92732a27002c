// The commit of one transaction: checks it against what others committed, and writes its lines.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commit/coordinator.h"
#include "database/catalog_change.h"
#include "database/commit_check.h"
#include "database/database_impl.h"

namespace icefall {

// What a transaction did to one table.
struct TableWork {
  OpenTablePointer table;
  SnapshotPointer base;  // for a created table: its initial state
  SnapshotPointer pending;
  // What alone leads from base to pending, where it says that no worse than Diff; else null.
  std::shared_ptr<const ChangeSet> only_change;
  bool is_created = false;
  bool is_read = false;      // serializable: nobody else may have changed it
  bool is_compared = false;  // a change relied on all its rows: as is_read, always
  bool moves_rows = false;   // every change only moved rows
  std::vector<std::shared_ptr<CommitCheck>> checks;
  std::string operation;
  std::map<std::string, std::string> summary;
  std::string display_name;  // for messages

  bool is_changed() const { return pending != base; }
};

struct TransactionWork {
  DatabaseSequence pin;
  CatalogSnapshotPointer base_catalog;  // null when neither names nor tables were touched
  CatalogSnapshotPointer pending_catalog;
  std::vector<TableWork> tables;
};

// Lends database and work.
class TransactionPlan : public CommitPlan {
 public:
  TransactionPlan(DatabaseImpl& database, const TransactionWork& work);

  // False: committing would write nothing.
  bool HasChanges() const { return !changes_.empty() || !catalog_change_.empty(); }
  // Data files that the commit refers to.
  std::vector<ObjectKey> AddedFiles() const;

  Result<CommitBatch> Prepare(const CommitTurn& turn) override;
  void Staged() override;
  void Published() override;
  void Withdrawn() override;

  DatabaseSequence database_sequence() const { return place_.database_sequence; }
  std::vector<TableCommit> table_commits() const;

 private:
  struct TableChange {
    const TableWork* work;
    ChangeSet mine;         // against the base
    EncodedCommit encoded;  // of the last Prepare
  };

  Result<void> CheckCatalog(const CatalogSnapshot& latest, const CommitTurn& turn);
  Result<void> CheckReads(const CommitTurn& turn);
  // The change against the newest state. Error: kConflict.
  Result<ChangeSet> RebaseToHead(const TableWork& work, const ChangeSet& mine,
                                 const CommitTurn& turn);
  // Of the table's fragments; null when the database cannot read them.
  RowIdReader RowIdsOf(const OpenTable& table) const;
  // A log has got a commit that is not before this one.
  bool IsLate(const CatalogSnapshot& latest) const;
  std::optional<TransactionMark> MakeMark() const;
  Result<LogAppend> EncodeCatalog(const CatalogSnapshot& latest,
                                  const std::optional<TransactionMark>& mark);

  DatabaseImpl& database_;
  const TransactionWork& work_;
  CatalogChange catalog_change_;
  std::vector<TableChange> changes_;

  // Of the last Prepare.
  CommitPlace place_;
  std::optional<TransactionMark> mark_;
  std::optional<CatalogLog::Entry> catalog_after_;
  bool is_staged_ = false;
};

}  // namespace icefall
