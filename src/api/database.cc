#include "database/database.h"

#include <fmt/format.h>
#include <icefalldb/database.h>

#include "api/convert.h"
#include "api/query_result_impl.h"
#include "session/identifier.h"
#include "session/session.h"

namespace icefalldb {

struct Database::Impl {
  std::unique_ptr<icefall::Session> session;
  // Reads histories and states without SQL.
  std::unique_ptr<icefall::Database> engine;
};

namespace {

icefall::Result<icefall::CatalogObjectPointer> FindTable(icefall::Transaction& transaction,
                                                         std::string_view table) {
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction.Catalog());
  const icefall::QualifiedName name = icefall::ParseName(table);
  auto object = catalog->Find(icefall::ObjectKind::kTable, {name.schema, name.name});
  if (object) return object;
  return icefall::Fail(icefall::ErrorCode::kNotFound, fmt::format("table '{}' not found", table));
}

icefall::Result<std::vector<SnapshotInfo>> ReadSnapshots(icefall::Database& engine,
                                                         std::string_view table) {
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, engine.Begin());
  ICEFALL_ASSIGN_OR_RETURN(const auto object, FindTable(*transaction, table));
  ICEFALL_ASSIGN_OR_RETURN(const auto commits, engine.History(object->uuid));
  std::vector<SnapshotInfo> snapshots;
  for (const icefall::CommitSummary& commit : commits) {
    snapshots.push_back({.sequence = commit.sequence.value,
                         .database_sequence = commit.database_sequence.value,
                         .committed_at_us = commit.committed_at,
                         .operation = commit.operation,
                         .rows = commit.live_rows,
                         .fragments = commit.fragments,
                         .parent_hash = commit.parent_hash});
  }
  return snapshots;
}

icefall::Result<std::vector<FragmentInfo>> ReadFragments(icefall::Database& engine,
                                                         std::string_view table) {
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, engine.Begin());
  ICEFALL_ASSIGN_OR_RETURN(const auto object, FindTable(*transaction, table));
  ICEFALL_ASSIGN_OR_RETURN(const auto snapshot, transaction->Table(object->uuid));
  std::vector<FragmentInfo> fragments;
  snapshot->fragments.ForEach([&](const icefall::FragmentPointer& fragment) {
    fragments.push_back({.path = fragment->path,
                         .rows = fragment->row_count,
                         .deleted_rows = fragment->deleted_count(),
                         .size_bytes = fragment->size_bytes});
  });
  return fragments;
}

icefall::Result<std::vector<std::string>> ReadTables(icefall::Database& engine) {
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, engine.Begin());
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());
  std::vector<std::string> names;
  for (const auto& table : catalog->Tables()) {
    if (table->name.schema == "main") names.push_back(table->name.name);
  }
  return names;
}

}  // namespace

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::Open(std::string_view location, const OpenOptions& options) {
  icefall::SessionOptions session_options;
  session_options.read_only = options.read_only;
  session_options.create_if_missing = options.create_if_missing;
  session_options.snapshot = options.snapshot;
  session_options.table = options.snapshot_table;
  session_options.memory_limit_bytes = options.memory_limit_bytes;
  session_options.threads = options.threads;
  auto impl = std::make_unique<Impl>();
  auto session = icefall::Session::Open(location, session_options);
  if (!session.has_value()) return PublicError(session.error());
  impl->session = std::move(*session);
  auto engine = icefall::Database::Open(impl->session->location().database, {.read_only = true});
  if (!engine.has_value()) return PublicError(engine.error());
  impl->engine = std::move(*engine);
  return Database(std::move(impl));
}

Result<QueryResult> Database::Query(std::string_view sql, std::span<const Value> parameters) {
  auto result = impl_->session->Query(sql, {parameters.begin(), parameters.end()});
  if (!result.has_value()) return PublicError(result.error());
  return MakeQueryResult(std::move(*result));
}

Result<uint64_t> Database::Execute(std::string_view sql) {
  return ToPublic(impl_->session->Execute(sql));
}

Result<uint64_t> Database::Append(std::string_view table, ArrowArrayStream* stream) {
  return ToPublic(impl_->session->AppendArrow(table, stream));
}

Result<Transaction> Database::Begin() {
  if (impl_->session->has_transaction()) {
    return std::unexpected(
        Error{ErrorCode::kInvalidArgument, "the database has a running transaction already"});
  }
  const auto begun = Execute("BEGIN");
  if (!begun.has_value()) return std::unexpected(begun.error());
  return Transaction(*this);
}

Result<std::vector<std::string>> Database::Tables() { return ToPublic(ReadTables(*impl_->engine)); }

Result<std::vector<SnapshotInfo>> Database::Snapshots(std::string_view table) {
  return ToPublic(ReadSnapshots(*impl_->engine, table));
}

Result<std::vector<FragmentInfo>> Database::Fragments(std::string_view table) {
  return ToPublic(ReadFragments(*impl_->engine, table));
}

void Database::Cancel() { impl_->session->Cancel(); }

}  // namespace icefalldb
