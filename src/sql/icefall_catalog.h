// An attached database as a DuckDB catalog.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "duckdb/catalog/catalog.hpp"

#include "accel/result_cache.h"
#include "database/catalog_snapshot.h"
#include "database/database.h"
#include "sql/accel/bound_holders.h"
#include "sql/accel/deleted_nulls.h"
#include "sql/accel/file_column_cache.h"
#include "sql/accel/group_sample.h"
#include "sql/ddl/sequence_values.h"
#include "sql/entry_cache.h"
#include "sql/index/fragment_index.h"
#include "sql/index/fragment_ranges.h"
#include "sql/index/inline_keys.h"
#include "sql/replica/open_replicas.h"
#include "sql/scan/column_blocks.h"
#include "sql/scan/inline_block.h"
#include "sql/scan/table_folders.h"
#include "sql/store/store_mounts.h"

namespace icefall {

class ColumnBoundsCache;
class FactsFiles;
class MergedStatisticsCache;
class PartialStates;
class WholeColumnCache;

using ObjectNames = std::set<ObjectName, ObjectNameLess>;

struct AttachSettings {
  std::string location;
  // Statements that insert at most this many rows put them into the commit line; 0: none do.
  uint64_t inline_row_limit = 100;
  // Data files get at most this many rows; 0: as many as their size allows.
  uint64_t fragment_row_limit = 0;
  // Time travel of the whole database, names included; read-only.
  std::optional<PointInTime> past;
  // The only tables and views there are, with what these views read; empty: all.
  ObjectNames tables;
  // Answers of statements are kept, see accel/result_cache.h.
  bool result_cache = true;
};

// Thread-safe.
class IcefallCatalog : public duckdb::Catalog {
 public:
  IcefallCatalog(duckdb::AttachedDatabase& db, std::shared_ptr<Database> database,
                 AttachSettings settings, std::shared_ptr<StoreMounts> mounts);
  ~IcefallCatalog() override;

  Database& database() { return *database_; }
  const AttachSettings& settings() const { return settings_; }
  StoreMounts& mounts() { return *mounts_; }
  EntryCache& entries() { return entries_; }
  InlineBlockCache& inline_blocks() { return inline_blocks_; }
  InlineKeyCache& inline_keys() { return inline_keys_; }
  IndexFileCache& index_files() { return index_files_; }
  FragmentRangesCache& fragment_ranges() { return fragment_ranges_; }
  TableFolders& table_folders() { return table_folders_; }
  ColumnBlockCache& column_blocks() { return column_blocks_; }
  FileColumnCache<BoundHoldersPointer>& bound_holders() { return bound_holders_; }
  FileColumnCache<DeletedNulls>& deleted_nulls() { return deleted_nulls_; }
  FactsFiles& facts_files() { return *facts_files_; }
  PartialStates& partial_states() { return *partial_states_; }
  GroupSamples& group_samples() { return group_samples_; }
  ColumnBoundsCache& column_bounds() { return *column_bounds_; }
  MergedStatisticsCache& merged_statistics() { return *merged_statistics_; }
  WholeColumnCache& whole_columns() { return *whole_columns_; }
  SequenceValues& sequences() { return sequences_; }
  OpenReplicas& open_replicas() { return open_replicas_; }
  // May be held for longer than the database is attached.
  const std::shared_ptr<ResultCache>& results() const { return results_; }

  void Initialize(bool load_builtin) override;
  duckdb::string GetCatalogType() override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateSchema(duckdb::CatalogTransaction transaction,
                                                          duckdb::CreateSchemaInfo& info) override;
  void ScanSchemas(duckdb::ClientContext& context,
                   std::function<void(duckdb::SchemaCatalogEntry&)> callback) override;
  duckdb::optional_ptr<duckdb::SchemaCatalogEntry> LookupSchema(
      duckdb::CatalogTransaction transaction, const duckdb::EntryLookupInfo& lookup,
      duckdb::OnEntryNotFound if_not_found) override;
  duckdb::ErrorData SupportsCreateTable(duckdb::BoundCreateTableInfo& info) override;

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
  duckdb::PhysicalOperator& PlanUpdate(duckdb::ClientContext& context,
                                       duckdb::PhysicalPlanGenerator& planner,
                                       duckdb::LogicalUpdate& op,
                                       duckdb::PhysicalOperator& plan) override;
  duckdb::PhysicalOperator& PlanMergeInto(duckdb::ClientContext& context,
                                          duckdb::PhysicalPlanGenerator& planner,
                                          duckdb::LogicalMergeInto& op,
                                          duckdb::PhysicalOperator& plan) override;

  duckdb::unique_ptr<duckdb::LogicalOperator> BindCreateIndex(
      duckdb::Binder& binder, duckdb::CreateStatement& statement, duckdb::TableCatalogEntry& table,
      duckdb::unique_ptr<duckdb::LogicalOperator> plan) override;

  duckdb::unique_ptr<duckdb::LogicalOperator> BindAlterAddIndex(
      duckdb::Binder& binder, duckdb::TableCatalogEntry& table,
      duckdb::unique_ptr<duckdb::LogicalOperator> plan,
      duckdb::unique_ptr<duckdb::CreateIndexInfo> create,
      duckdb::unique_ptr<duckdb::AlterTableInfo> alter) override;

  duckdb::DatabaseSize GetDatabaseSize(duckdb::ClientContext& context) override;
  bool InMemory() override;
  duckdb::string GetDBPath() override;
  bool SupportsTimeTravel() const override;

 private:
  void DropSchema(duckdb::ClientContext& context, duckdb::DropInfo& info) override;

  const std::shared_ptr<Database> database_;
  const AttachSettings settings_;
  const std::shared_ptr<StoreMounts> mounts_;
  const std::shared_ptr<ResultCache> results_;
  EntryCache entries_;
  InlineBlockCache inline_blocks_;
  InlineKeyCache inline_keys_;
  IndexFileCache index_files_;
  FragmentRangesCache fragment_ranges_;
  TableFolders table_folders_;
  ColumnBlockCache column_blocks_;
  FileColumnCache<BoundHoldersPointer> bound_holders_;
  FileColumnCache<DeletedNulls> deleted_nulls_;
  const std::unique_ptr<FactsFiles> facts_files_;
  const std::unique_ptr<PartialStates> partial_states_;
  GroupSamples group_samples_;
  const std::unique_ptr<ColumnBoundsCache> column_bounds_;
  const std::unique_ptr<MergedStatisticsCache> merged_statistics_;
  const std::unique_ptr<WholeColumnCache> whole_columns_;
  SequenceValues sequences_{*this};
  OpenReplicas open_replicas_;
};

}  // namespace icefall
