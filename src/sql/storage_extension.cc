#include "sql/storage_extension.h"

#include <utility>

#include "duckdb/common/types/geometry.hpp"
#include "duckdb/function/cast/cast_function_set.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/parser/parsed_data/attach_info.hpp"
#include "duckdb/storage/storage_extension.hpp"

#include "sql/accel/facts_files.h"
#include "sql/accel/register.h"
#include "sql/attach_options.h"
#include "sql/errors.h"
#include "sql/functions/sequence_functions.h"
#include "sql/functions/table_functions.h"
#include "sql/icedb/icedb_attach.h"
#include "sql/icedb/icedb_catalog.h"
#include "sql/icedb/icedb_functions.h"
#include "sql/icedb/icedb_transaction.h"
#include "sql/icefall_catalog.h"
#include "sql/icefall_transaction_manager.h"
#include "sql/maintenance/stored_row_ids.h"
#include "sql/replica/replica_settings.h"
#include "sql/store/attach_path.h"
#include "sql/store/error_names.h"
#include "sql/store/store_file_system.h"
#include "sql/store/store_mounts.h"

namespace icefall {
namespace {

struct IcefallStorage : public duckdb::StorageExtensionInfo {
  const std::shared_ptr<StoreMounts> mounts = std::make_shared<StoreMounts>();
  const duckdb::shared_ptr<IcedbTables> icedb_tables = duckdb::make_shared_ptr<IcedbTables>(mounts);
};

duckdb::unique_ptr<duckdb::Catalog> AttachIcedbThatIsThere(IcedbTables& tables,
                                                           duckdb::AttachedDatabase& db,
                                                           const std::string& location,
                                                           duckdb::AttachOptions& options) {
  std::erase_if(options.options, [](const auto& option) {
    return duckdb::StringUtil::CIEquals(option.first, "create_if_not_exists");
  });
  return AttachIcedb(tables, db, location, options);
}

duckdb::unique_ptr<duckdb::Catalog> Attach(
    duckdb::optional_ptr<duckdb::StorageExtensionInfo> storage, duckdb::ClientContext&,
    duckdb::AttachedDatabase& db, const duckdb::string&, duckdb::AttachInfo& info,
    duckdb::AttachOptions& options) {
  info.path = WithoutAttachMark(info.path);
  auto& tables = *static_cast<IcefallStorage&>(*storage).icedb_tables;
  if (AsksForIcedb(options)) return AttachIcedb(tables, db, info.path, options);
  if (HasIcedbOptions(options)) {
    if (IsIcedb(info.path, options)) {
      return AttachIcedbThatIsThere(tables, db, info.path, options);
    }
    throw duckdb::BinderException(
        "ATTACH has options for an icedb table, of which no log file was found; FORMAT icedb takes "
        "one that has none yet");
  }
  auto request = ParseAttachOptions(info.path, options);
  if (request.settings.past) {
    if (options.access_mode == duckdb::AccessMode::READ_WRITE) {
      throw duckdb::InvalidInputException(
          "ATTACH with SNAPSHOT or SNAPSHOT_TIME is read-only, found READ_WRITE");
    }
    options.access_mode = duckdb::AccessMode::READ_ONLY;
    db.SetReadOnlyDatabase();
  }
  request.database.read_row_ids = MakeStoredRowIdReader();
  const auto mounts = static_cast<IcefallStorage&>(*storage).mounts;
  request.database.external_prefix = mounts->NewPrefix();
  auto opened = Database::Open(info.path, request.database);
  if (!opened.has_value() && IsIcedb(info.path, options)) {
    return AttachIcedbThatIsThere(tables, db, info.path, options);
  }
  std::shared_ptr<Database> database = Unwrap(std::move(opened));
  mounts->Add(request.database.external_prefix,
              std::shared_ptr<ObjectStore>(database, &database->store()));
  // A point that is not there fails here, not at the first query.
  if (request.settings.past) Unwrap(database->BeginAt(*request.settings.past));
  return duckdb::make_uniq<IcefallCatalog>(db, std::move(database), std::move(request.settings),
                                           mounts);
}

duckdb::unique_ptr<duckdb::TransactionManager> CreateTransactionManager(
    duckdb::optional_ptr<duckdb::StorageExtensionInfo>, duckdb::AttachedDatabase& db,
    duckdb::Catalog& catalog) {
  if (auto* icedb = dynamic_cast<IcedbCatalog*>(&catalog)) {
    return duckdb::make_uniq<IcedbTransactionManager>(db, *icedb);
  }
  return duckdb::make_uniq<IcefallTransactionManager>(db, catalog.Cast<IcefallCatalog>());
}

void CheckIsolation(duckdb::ClientContext&, duckdb::SetScope, duckdb::Value& value) {
  value = duckdb::Value(duckdb::StringUtil::Lower(value.ToString()));
  if (value.ToString() == "snapshot" || value.ToString() == "serializable") return;
  throw duckdb::InvalidInputException(
      "icefall_isolation: expected 'snapshot' or 'serializable', found '%s'", value.ToString());
}

bool ReadWellKnownBinary(duckdb::Vector& source, duckdb::Vector& result, duckdb::idx_t count,
                         duckdb::CastParameters& parameters) {
  return duckdb::Geometry::FromBinary(source, result, count, parameters.strict);
}

// What the Parquet writer leaves the type out of, GEOMETRY inside of another type or with and
// without Z or M in one column, comes back from the file as BLOB.
void RegisterGeometryCast(duckdb::DatabaseInstance& db) {
  duckdb::DBConfig::GetConfig(db).GetCastFunctions().RegisterCastFunction(
      duckdb::LogicalType::BLOB, duckdb::LogicalType::GEOMETRY(),
      duckdb::BoundCastInfo(ReadWellKnownBinary));
}

}  // namespace

void RegisterIcefall(duckdb::DatabaseInstance& db) {
  auto& config = duckdb::DBConfig::GetConfig(db);
  auto extension = duckdb::make_shared_ptr<duckdb::StorageExtension>();
  extension->attach = Attach;
  extension->create_transaction_manager = CreateTransactionManager;
  auto storage = duckdb::make_shared_ptr<IcefallStorage>();
  db.GetFileSystem().RegisterSubSystem(duckdb::make_uniq<StoreFileSystem>(storage->mounts));
  NameStoresInErrors(db);
  RegisterIcedbFunctions(db, storage->icedb_tables);
  extension->storage_info = std::move(storage);
  RegisterAttachPaths(config);
  duckdb::StorageExtension::Register(config, "icefall", std::move(extension));
  config.AddExtensionOption(
      "icefall_isolation",
      "isolation of transactions on icefall databases: 'snapshot' or 'serializable'",
      duckdb::LogicalType::VARCHAR, duckdb::Value("snapshot"), CheckIsolation);
  RegisterTableFunctions(db);
  RegisterSequenceFunctions(db);
  RegisterGeometryCast(db);
  RegisterAccelerators(db);
  RegisterReplicaSettings(db);
  RegisterFactsSettings(db);
}

}  // namespace icefall
