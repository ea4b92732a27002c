// DuckDB's transaction on an attached icedb table: what its statements wrote becomes one log file.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "duckdb/transaction/transaction.hpp"
#include "duckdb/transaction/transaction_manager.hpp"

#include "icedb/table_state.h"
#include "sql/icedb/table_view.h"
#include "store/object_store.h"

namespace icefall {

class IcedbCatalog;
class IcedbTableEntry;
struct IcedbWriting;

// Sees the table as it was at the first look, and its own changes. Calls throw. Thread-safe.
class IcedbTransaction : public duckdb::Transaction {
 public:
  IcedbTransaction(duckdb::TransactionManager& manager, duckdb::ClientContext& context,
                   IcedbCatalog& catalog);
  ~IcedbTransaction() override;

  static IcedbTransaction& Get(duckdb::ClientContext& context, duckdb::Catalog& catalog);

  // Null while the table has no log file and no column.
  std::shared_ptr<IcedbTableEntry> Table(duckdb::ClientContext& context);
  // As all log files up to that time say. Throws when there is none.
  std::shared_ptr<IcedbTableEntry> TableAt(duckdb::ClientContext& context, int64_t ms);

  // Columns that the log knows from the commit on.
  void AddColumns(const icedb::Columns& columns);
  // `killed`, which are alive in this transaction's eyes, became `added`, which were stored after
  // `started_at_ms`; they are deleted unless the transaction commits.
  void Replace(std::string operation, const std::vector<std::string>& killed,
               std::vector<icedb::FileMarker> added, int64_t started_at_ms);
  // Of the stores when it began.
  const std::optional<RequestCounts>& requests_before() const { return requests_before_; }
  // The same from beginning to end.
  const IcedbWriting& writing() const { return *writing_; }
  // Names and types of stored columns, as they are in the log.
  icedb::Columns Columns();

  // One log file for all of it. An error undoes it, unless its outcome is not known.
  Result<void> Commit();
  void Rollback();

  // Keeps what a plan points to until its query is over.
  void Pin(std::shared_ptr<const void> pin);
  std::vector<std::shared_ptr<const void>> ReleasePins();

 private:
  // With mutex_ held.
  const icedb::TableState& State();
  std::shared_ptr<IcedbTableEntry> MakeEntry(duckdb::ClientContext& context,
                                             const icedb::TableState& state, bool is_now);
  Result<void> CommitReplacement(const std::vector<std::string>& killed);
  void DeleteFiles(const std::vector<icedb::FileMarker>& files);

  IcedbCatalog& catalog_;
  const std::optional<RequestCounts> requests_before_;
  const std::shared_ptr<const IcedbWriting> writing_;
  std::mutex mutex_;  // guards what follows
  icedb::StatePointer state_;
  icedb::Columns added_columns_;
  std::string operation_;
  std::set<std::string> killed_;           // of state_
  std::vector<icedb::FileMarker> added_;   // alive
  std::vector<icedb::FileMarker> undone_;  // added and killed again
  std::optional<int64_t> started_at_ms_;
  std::shared_ptr<IcedbTableEntry> entry_;  // of the newest change; null: not made yet
  std::vector<std::shared_ptr<const void>> pins_;
};

// Thread-safe.
class IcedbTransactionManager : public duckdb::TransactionManager {
 public:
  IcedbTransactionManager(duckdb::AttachedDatabase& db, IcedbCatalog& catalog);

  duckdb::Transaction& StartTransaction(duckdb::ClientContext& context) override;
  duckdb::ErrorData CommitTransaction(duckdb::ClientContext& context,
                                      duckdb::Transaction& transaction) override;
  void RollbackTransaction(duckdb::Transaction& transaction) override;
  void Checkpoint(duckdb::ClientContext& context, bool force) override;

 private:
  std::unique_ptr<IcedbTransaction> Take(duckdb::Transaction& transaction);

  IcedbCatalog& catalog_;
  std::mutex mutex_;
  std::unordered_map<duckdb::Transaction*, std::unique_ptr<IcedbTransaction>> running_;
};

}  // namespace icefall
