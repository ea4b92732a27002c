#include "sql/icedb/icedb_transaction.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "icedb/operations.h"
#include "sql/connection_state.h"
#include "sql/errors.h"
#include "sql/icedb/icedb_catalog.h"
#include "sql/icedb/icedb_entries.h"

namespace icefall {
namespace {

bool Has(const icedb::Columns& columns, const std::string& name) {
  return std::ranges::any_of(columns, [&name](const auto& column) {
    return duckdb::StringUtil::CIEquals(column.first, name);
  });
}

}  // namespace

IcedbTransaction::IcedbTransaction(duckdb::TransactionManager& transaction_manager,
                                   duckdb::ClientContext& client_context, IcedbCatalog& catalog)
    : duckdb::Transaction(transaction_manager, client_context),
      catalog_(catalog),
      requests_before_(catalog.open().requests()),
      writing_(catalog.Writing()) {}

IcedbTransaction::~IcedbTransaction() = default;

IcedbTransaction& IcedbTransaction::Get(duckdb::ClientContext& context, duckdb::Catalog& catalog) {
  return duckdb::Transaction::Get(context, catalog).Cast<IcedbTransaction>();
}

const icedb::TableState& IcedbTransaction::State() {
  if (state_ == nullptr) {
    const auto& past = catalog_.settings().at_ms;
    auto& table = catalog_.open().table;
    state_ = Unwrap(past ? table.Read(*past + 1) : table.Read());
  }
  return *state_;
}

icedb::Columns IcedbTransaction::Columns() {
  const std::lock_guard lock(mutex_);
  icedb::Columns columns = State().schema();
  columns.insert(columns.end(), added_columns_.begin(), added_columns_.end());
  return columns;
}

std::shared_ptr<IcedbTableEntry> IcedbTransaction::MakeEntry(duckdb::ClientContext& client_context,
                                                             const icedb::TableState& state,
                                                             bool is_now) {
  icedb::Columns columns = state.schema();
  auto files = AliveFiles(state);
  if (is_now) {
    columns.insert(columns.end(), added_columns_.begin(), added_columns_.end());
    std::erase_if(files, [this](const auto& file) { return killed_.contains(file.path); });
    files.insert(files.end(), added_.begin(), added_.end());
  }
  auto view = MakeIcedbView(client_context, catalog_.open().data_prefix(), columns,
                            state.conflicts(), writing_->partition_rule, files);
  auto entry = std::make_shared<IcedbTableEntry>(catalog_, catalog_.main_schema(),
                                                 catalog_.settings().table, std::move(view));
  pins_.push_back(entry);
  return entry;
}

std::shared_ptr<IcedbTableEntry> IcedbTransaction::Table(duckdb::ClientContext& client_context) {
  const std::lock_guard lock(mutex_);
  const auto& state = State();
  if (state.logs().empty() && added_columns_.empty()) return nullptr;
  if (entry_ == nullptr) entry_ = MakeEntry(client_context, state, true);
  return entry_;
}

std::shared_ptr<IcedbTableEntry> IcedbTransaction::TableAt(duckdb::ClientContext& client_context,
                                                           int64_t ms) {
  const std::lock_guard lock(mutex_);
  const auto state = Unwrap(catalog_.open().table.Read(ms + 1));
  if (state->logs().empty()) {
    throw duckdb::BinderException(
        "table \"%s\" has no log file of that time; cleanups remove what is older than the age "
        "that they are given",
        catalog_.settings().table);
  }
  return MakeEntry(client_context, *state, false);
}

void IcedbTransaction::AddColumns(const icedb::Columns& columns) {
  const std::lock_guard lock(mutex_);
  for (const auto& column : columns) {
    if (Has(State().schema(), column.first) || Has(added_columns_, column.first)) {
      throw duckdb::CatalogException("column \"%s\" exists already", column.first);
    }
    added_columns_.push_back(column);
  }
  entry_ = nullptr;
}

void IcedbTransaction::Replace(std::string operation, const std::vector<std::string>& killed,
                               std::vector<icedb::FileMarker> added, int64_t started_at_ms) {
  const std::lock_guard lock(mutex_);
  operation_ = std::move(operation);
  started_at_ms_ = std::min(started_at_ms_.value_or(started_at_ms), started_at_ms);
  for (const auto& path : killed) {
    const auto own = std::ranges::find(added_, path, &icedb::FileMarker::path);
    if (own == added_.end()) {
      killed_.insert(path);
    } else {
      undone_.push_back(std::move(*own));
      added_.erase(own);
    }
  }
  added_.insert(added_.end(), std::make_move_iterator(added.begin()),
                std::make_move_iterator(added.end()));
  entry_ = nullptr;
}

void IcedbTransaction::DeleteFiles(const std::vector<icedb::FileMarker>& files) {
  for (const auto& file : files) {
    (void)catalog_.open().table.place().data->Delete(file.path);
  }
}

Result<void> IcedbTransaction::CommitReplacement(const std::vector<std::string>& killed) {
  const auto plan = [&](const icedb::TableState& now) {
    return DraftReplacement(now, operation_, killed, added_, added_columns_);
  };
  ICEFALL_RETURN_IF_ERROR(
      catalog_.open().table.Maintain(writing_->options.host, plan, *started_at_ms_));
  return {};
}

Result<void> IcedbTransaction::Commit() {
  const std::lock_guard lock(mutex_);
  auto& table = catalog_.open().table;
  Result<void> result;
  if (!killed_.empty()) {
    result = CommitReplacement({killed_.begin(), killed_.end()});
  } else if (!added_.empty() || !added_columns_.empty()) {
    icedb::Columns columns = state_->schema();
    columns.insert(columns.end(), added_columns_.begin(), added_columns_.end());
    auto appended = table.Append(writing_->options.host, std::move(columns), added_,
                                 started_at_ms_.value_or(table.NowMs()));
    if (!appended.has_value()) result = Fail(std::move(appended).error());
  }
  const bool has_written = !killed_.empty() || !added_.empty() || !added_columns_.empty();
  if (has_written && result.has_value()) table.MergeLogsIfMany(writing_->options.host);
  DeleteFiles(undone_);
  // What may be in the log stays; a collector of orphans knows.
  if (!result.has_value() && result.error().code() != ErrorCode::kOutcomeUnknown) {
    DeleteFiles(added_);
  }
  return result;
}

void IcedbTransaction::Rollback() {
  const std::lock_guard lock(mutex_);
  DeleteFiles(undone_);
  DeleteFiles(added_);
}

void IcedbTransaction::Pin(std::shared_ptr<const void> pin) {
  const std::lock_guard lock(mutex_);
  pins_.push_back(std::move(pin));
}

std::vector<std::shared_ptr<const void>> IcedbTransaction::ReleasePins() {
  const std::lock_guard lock(mutex_);
  return std::move(pins_);
}

IcedbTransactionManager::IcedbTransactionManager(duckdb::AttachedDatabase& database,
                                                 IcedbCatalog& catalog)
    : TransactionManager(database), catalog_(catalog) {}

duckdb::Transaction& IcedbTransactionManager::StartTransaction(duckdb::ClientContext& context) {
  auto transaction = std::make_unique<IcedbTransaction>(*this, context, catalog_);
  auto& result = *transaction;
  const std::lock_guard lock(mutex_);
  running_.emplace(&result, std::move(transaction));
  return result;
}

std::unique_ptr<IcedbTransaction> IcedbTransactionManager::Take(duckdb::Transaction& transaction) {
  const std::lock_guard lock(mutex_);
  auto node = running_.extract(&transaction);
  return node.empty() ? nullptr : std::move(node.mapped());
}

duckdb::ErrorData IcedbTransactionManager::CommitTransaction(duckdb::ClientContext& context,
                                                             duckdb::Transaction& transaction) {
  const auto owned = Take(transaction);
  if (!owned) return {};
  ConnectionState::Of(context)->Hold(owned->ReleasePins());
  const auto done = owned->Commit();
  return done.has_value() ? duckdb::ErrorData() : ToErrorData(done.error());
}

void IcedbTransactionManager::RollbackTransaction(duckdb::Transaction& transaction) {
  const auto owned = Take(transaction);
  if (!owned) return;
  if (const auto context = owned->context.lock()) {
    ConnectionState::Of(*context)->Hold(owned->ReleasePins());
  }
  owned->Rollback();
}

void IcedbTransactionManager::Checkpoint(duckdb::ClientContext&, bool) {
  // Every commit is durable when it returns.
}

}  // namespace icefall
