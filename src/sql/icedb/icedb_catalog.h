// An icedb table that was attached, as a DuckDB catalog of one schema with one table.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "duckdb/catalog/catalog.hpp"

#include "icedb/partition_rule.h"
#include "sql/icedb/file_writer.h"
#include "sql/icedb/icedb_tables.h"

namespace icefall {

class IcedbSchemaEntry;

struct IcedbAttachSettings {
  icedb::TableLocation location;
  std::string table;  // its name in SQL
  // Where these, the sort order or the codec are left out, the table's own options hold.
  std::optional<std::string> partition_by;
  IcedbWriteOptions write;
  std::optional<int64_t> at_ms;  // time travel of the whole table; read-only
};

// How rows are written by the settings of ATTACH and the table's options.
struct IcedbWriting {
  icedb::PartitionRule partition_rule;
  IcedbWriteOptions options;
};
using IcedbWritingPointer = std::shared_ptr<const IcedbWriting>;

// Thread-safe.
class IcedbCatalog : public duckdb::Catalog {
 public:
  IcedbCatalog(duckdb::AttachedDatabase& db, OpenIcedbTablePointer open,
               IcedbAttachSettings settings);
  ~IcedbCatalog() override;

  OpenIcedbTable& open() { return *open_; }
  const OpenIcedbTablePointer& shared_open() { return open_; }
  const IcedbAttachSettings& settings() const { return settings_; }
  // For a transaction that begins: the table's options are read again when this process has set
  // some. Throws.
  IcedbWritingPointer Writing();
  IcedbSchemaEntry& main_schema() { return *schema_; }

  void Initialize(bool load_builtin) override;
  duckdb::string GetCatalogType() override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateSchema(duckdb::CatalogTransaction transaction,
                                                          duckdb::CreateSchemaInfo& info) override;
  void ScanSchemas(duckdb::ClientContext& context,
                   std::function<void(duckdb::SchemaCatalogEntry&)> callback) override;
  duckdb::optional_ptr<duckdb::SchemaCatalogEntry> LookupSchema(
      duckdb::CatalogTransaction transaction, const duckdb::EntryLookupInfo& lookup,
      duckdb::OnEntryNotFound if_not_found) override;

  duckdb::PhysicalOperator& PlanInsert(
      duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
      duckdb::LogicalInsert& op, duckdb::optional_ptr<duckdb::PhysicalOperator> plan) override;
  duckdb::PhysicalOperator& PlanCreateTableAs(duckdb::ClientContext& context,
                                              duckdb::PhysicalPlanGenerator& planner,
                                              duckdb::LogicalCreateTable& op,
                                              duckdb::PhysicalOperator& plan) override;
  duckdb::PhysicalOperator& PlanDelete(duckdb::ClientContext& context,
                                       duckdb::PhysicalPlanGenerator& planner,
                                       duckdb::LogicalDelete& op,
                                       duckdb::PhysicalOperator& plan) override;
  duckdb::PhysicalOperator& PlanMergeInto(duckdb::ClientContext& context,
                                          duckdb::PhysicalPlanGenerator& planner,
                                          duckdb::LogicalMergeInto& op,
                                          duckdb::PhysicalOperator& plan) override;
  duckdb::PhysicalOperator& PlanUpdate(duckdb::ClientContext& context,
                                       duckdb::PhysicalPlanGenerator& planner,
                                       duckdb::LogicalUpdate& op,
                                       duckdb::PhysicalOperator& plan) override;

  duckdb::unique_ptr<duckdb::LogicalOperator> BindCreateIndex(
      duckdb::Binder& binder, duckdb::CreateStatement& statement, duckdb::TableCatalogEntry& table,
      duckdb::unique_ptr<duckdb::LogicalOperator> plan) override;

  duckdb::DatabaseSize GetDatabaseSize(duckdb::ClientContext& context) override;
  bool InMemory() override;
  duckdb::string GetDBPath() override;
  bool SupportsTimeTravel() const override;

 private:
  void DropSchema(duckdb::ClientContext& context, duckdb::DropInfo& info) override;

  const OpenIcedbTablePointer open_;
  const IcedbAttachSettings settings_;
  duckdb::unique_ptr<IcedbSchemaEntry> schema_;
  std::mutex mutex_;             // guards what follows
  IcedbWritingPointer writing_;  // null: not read yet
  uint64_t options_version_ = 0;
};

}  // namespace icefall
