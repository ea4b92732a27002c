#include "sql/damaged_table_entry.h"

#include <utility>

#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"
#include "duckdb/storage/table_storage_info.hpp"
#include <fmt/format.h>

#include "maintenance/doctor.h"
#include "sql/errors.h"
#include "sql/icefall_schema_entry.h"

namespace icefall {
namespace {

duckdb::unique_ptr<duckdb::CreateTableInfo> InfoOf(const IcefallSchemaEntry& schema,
                                                   const CatalogObject& object) {
  auto info = duckdb::make_uniq<duckdb::CreateTableInfo>();
  info->catalog = schema.ParentCatalog().GetName();
  info->schema = schema.name;
  info->table = object.name.name;
  if (!object.comment.empty()) info->comment = duckdb::Value(object.comment);
  return info;
}

}  // namespace

void ThrowUnreadable(const Error& error) {
  if (error.code() != ErrorCode::kCorruption) ThrowError(error);
  const auto diagnosis = DiagnoseFinding({Severity::kError, "LogDamaged", error.message()});
  ThrowError(Error(error.code(), fmt::format("{}. {} (doctor says more). Other tables are whole",
                                             error.message(), diagnosis.explanation)));
}

DamagedTableEntry::DamagedTableEntry(SchemaEntryPointer schema_entry, const CatalogObject& object,
                                     Error error)
    : TableCatalogEntry(schema_entry->ParentCatalog(), *schema_entry,
                        *InfoOf(*schema_entry, object)),
      schema_entry_(std::move(schema_entry)),
      error_(std::move(error)) {}

DamagedTableEntry::~DamagedTableEntry() = default;

duckdb::unique_ptr<duckdb::BaseStatistics> DamagedTableEntry::GetStatistics(duckdb::ClientContext&,
                                                                            duckdb::column_t) {
  return nullptr;
}

duckdb::TableFunction DamagedTableEntry::GetScanFunction(
    duckdb::ClientContext&, duckdb::unique_ptr<duckdb::FunctionData>&) {
  ThrowUnreadable(error_);
}

duckdb::TableStorageInfo DamagedTableEntry::GetStorageInfo(duckdb::ClientContext&) { return {}; }

}  // namespace icefall
