#include <utility>

#include <icefalldb/database.h>
#include <icefalldb/transaction.h>

namespace icefalldb {

namespace {

std::unexpected<Error> Ended() {
  return std::unexpected(Error{ErrorCode::kInvalidArgument, "the transaction has ended"});
}

}  // namespace

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // Nothing is lost by a failing rollback: what was not committed never becomes visible.
  if (database_ != nullptr) (void)Rollback();
}

Result<QueryResult> Transaction::Query(std::string_view sql, std::span<const Value> parameters) {
  if (database_ == nullptr) return Ended();
  return database_->Query(sql, parameters);
}

Result<uint64_t> Transaction::Execute(std::string_view sql) {
  if (database_ == nullptr) return Ended();
  return database_->Execute(sql);
}

Result<uint64_t> Transaction::Append(std::string_view table, ArrowArrayStream* stream) {
  if (database_ == nullptr) {
    stream->release(stream);
    return Ended();
  }
  return database_->Append(table, stream);
}

Result<void> Transaction::Commit() {
  if (database_ == nullptr) return Ended();
  const auto done = std::exchange(database_, nullptr)->Execute("COMMIT");
  if (!done.has_value()) return std::unexpected(done.error());
  return {};
}

Result<void> Transaction::Rollback() {
  if (database_ == nullptr) return Ended();
  const auto done = std::exchange(database_, nullptr)->Execute("ROLLBACK");
  if (!done.has_value()) return std::unexpected(done.error());
  return {};
}

}  // namespace icefalldb
