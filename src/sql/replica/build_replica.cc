#include "sql/replica/build_replica.h"

#include <utility>

#include "duckdb/catalog/catalog_entry/duck_table_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/planner/constraints/bound_check_constraint.hpp"
#include "duckdb/planner/parsed_data/bound_create_table_info.hpp"
#include "duckdb/storage/data_table.hpp"
#include "duckdb/storage/storage_manager.hpp"
#include "duckdb/storage/table/append_state.hpp"
#include "duckdb/transaction/meta_transaction.hpp"

#include "accel/derived_files.h"
#include "accel/replica_files.h"
#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/icefall_transaction.h"
#include "sql/replica/ascending_rows.h"
#include "sql/replica/replica_columns.h"
#include "sql/scan/row_scanner.h"

namespace icefall {
namespace {

// The file while it is written; deleted unless it was published.
class UnfinishedFile {
 public:
  UnfinishedFile(ObjectStore& store, ObjectKey key)
      : store_(store), key_(std::move(key)), unfinished_(UnfinishedReplicaKey(key_)) {}
  ~UnfinishedFile() {
    RemoveDerivedFile(store_, unfinished_);
    RemoveDerivedFile(store_, unfinished_ + ".wal");
  }
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;

  std::string Path() const { return Unwrap(store_.ExternalPath(unfinished_)); }
  void Publish() { Unwrap(PublishReplica(store_, unfinished_, key_)); }

 private:
  ObjectStore& store_;
  const ObjectKey key_;
  const ObjectKey unfinished_;
};

duckdb::DuckTableEntry& CreateTable(duckdb::ClientContext& context,
                                    duckdb::AttachedDatabase& database, const char* name,
                                    const std::string& comment,
                                    const duckdb::vector<duckdb::LogicalType>& types) {
  auto& catalog = database.GetCatalog();
  const auto transaction = catalog.GetCatalogTransaction(context);
  const duckdb::string schema_name = DEFAULT_SCHEMA;
  const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::SCHEMA_ENTRY, schema_name);
  auto& schema =
      *catalog.LookupSchema(transaction, lookup, duckdb::OnEntryNotFound::THROW_EXCEPTION);
  auto info = duckdb::make_uniq<duckdb::CreateTableInfo>(schema, name);
  for (size_t i = 0; i < types.size(); ++i) {
    info->columns.AddColumn(duckdb::ColumnDefinition("c" + std::to_string(i), types[i]));
  }
  info->comment = duckdb::Value(comment);
  duckdb::BoundCreateTableInfo bound(schema, std::move(info));
  return catalog.CreateTable(transaction, bound)->Cast<duckdb::DuckTableEntry>();
}

void CopyRows(duckdb::ClientContext& context, duckdb::AttachedDatabase& database,
              const std::string& identity, RowScanner& scanner, RewriteProgress& progress) {
  duckdb::MetaTransaction::Get(context).ModifyDatabase(
      database,
      duckdb::DatabaseModificationType(duckdb::DatabaseModificationType::CREATE_CATALOG_ENTRY |
                                       duckdb::DatabaseModificationType::INSERT_DATA));
  auto& table = CreateTable(context, database, kReplicaTable, identity, scanner.types());
  auto& rows = table.GetStorage();
  const duckdb::vector<duckdb::unique_ptr<duckdb::BoundConstraint>> no_constraints;
  duckdb::LocalAppendState append;
  rows.InitializeLocalAppend(append, table, context, no_constraints);
  duckdb::DataChunk chunk;
  chunk.Initialize(context, scanner.types());
  std::vector<AscendingRows> ascending;
  while (scanner.Next(chunk)) {
    if (progress.is_cancelled && progress.is_cancelled()) throw duckdb::InterruptException();
    AddRows(ascending, chunk);
    rows.LocalAppend(append, context, chunk, true);
    progress.rows_done += chunk.size();
  }
  rows.FinalizeLocalAppend(append);
  CreateTable(context, database, kAscendingTable, EncodeAscendingRows(ascending),
              {duckdb::LogicalType::BOOLEAN});
}

void Checkpoint(duckdb::ClientContext& context, duckdb::AttachedDatabase& database) {
  duckdb::CheckpointOptions options;
  options.wal_action = duckdb::CheckpointWALAction::DELETE_WAL;
  options.action = duckdb::CheckpointAction::ALWAYS_CHECKPOINT;
  database.GetStorageManager().CreateCheckpoint(duckdb::QueryContext(context), options);
}

}  // namespace

bool BuildReplica(duckdb::DatabaseInstance& instance, IcefallCatalog& catalog,
                  const std::string& table_uuid, FragmentId id, RewriteProgress& progress) {
  duckdb::Connection connection(instance);
  auto& context = *connection.context;
  connection.BeginTransaction();
  ReplicaDatabase database;
  std::optional<UnfinishedFile> file;
  context.RunFunctionInTransaction([&] {
    auto& transaction = IcefallTransaction::Get(context, catalog);
    const auto object = transaction.Names()->FindTableByUuid(table_uuid);
    if (object == nullptr) return;
    const auto snapshot = transaction.Table(table_uuid);
    const auto fragment = snapshot->fragments.Find(id);
    if (fragment == nullptr) return;
    const auto identity = ReplicaIdentity(table_uuid, *fragment);
    file.emplace(catalog.database().store(), ReplicaKey(table_uuid, identity));
    database = OpenReplicaDatabase(context, file->Path(), duckdb::AccessMode::READ_WRITE);
    const auto columns = ColumnsOfReplica(*snapshot, *fragment);
    RowScanner scanner(context, FileAsWritten(transaction.TableEntry(object, snapshot), fragment),
                       columns.columns);
    CopyRows(context, *database, identity, scanner, progress);
  });
  connection.Commit();
  if (!file) return false;
  Checkpoint(context, *database);
  database->Close(duckdb::DatabaseCloseAction::CHECKPOINT);
  database.reset();
  file->Publish();
  return true;
}

}  // namespace icefall
