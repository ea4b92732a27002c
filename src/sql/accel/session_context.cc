#include "sql/accel/session_context.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>

#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/client_config.hpp"
#include "duckdb/main/client_data.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/main/database_manager.hpp"
#include <fmt/format.h>

#include "base/hash.h"
#include "sql/icefall_catalog.h"

namespace icefall {
namespace {

// How the names begin of settings that decide how, where and with what an answer is computed, but
// not what it is.
constexpr std::array<std::string_view, 72> kIrrelevant = {"allocator_",
                                                          "allow_",
                                                          "arrow_",
                                                          "asof_",
                                                          "auto_checkpoint",
                                                          "autoinstall_",
                                                          "autoload_",
                                                          "block_",
                                                          "catalog_error",
                                                          "checkpoint_",
                                                          "custom_",
                                                          "debug_",
                                                          "default_block",
                                                          "default_secret",
                                                          "disable_database_inval",
                                                          "disable_parquet_pre",
                                                          "disabled_comp",
                                                          "disabled_log",
                                                          "duckdb_api",
                                                          "dynamic_or_",
                                                          "enable_external_file",
                                                          "enable_fsst",
                                                          "enable_geoparquet",
                                                          "enable_http",
                                                          "enable_logging",
                                                          "enable_object",
                                                          "enable_profiling",
                                                          "enable_progress_bar",
                                                          "enabled_log",
                                                          "experimental_",
                                                          "extension_",
                                                          "external_",
                                                          "force_",
                                                          "home_",
                                                          "http_",
                                                          "icefall_",
                                                          "immediate_",
                                                          "index_scan",
                                                          "late_mat",
                                                          "log",
                                                          "max_memory",
                                                          "max_temp",
                                                          "max_vacuum",
                                                          "memory_limit",
                                                          "merge_join",
                                                          "nested_loop",
                                                          "ordered_agg",
                                                          "pandas_",
                                                          "parquet_metadata",
                                                          "partitioned_write",
                                                          "password",
                                                          "perfect_ht",
                                                          "pin_threads",
                                                          "prefer_range",
                                                          "prefetch_",
                                                          "produce_arrow",
                                                          "profil",
                                                          "progress_bar",
                                                          "python_",
                                                          "scheduler_",
                                                          "secret_",
                                                          "storage_",
                                                          "streaming_",
                                                          "temp_",
                                                          "threads",
                                                          "user",
                                                          "vacuum_",
                                                          "validate_external",
                                                          "wal_",
                                                          "worker_",
                                                          "write_",
                                                          "zstd_"};

bool IsRelevant(std::string_view name) {
  return std::ranges::none_of(kIrrelevant,
                              [&](std::string_view prefix) { return name.starts_with(prefix); });
}

void AddSetting(duckdb::ClientContext& context, const std::string& name, std::string& text) {
  duckdb::Value value;
  if (!IsRelevant(name) || !context.TryGetCurrentSetting(name, value)) return;
  text += fmt::format("{}={}\n", name, value.ToString());
}

std::string SettingsText(duckdb::ClientContext& context) {
  std::string text;
  for (duckdb::idx_t i = 0; i < duckdb::DBConfig::GetOptionCount(); ++i) {
    AddSetting(context, duckdb::DBConfig::GetOptionByIndex(i)->name, text);
  }
  std::map<std::string, std::string> sorted;
  for (const auto& [name, option] : duckdb::DBConfig::GetConfig(context).GetExtensionSettings()) {
    AddSetting(context, name, sorted[name]);
  }
  for (const auto& [name, setting] : sorted) text += setting;
  sorted.clear();
  for (const auto& [name, value] : duckdb::ClientConfig::GetConfig(context).user_variables) {
    sorted[name] = fmt::format("${}={}:{}\n", name, value.type().ToString(), value.ToString());
  }
  for (const auto& [name, variable] : sorted) text += variable;
  return text;
}

// What names can lead to, and in which order.
std::string NamesText(duckdb::ClientContext& context, duckdb::Catalog& catalog) {
  std::string text = fmt::format("database {}\n", catalog.GetName());
  for (const auto& entry : duckdb::ClientData::Get(context).catalog_search_path->Get()) {
    text += fmt::format("path {}.{}\n", entry.catalog, entry.schema);
  }
  std::set<std::string> names;
  for (const auto& database : duckdb::DatabaseManager::Get(context).GetDatabases(context)) {
    names.insert(database->GetName());
  }
  for (const auto& name : names) text += fmt::format("attached {}\n", name);
  return text;
}

bool HasObjects(duckdb::ClientContext& context, duckdb::Catalog& catalog,
                std::initializer_list<duckdb::CatalogType> types) {
  bool found = false;
  catalog.ScanSchemas(context, [&](duckdb::SchemaCatalogEntry& schema) {
    for (const auto type : types) {
      schema.Scan(context, type, [&](duckdb::CatalogEntry& entry) { found |= !entry.internal; });
    }
  });
  return found;
}

// Macros of other databases, whose text no state of this one includes.
bool HasOutsideMacros(duckdb::ClientContext& context) {
  for (const auto& database : duckdb::DatabaseManager::Get(context).GetDatabases(context)) {
    auto& catalog = database->GetCatalog();
    if (database->IsSystem() || !catalog.IsDuckCatalog()) continue;
    if (HasObjects(context, catalog,
                   {duckdb::CatalogType::MACRO_ENTRY, duckdb::CatalogType::TABLE_MACRO_ENTRY})) {
      return true;
    }
  }
  return false;
}

}  // namespace

SessionContext DescribeSession(duckdb::ClientContext& context, IcefallCatalog& catalog) {
  auto& temporary = duckdb::ClientData::Get(context).temporary_objects->GetCatalog();
  if (HasObjects(context, temporary,
                 {duckdb::CatalogType::TABLE_ENTRY, duckdb::CatalogType::TYPE_ENTRY,
                  duckdb::CatalogType::MACRO_ENTRY, duckdb::CatalogType::TABLE_MACRO_ENTRY})) {
    return {"", "the session has temporary objects"};
  }
  if (HasOutsideMacros(context)) return {"", "there are macros in other databases"};
  const auto& settings = catalog.settings();
  std::string text = SettingsText(context) + NamesText(context, catalog);
  if (settings.past) text += fmt::format("snapshot {}\n", settings.past->sequence.value);
  for (const auto& name : settings.tables) {
    text += fmt::format("visible {}.{}\n", name.schema, name.name);
  }
  return {Sha256Hex(text), ""};
}

}  // namespace icefall
