#include "sql/settings.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "duckdb/main/config.hpp"

namespace icefall {
namespace {

struct NameHash {
  using is_transparent = void;
  size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
};

// Where the database of this thread's last statement has its settings: a name keeps its place for
// as long as there is the database.
struct Places {
  std::optional<duckdb::hugeint_t> database;
  std::unordered_map<std::string, duckdb::idx_t, NameHash, std::equal_to<>> by_name;
};

}  // namespace

bool FindSetting(duckdb::ClientContext& context, const char* name, duckdb::Value& value) {
  static thread_local Places places;
  const auto& config = duckdb::DBConfig::GetConfig(context);
  const auto database = config.user_settings.GetUUID();
  if (places.database != database) places = {database, {}};
  auto place = places.by_name.find(std::string_view(name));
  if (place == places.by_name.end()) {
    duckdb::optional_ptr<const duckdb::ConfigurationOption> of_duckdb;
    const auto found = config.TryGetSettingIndex(name, of_duckdb);
    if (!found.IsValid()) return false;
    place = places.by_name.emplace(name, found.GetIndex()).first;
  }
  return static_cast<bool>(context.TryGetCurrentUserSetting(place->second, value));
}

uint64_t NumberSetting(duckdb::ClientContext& context, const char* name, uint64_t otherwise) {
  duckdb::Value value;
  if (!FindSetting(context, name, value) || value.IsNull()) return otherwise;
  return value.GetValue<uint64_t>();
}

bool IsSettingOn(duckdb::ClientContext& context, const char* name) {
  duckdb::Value value;
  return !FindSetting(context, name, value) || value.GetValue<bool>();
}

}  // namespace icefall
