#include "sql/icefall_transaction_manager.h"

#include <utility>

#include <fmt/format.h>

#include "sql/accel/build_aggregates.h"
#include "sql/connection_state.h"
#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/replica/replicate.h"
#include "sql/settings.h"

namespace icefall {
namespace {

Isolation IsolationSetting(duckdb::ClientContext& context) {
  duckdb::Value value;
  if (!FindSetting(context, "icefall_isolation", value)) return Isolation::kSnapshot;
  return value.ToString() == "serializable" ? Isolation::kSerializable : Isolation::kSnapshot;
}

}  // namespace

IcefallTransactionManager::IcefallTransactionManager(duckdb::AttachedDatabase& database,
                                                     IcefallCatalog& catalog)
    : TransactionManager(database), catalog_(catalog) {}

IcefallTransactionManager::~IcefallTransactionManager() = default;

duckdb::Transaction& IcefallTransactionManager::StartTransaction(duckdb::ClientContext& context) {
  const auto& past = catalog_.settings().past;
  auto& database = catalog_.database();
  const auto requests = database.store().requests();
  auto engine = Unwrap(past ? database.BeginAt(*past) : database.Begin());
  engine->SetIsolation(IsolationSetting(context));
  auto transaction =
      std::make_unique<IcefallTransaction>(*this, context, catalog_, std::move(engine), requests);
  auto& result = *transaction;
  const std::lock_guard lock(mutex_);
  running_.emplace(&result, std::move(transaction));
  return result;
}

std::unique_ptr<IcefallTransaction> IcefallTransactionManager::Take(
    duckdb::Transaction& transaction) {
  const std::lock_guard lock(mutex_);
  auto node = running_.extract(&transaction);
  return node.empty() ? nullptr : std::move(node.mapped());
}

duckdb::ErrorData IcefallTransactionManager::CommitTransaction(duckdb::ClientContext& context,
                                                               duckdb::Transaction& transaction) {
  auto owned = Take(transaction);
  if (!owned) return {};
  ConnectionState::Of(context)->Hold(owned->ReleasePins());
  if (!owned->engine().HasChanges()) {
    owned->engine().Rollback();
    return {};
  }
  const auto outcome = owned->engine().Commit();
  if (!outcome.has_value()) return ToErrorData(outcome.error());
  for (const auto& table : outcome->tables) {
    const auto now = catalog_.database().TableAt(table.table_uuid, table.sequence);
    if (!now.has_value()) continue;
    ReplicateAfterCommit(context, catalog_, *now);
    BuildAggregatesAfterCommit(context, catalog_, **now);
    if (InlineFlush::IsDue((*now)->inline_rows)) {
      inline_flush_.Run(*context.db, catalog_, table.table_uuid);
    }
  }
  return {};
}

void IcefallTransactionManager::RollbackTransaction(duckdb::Transaction& transaction) {
  auto owned = Take(transaction);
  if (!owned) return;
  if (auto context = owned->context.lock()) {
    ConnectionState::Of(*context)->Hold(owned->ReleasePins());
  }
  owned->engine().Rollback();
}

void IcefallTransactionManager::Checkpoint(duckdb::ClientContext&, bool) {
  // Every commit is durable when it returns; manifests are written by the log itself.
}

}  // namespace icefall
