// Begins and ends transactions of one attached database.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "duckdb/transaction/transaction_manager.hpp"

#include "sql/icefall_transaction.h"
#include "sql/maintenance/flush_inline.h"

namespace icefall {

// Thread-safe.
class IcefallTransactionManager : public duckdb::TransactionManager {
 public:
  IcefallTransactionManager(duckdb::AttachedDatabase& db, IcefallCatalog& catalog);
  ~IcefallTransactionManager() override;

  duckdb::Transaction& StartTransaction(duckdb::ClientContext& context) override;
  // Ends the transaction whatever it answers.
  duckdb::ErrorData CommitTransaction(duckdb::ClientContext& context,
                                      duckdb::Transaction& transaction) override;
  void RollbackTransaction(duckdb::Transaction& transaction) override;
  void Checkpoint(duckdb::ClientContext& context, bool force) override;

 private:
  std::unique_ptr<IcefallTransaction> Take(duckdb::Transaction& transaction);

  IcefallCatalog& catalog_;
  InlineFlush inline_flush_;
  std::mutex mutex_;
  std::unordered_map<duckdb::Transaction*, std::unique_ptr<IcefallTransaction>> running_;
};

}  // namespace icefall
