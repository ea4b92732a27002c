#include "icedb/table_options.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "icedb/names.h"
#include "icedb/partition_rule.h"

namespace icefall::icedb {
namespace {

std::string OptionsKey(std::string_view log_prefix) {
  return MaintenanceFolder(log_prefix) + "options.json";
}

Result<void> CheckRule(const std::string& rule) {
  if (rule.empty()) return {};
  ICEFALL_RETURN_IF_ERROR(ParsePartitionRule(rule));
  return {};
}

}  // namespace

Result<TableOptions> ReadTableOptions(ObjectStore& store, std::string_view log_prefix) {
  const std::string key = OptionsKey(log_prefix);
  const auto bytes = store.ReadToEnd(key, 0);
  if (!bytes.has_value()) {
    if (bytes.error().code() == ErrorCode::kNotFound) return TableOptions{};
    return Fail(bytes.error());
  }
  const auto json = nlohmann::json::parse(*bytes, nullptr, false);
  TableOptions options;
  const auto read = [&json](const char* name, std::string& value) {
    if (!json.contains(name)) return true;
    if (!json[name].is_string()) return false;
    value = json[name].get<std::string>();
    return true;
  };
  const auto read_count = [&json](const char* name, uint64_t& value) {
    if (!json.contains(name)) return true;
    if (!json[name].is_number_unsigned()) return false;
    value = json[name].get<uint64_t>();
    return true;
  };
  const bool is_valid = json.is_object() && read("partition_by", options.partition_by) &&
                        read("sort_order", options.sort_order) && read("codec", options.codec) &&
                        read_count("merge_logs_after", options.merge_logs_after) &&
                        CheckRule(options.partition_by).has_value();
  if (is_valid) return options;
  return Fail(ErrorCode::kCorruption,
              fmt::format("{}: expected an object with the texts partition_by, sort_order and "
                          "codec and the number merge_logs_after, found {}",
                          key, bytes->substr(0, 200)));
}

Result<void> StoreTableOptions(ObjectStore& store, std::string_view log_prefix,
                               const TableOptions& options) {
  ICEFALL_RETURN_IF_ERROR(CheckRule(options.partition_by));
  const nlohmann::json json = {{"partition_by", options.partition_by},
                               {"sort_order", options.sort_order},
                               {"codec", options.codec},
                               {"merge_logs_after", options.merge_logs_after}};
  ICEFALL_RETURN_IF_ERROR(store.Put(OptionsKey(log_prefix), json.dump(), PutCondition::Always()));
  return {};
}

}  // namespace icefall::icedb
