#include "sql/icedb/icedb_catalog.h"

#include <utility>

#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/storage/database_size.hpp"

#include "icedb/table_options.h"
#include "sql/errors.h"
#include "sql/icedb/icedb_entries.h"
#include "sql/icedb/icedb_transaction.h"
#include "sql/icedb/icedb_writes.h"

namespace icefall {
namespace {

// What the table says of itself comes first, so that settings can say otherwise.
IcedbWriting WritingOf(const IcedbAttachSettings& settings, const icedb::TableOptions& options) {
  IcedbWriting writing{{}, settings.write};
  const std::string rule = settings.partition_by.value_or(options.partition_by);
  if (!rule.empty()) writing.partition_rule = Unwrap(icedb::ParsePartitionRule(rule));
  if (writing.options.sort_order.empty()) writing.options.sort_order = options.sort_order;
  if (writing.options.codec.empty()) writing.options.codec = options.codec;
  if (writing.options.codec.empty()) writing.options.codec = IcedbWriteOptions().codec;
  return writing;
}

}  // namespace

IcedbCatalog::IcedbCatalog(duckdb::AttachedDatabase& attached, OpenIcedbTablePointer table,
                           IcedbAttachSettings settings)
    : Catalog(attached),
      open_(std::move(table)),
      settings_(std::move(settings)),
      schema_(duckdb::make_uniq<IcedbSchemaEntry>(*this)) {}

IcedbCatalog::~IcedbCatalog() = default;

IcedbWritingPointer IcedbCatalog::Writing() {
  const std::lock_guard lock(mutex_);
  const uint64_t version = open_->options_version.load();
  if (writing_ == nullptr || version != options_version_) {
    const auto& place = open_->table.place();
    writing_ = std::make_shared<const IcedbWriting>(
        WritingOf(settings_, Unwrap(icedb::ReadTableOptions(*place.log, place.log_prefix))));
    options_version_ = version;
  }
  return writing_;
}

void IcedbCatalog::Initialize(bool) {}

duckdb::string IcedbCatalog::GetCatalogType() { return "icedb"; }

duckdb::optional_ptr<duckdb::CatalogEntry> IcedbCatalog::CreateSchema(
    duckdb::CatalogTransaction, duckdb::CreateSchemaInfo& info) {
  if (duckdb::StringUtil::CIEquals(info.schema, DEFAULT_SCHEMA) &&
      info.on_conflict == duckdb::OnCreateConflict::IGNORE_ON_CONFLICT) {
    return nullptr;
  }
  throw duckdb::NotImplementedException(
      "\"%s\" is one icedb table, which has no schema beside main; attach another location",
      GetName());
}

void IcedbCatalog::ScanSchemas(duckdb::ClientContext&,
                               std::function<void(duckdb::SchemaCatalogEntry&)> callback) {
  callback(*schema_);
}

duckdb::optional_ptr<duckdb::SchemaCatalogEntry> IcedbCatalog::LookupSchema(
    duckdb::CatalogTransaction, const duckdb::EntryLookupInfo& lookup,
    duckdb::OnEntryNotFound if_not_found) {
  if (duckdb::StringUtil::CIEquals(lookup.GetEntryName(), DEFAULT_SCHEMA)) return *schema_;
  if (if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return nullptr;
  throw duckdb::CatalogException(lookup.GetErrorContext(),
                                 "Schema with name \"%s\" not found in database \"%s\"",
                                 lookup.GetEntryName(), GetName());
}

duckdb::PhysicalOperator& IcedbCatalog::PlanInsert(
    duckdb::ClientContext&, duckdb::PhysicalPlanGenerator& planner, duckdb::LogicalInsert& op,
    duckdb::optional_ptr<duckdb::PhysicalOperator> plan) {
  return PlanIcedbInsert(*this, planner, op, plan);
}

duckdb::PhysicalOperator& IcedbCatalog::PlanCreateTableAs(duckdb::ClientContext&,
                                                          duckdb::PhysicalPlanGenerator& planner,
                                                          duckdb::LogicalCreateTable& op,
                                                          duckdb::PhysicalOperator& plan) {
  return PlanIcedbCreateTableAs(*this, planner, op, plan);
}

duckdb::PhysicalOperator& IcedbCatalog::PlanDelete(duckdb::ClientContext&,
                                                   duckdb::PhysicalPlanGenerator& planner,
                                                   duckdb::LogicalDelete& op,
                                                   duckdb::PhysicalOperator& plan) {
  return PlanIcedbDelete(*this, planner, op, plan);
}

duckdb::PhysicalOperator& IcedbCatalog::PlanUpdate(duckdb::ClientContext&,
                                                   duckdb::PhysicalPlanGenerator& planner,
                                                   duckdb::LogicalUpdate& op,
                                                   duckdb::PhysicalOperator& plan) {
  return PlanIcedbUpdate(*this, planner, op, plan);
}

duckdb::PhysicalOperator& IcedbCatalog::PlanMergeInto(duckdb::ClientContext& context,
                                                      duckdb::PhysicalPlanGenerator& planner,
                                                      duckdb::LogicalMergeInto& op,
                                                      duckdb::PhysicalOperator& plan) {
  return PlanIcedbMerge(*this, context, planner, op, plan);
}

duckdb::unique_ptr<duckdb::LogicalOperator> IcedbCatalog::BindCreateIndex(
    duckdb::Binder&, duckdb::CreateStatement&, duckdb::TableCatalogEntry& table,
    duckdb::unique_ptr<duckdb::LogicalOperator>) {
  throw duckdb::NotImplementedException("icedb table \"%s\" stores no indexes", table.name);
}

duckdb::DatabaseSize IcedbCatalog::GetDatabaseSize(duckdb::ClientContext& context) {
  duckdb::DatabaseSize size;
  const auto table = IcedbTransaction::Get(context, *this).Table(context);
  if (table == nullptr) return size;
  for (const auto& file : table->view().files) size.bytes += file.marker.size_bytes;
  return size;
}

bool IcedbCatalog::InMemory() { return false; }

duckdb::string IcedbCatalog::GetDBPath() { return settings_.location.location; }

bool IcedbCatalog::SupportsTimeTravel() const { return true; }

void IcedbCatalog::DropSchema(duckdb::ClientContext&, duckdb::DropInfo& info) {
  throw duckdb::NotImplementedException("schema \"%s\" of an icedb table cannot be dropped",
                                        info.name);
}

}  // namespace icefall
