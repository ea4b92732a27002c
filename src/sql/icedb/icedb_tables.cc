#include "sql/icedb/icedb_tables.h"

#include <utility>

#include "base/clock.h"
#include "sql/errors.h"

namespace icefall {
namespace {

std::string NameOf(const icedb::TableLocation& location) {
  std::string name = location.location;
  if (name.starts_with("s3://")) name = name.substr(0, name.find('?'));
  if (!location.prefix.empty()) name += (name.ends_with('/') ? "" : "/") + location.prefix;
  return name;
}

}  // namespace

std::optional<RequestCounts> OpenIcedbTable::requests() const {
  const auto& place = table.place();
  const auto data = place.data->requests();
  if (place.log == place.data) return data;
  const auto log = place.log->requests();
  if (!data || !log) return data ? data : log;
  return RequestCounts{data->reads + log->reads, data->lists + log->lists,
                       data->writes + log->writes};
}

void OpenIcedbTable::ReadSmallFiles(const std::vector<icedb::FileMarker>& files) const {
  if (!is_remote()) return;
  std::vector<std::string> paths;
  uint64_t size_bytes = 0;
  for (const auto& file : files) {
    if (file.size_bytes > SmallFiles::kFileSizeMax) continue;
    size_bytes += file.size_bytes;
    if (size_bytes > SmallFiles::kKeptBytesMax) break;
    paths.push_back(PathOf(file.path));
  }
  if (!paths.empty()) (void)mounts->ReadSmall(paths.front(), paths);
}

Result<OpenIcedbTablePointer> IcedbTables::Open(const icedb::TableLocation& location) {
  const std::string name = location.location + '\n' + location.prefix + '\n' +
                           location.log_location + '\n' + location.log_prefix;
  const std::lock_guard lock(mutex_);
  if (const auto found = tables_.find(name); found != tables_.end()) return found->second;
  ICEFALL_ASSIGN_OR_RETURN(auto place, icedb::OpenPlace(location));
  std::weak_ptr<ObjectStore> store = place.data;
  auto table = std::make_shared<OpenIcedbTable>(std::move(place), SystemClock());
  table->name = NameOf(location);
  table->path_prefix = mounts_->NewPrefix();
  table->mounts = mounts_;
  mounts_->Add(table->path_prefix, std::move(store));
  tables_.emplace(name, table);
  return table;
}

std::vector<OpenIcedbTablePointer> IcedbTables::All() const {
  std::vector<OpenIcedbTablePointer> all;
  const std::lock_guard lock(mutex_);
  for (const auto& [location, table] : tables_) all.push_back(table);
  return all;
}

std::string TextArgument(const duckdb::named_parameter_map_t& named, const std::string& name,
                         const std::string& otherwise) {
  const auto found = named.find(name);
  return found == named.end() || found->second.IsNull() ? otherwise : found->second.ToString();
}

int64_t NumberArgument(const duckdb::named_parameter_map_t& named, const std::string& name,
                       int64_t otherwise) {
  const auto found = named.find(name);
  return found == named.end() || found->second.IsNull() ? otherwise
                                                        : found->second.GetValue<int64_t>();
}

OpenIcedbTablePointer OpenIcedbArgument(duckdb::TableFunctionBindInput& input) {
  const auto& named = input.named_parameters;
  if (input.inputs[0].IsNull()) {
    throw duckdb::InvalidInputException("the location of an icedb table is NULL");
  }
  return Unwrap(
      input.info->Cast<IcedbTables>().Open({.location = input.inputs[0].ToString(),
                                            .prefix = TextArgument(named, "prefix"),
                                            .log_location = TextArgument(named, "log_location"),
                                            .log_prefix = TextArgument(named, "log_prefix")}));
}

void AddLocationParameters(duckdb::TableFunction& function) {
  for (const char* name : {"prefix", "log_location", "log_prefix"}) {
    function.named_parameters[name] = duckdb::LogicalType::VARCHAR;
  }
}

}  // namespace icefall
