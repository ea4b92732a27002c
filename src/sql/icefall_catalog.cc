#include "sql/icefall_catalog.h"

#include <utility>

#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/parser/statement/create_statement.hpp"
#include "duckdb/planner/parsed_data/bound_create_table_info.hpp"
#include "duckdb/storage/database_size.hpp"
#include <fmt/format.h>

#include "log/log_entry.h"
#include "sql/accel/facts_files.h"
#include "sql/accel/partial_states.h"
#include "sql/errors.h"
#include "sql/icefall_schema_entry.h"
#include "sql/icefall_table_entry.h"
#include "sql/icefall_transaction.h"
#include "sql/index/create_index.h"
#include "sql/scan/column_bounds.h"
#include "sql/scan/merged_statistics.h"
#include "sql/scan/whole_column.h"
#include "sql/write/plan.h"

namespace icefall {

IcefallCatalog::IcefallCatalog(duckdb::AttachedDatabase& attached,
                               std::shared_ptr<Database> database, AttachSettings settings,
                               std::shared_ptr<StoreMounts> mounts)
    : Catalog(attached),
      database_(std::move(database)),
      settings_(std::move(settings)),
      mounts_(std::move(mounts)),
      results_(std::make_shared<ResultCache>(database_)),
      entries_(*this),
      facts_files_(std::make_unique<FactsFiles>(database_->store())),
      partial_states_(std::make_unique<PartialStates>(database_->store(), database_->read_only())),
      column_bounds_(std::make_unique<ColumnBoundsCache>()),
      merged_statistics_(std::make_unique<MergedStatisticsCache>()),
      whole_columns_(std::make_unique<WholeColumnCache>()),
      open_replicas_(database_->store()) {}

IcefallCatalog::~IcefallCatalog() { sequences_.GiveBack(); }

void IcefallCatalog::Initialize(bool) {}

duckdb::string IcefallCatalog::GetCatalogType() { return "icefall"; }

duckdb::optional_ptr<duckdb::CatalogEntry> IcefallCatalog::CreateSchema(
    duckdb::CatalogTransaction catalog_transaction, duckdb::CreateSchemaInfo& info) {
  auto& transaction = IcefallTransaction::Get(catalog_transaction);
  if (transaction.SchemaEntry(info.schema)) {
    switch (info.on_conflict) {
      case duckdb::OnCreateConflict::IGNORE_ON_CONFLICT:
        return nullptr;
      case duckdb::OnCreateConflict::REPLACE_ON_CONFLICT: {
        duckdb::DropInfo drop;
        drop.type = duckdb::CatalogType::SCHEMA_ENTRY;
        drop.name = info.schema;
        DropSchemaEntry(transaction, drop);
        break;
      }
      default:
        throw duckdb::CatalogException(
            fmt::format("Schema with name \"{}\" already exists!", info.schema));
    }
  }
  CatalogObject object;
  object.kind = ObjectKind::kSchema;
  object.name = {"", info.schema};
  if (!info.comment.IsNull()) object.comment = info.comment.ToString();
  Unwrap(transaction.engine().CreateObject(std::move(object)));
  return *transaction.SchemaEntry(info.schema);
}

void IcefallCatalog::ScanSchemas(duckdb::ClientContext& context,
                                 std::function<void(duckdb::SchemaCatalogEntry&)> callback) {
  auto& transaction = IcefallTransaction::Get(context, *this);
  const auto names = transaction.Names();
  for (const auto& [name, object] : names->schemas) {
    callback(*transaction.SchemaEntry(name.name));
  }
}

duckdb::optional_ptr<duckdb::SchemaCatalogEntry> IcefallCatalog::LookupSchema(
    duckdb::CatalogTransaction catalog_transaction, const duckdb::EntryLookupInfo& lookup,
    duckdb::OnEntryNotFound if_not_found) {
  const auto& name = lookup.GetEntryName();
  if (auto entry = IcefallTransaction::Get(catalog_transaction).SchemaEntry(name)) return *entry;
  if (if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return nullptr;
  throw duckdb::CatalogException(
      lookup.GetErrorContext(),
      "Schema with name %s does not exist! Expected it in database \"%s\"", name, GetName());
}

duckdb::ErrorData IcefallCatalog::SupportsCreateTable(duckdb::BoundCreateTableInfo&) { return {}; }

duckdb::PhysicalOperator& IcefallCatalog::PlanInsert(
    duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
    duckdb::LogicalInsert& op, duckdb::optional_ptr<duckdb::PhysicalOperator> plan) {
  return icefall::PlanInsert(*this, context, planner, op, plan);
}

duckdb::PhysicalOperator& IcefallCatalog::PlanCreateTableAs(duckdb::ClientContext& context,
                                                            duckdb::PhysicalPlanGenerator& planner,
                                                            duckdb::LogicalCreateTable& op,
                                                            duckdb::PhysicalOperator& plan) {
  return icefall::PlanCreateTableAs(*this, context, planner, op, plan);
}

duckdb::PhysicalOperator& IcefallCatalog::PlanDelete(duckdb::ClientContext& context,
                                                     duckdb::PhysicalPlanGenerator& planner,
                                                     duckdb::LogicalDelete& op,
                                                     duckdb::PhysicalOperator& plan) {
  return icefall::PlanDelete(*this, context, planner, op, plan);
}

duckdb::PhysicalOperator& IcefallCatalog::PlanUpdate(duckdb::ClientContext& context,
                                                     duckdb::PhysicalPlanGenerator& planner,
                                                     duckdb::LogicalUpdate& op,
                                                     duckdb::PhysicalOperator& plan) {
  return icefall::PlanUpdate(*this, context, planner, op, plan);
}

duckdb::PhysicalOperator& IcefallCatalog::PlanMergeInto(duckdb::ClientContext& context,
                                                        duckdb::PhysicalPlanGenerator& planner,
                                                        duckdb::LogicalMergeInto& op,
                                                        duckdb::PhysicalOperator& plan) {
  return icefall::PlanMergeInto(*this, context, planner, op, plan);
}

duckdb::unique_ptr<duckdb::LogicalOperator> IcefallCatalog::BindCreateIndex(
    duckdb::Binder&, duckdb::CreateStatement& statement, duckdb::TableCatalogEntry& table,
    duckdb::unique_ptr<duckdb::LogicalOperator>) {
  return icefall::BindCreateIndex(statement.info->Cast<duckdb::CreateIndexInfo>(),
                                  table.Cast<IcefallTableEntry>());
}

duckdb::unique_ptr<duckdb::LogicalOperator> IcefallCatalog::BindAlterAddIndex(
    duckdb::Binder&, duckdb::TableCatalogEntry& table, duckdb::unique_ptr<duckdb::LogicalOperator>,
    duckdb::unique_ptr<duckdb::CreateIndexInfo> create,
    duckdb::unique_ptr<duckdb::AlterTableInfo> alter) {
  return BindAddKey(std::move(create), std::move(alter), table.Cast<IcefallTableEntry>());
}

duckdb::DatabaseSize IcefallCatalog::GetDatabaseSize(duckdb::ClientContext& context) {
  auto& transaction = IcefallTransaction::Get(context, *this);
  duckdb::DatabaseSize size;
  for (const auto& object : transaction.Names()->Tables()) {
    const auto table = transaction.engine().Table(object->uuid);
    if (!table && IsDamage(table.error().code())) continue;
    Unwrap(table)->fragments.ForEach(
        [&](const FragmentPointer& fragment) { size.bytes += fragment->size_bytes; });
  }
  return size;
}

bool IcefallCatalog::InMemory() { return false; }

duckdb::string IcefallCatalog::GetDBPath() { return database_->location(); }

bool IcefallCatalog::SupportsTimeTravel() const { return true; }

void IcefallCatalog::DropSchema(duckdb::ClientContext& context, duckdb::DropInfo& info) {
  DropSchemaEntry(IcefallTransaction::Get(context, *this), info);
}

}  // namespace icefall
