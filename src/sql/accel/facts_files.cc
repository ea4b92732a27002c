#include "sql/accel/facts_files.h"

#include <utility>

#include "duckdb/main/config.hpp"
#include <fmt/format.h>

#include "accel/cache_folders.h"
#include "sql/settings.h"

namespace icefall {
namespace {

constexpr std::string_view kSuffix = ".facts";
constexpr const char* kRowsMin = "icefall_facts_rows_min";
constexpr const char* kMebibytes = "icefall_facts_mib";
// Smaller files are quickly read.
constexpr uint64_t kRowsMinDefault = 16'384;
constexpr uint64_t kMebibytesDefault = 1'024;
// Each is a mapping, of which there are not endlessly many.
constexpr size_t kOpenedCountMax = 4'096;

// The name of a data file has a UUID, and is the only one in the database.
std::string NameOf(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);
  return fmt::format("{}{}", path.substr(0, path.rfind('.')), kSuffix);
}

FactsIdentity IdentityOf(const std::string& table_uuid, const Fragment& fragment) {
  return {table_uuid, fragment.path, fragment.sha256};
}

}  // namespace

void RegisterFactsSettings(duckdb::DatabaseInstance& db) {
  auto& config = duckdb::DBConfig::GetConfig(db);
  config.AddExtensionOption(kRowsMin,
                            "of data files of at least so many rows extremes and NULLs are noted",
                            duckdb::LogicalType::UBIGINT, duckdb::Value::UBIGINT(kRowsMinDefault));
  config.AddExtensionOption(kMebibytes, "disk for these notes, for each database",
                            duckdb::LogicalType::UBIGINT,
                            duckdb::Value::UBIGINT(kMebibytesDefault));
}

uint64_t FactsRowsMin(duckdb::ClientContext& context) {
  return NumberSetting(context, kRowsMin, kRowsMinDefault);
}

uint64_t FactsBudgetBytes(duckdb::ClientContext& context) {
  return NumberSetting(context, kMebibytes, kMebibytesDefault) << 20;
}

std::optional<FactsDamage> FindFactsDamage(ObjectStore& store, const FactsIdentity& identity,
                                           bool reads_all) {
  const ObjectKey key = fmt::format("{}/{}", kFactsFolder, NameOf(identity.path));
  if (!store.Stat(key)) return std::nullopt;
  const auto path = store.ExternalPath(key);
  if (!path) return std::nullopt;
  const auto file = FactsFile::Open(*path, identity);
  if (file == nullptr) {
    if (!store.Stat(key)) return std::nullopt;
    return FactsDamage{key, "its head is damaged, or is that of another data file"};
  }
  const auto damage = file->FindDamage(reads_all);
  return damage ? std::optional(FactsDamage{key, *damage}) : std::nullopt;
}

FactsFiles::FactsFiles(ObjectStore& store) : files_(store, kFactsFolder) {}

std::shared_ptr<const FactsFile> FactsFiles::Get(const std::string& table_uuid,
                                                 const Fragment& fragment) {
  if (!enabled()) return nullptr;
  const std::lock_guard lock(mutex_);
  auto known = opened_.find(fragment.path);
  if (known == opened_.end()) {
    if (opened_.size() >= kOpenedCountMax) opened_.clear();
    auto file =
        FactsFile::Open(files_.PathOf(NameOf(fragment.path)), IdentityOf(table_uuid, fragment));
    known = opened_.emplace(fragment.path, std::move(file)).first;
  }
  if (known->second != nullptr) ++hits_;
  return known->second;
}

void FactsFiles::Save(const std::string& table_uuid, const Fragment& fragment,
                      const std::vector<FactsOfColumn>& columns, uint64_t budget_bytes) {
  files_.Save(NameOf(fragment.path), EncodeFactsFile(IdentityOf(table_uuid, fragment), columns),
              budget_bytes);
}

void FactsFiles::Remove(std::string_view path) { files_.Remove(NameOf(path)); }

}  // namespace icefall
