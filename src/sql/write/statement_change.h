// Everything one statement does to one table; becomes one change set.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sql/icefall_transaction.h"
#include "sql/write/new_rows.h"
#include "sql/write/position_set.h"
#include "sql/write/unique_keys.h"

namespace icefall {

// Shared by the operators of the statement (a MERGE has several) and their threads.
class StatementChange {
 public:
  // The end of what is committed, as the transaction sees it.
  struct Committed {
    RowId next_row_id;
    Sequence sequence;
    uint64_t next_inline_position = 0;
  };

  // `table`: as the statement was planned for; its current state in the transaction is taken.
  // `operation`: see Snapshot::operation.
  StatementChange(duckdb::ClientContext& context, IcefallTableEntry& table, std::string operation);

  IcefallTransaction& transaction() { return transaction_; }
  const TableEntryPointer& table() const { return table_; }
  const Snapshot& snapshot() const { return *table_->snapshot(); }
  DeletedPositions& deleted() { return deleted_; }
  UniqueKeys& keys() { return keys_; }

  // Rows at and above this id were added by this transaction: their ids will still change, so they
  // cannot be stored with a row.
  RowId provisional_row_id() const { return committed_.next_row_id; }

  // All rows of a fragment go, none of which is in deleted(). Answers how many are left to go; none
  // when the fragment is gone by now.
  uint64_t RemoveFragment(FragmentId id);

  // Takes the result of an operator that adds rows. `name`: of its row count in the summary.
  void Add(const std::string& name, NewRows::Result rows);

  // Checks keys, then applies everything to the transaction. Once, at the end.
  void Apply(duckdb::ClientContext& context);

 private:
  ChangeSet Build(duckdb::ClientContext& context);
  void AddDeletes(duckdb::ClientContext& context, ChangeSet& change);
  // Of the columns whose bounds may have gone with the deleted rows.
  std::vector<ColumnStatistics> ChangedStatistics(duckdb::ClientContext& context,
                                                  const FragmentPointer& fragment,
                                                  const DeletionVector& deleted);
  void AddInline(ChangeSet& change, InlineBatch batch);
  // Moves the inline rows that this transaction itself has added to data files, when there have
  // become too many. Others' are moved behind a commit, see InlineFlush.
  void FlushOwnInline(duckdb::ClientContext& context);
  bool MustFlush() const;

  IcefallTransaction& transaction_;
  const TableEntryPointer table_;
  const std::string operation_;
  DeletedPositions deleted_;
  UniqueKeys keys_;
  const Committed committed_;

  std::mutex mutex_;  // guards what follows
  std::vector<NewRows::Result> added_;
  std::map<std::string, uint64_t> counts_;
  std::vector<FragmentId> removed_;
  DeletionVector flushed_;  // own inline positions that moved
};

// Adds a file that was written for the table as `base` has it, and gives it ids.
void AddNewFragment(const Snapshot& base, ChangeSet& change, Fragment fragment);

// All rows go, by metadata alone. Answers how many there were.
uint64_t DeleteAllRows(duckdb::ClientContext& context, IcefallTableEntry& table,
                       std::string operation);

}  // namespace icefall
