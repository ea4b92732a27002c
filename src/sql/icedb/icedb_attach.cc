#include "sql/icedb/icedb_attach.h"

#include <algorithm>
#include <array>
#include <utility>

#include "duckdb/common/string_util.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "icedb/table_options.h"
#include "sql/errors.h"
#include "sql/icedb/icedb_catalog.h"
#include "sql/icedb/icedb_entries.h"
#include "sql/time_travel.h"

namespace icefall {
namespace {

constexpr std::array<std::string_view, 10> kOptions = {
    "FORMAT",       "TABLE",      "PREFIX", "LOG_LOCATION",   "LOG_PREFIX",
    "PARTITION_BY", "SORT_ORDER", "CODEC",  "ROW_GROUP_SIZE", "HOST"};

std::string Text(const std::string& option, const duckdb::Value& value) {
  if (!value.IsNull()) return value.ToString();
  throw duckdb::InvalidInputException("ATTACH option %s: expected a text, found NULL", option);
}

int64_t Count(const std::string& option, const duckdb::Value& value) {
  duckdb::Value count;
  std::string reason;
  if (!value.IsNull() && value.DefaultTryCastAs(duckdb::LogicalType::BIGINT, count, &reason) &&
      count.GetValue<int64_t>() > 0) {
    return count.GetValue<int64_t>();
  }
  throw duckdb::InvalidInputException("ATTACH option %s: expected a positive number, found %s",
                                      option, value.ToString());
}

// What the table says of itself comes first, so that options can say otherwise.
void ApplyTableOptions(icedb::TableOptions options, const std::optional<std::string>& rule,
                       IcedbAttachSettings& settings) {
  if (rule) options.partition_by = *rule;
  if (!options.partition_by.empty()) {
    settings.partition_rule = Unwrap(icedb::ParsePartitionRule(options.partition_by));
  }
  if (settings.write.sort_order.empty()) settings.write.sort_order = options.sort_order;
  if (settings.write.codec.empty()) settings.write.codec = options.codec;
  if (settings.write.codec.empty()) settings.write.codec = IcedbWriteOptions().codec;
}

bool SetOption(const std::string& option, const duckdb::Value& value, IcedbAttachSettings& settings,
               std::optional<std::string>& rule) {
  constexpr int64_t kMicrosPerMs = 1000;
  if (option == "TABLE") {
    settings.table = Text(option, value);
  } else if (option == "PREFIX") {
    settings.location.prefix = Text(option, value);
  } else if (option == "LOG_LOCATION") {
    settings.location.log_location = Text(option, value);
  } else if (option == "LOG_PREFIX") {
    settings.location.log_prefix = Text(option, value);
  } else if (option == "PARTITION_BY") {
    rule = Text(option, value);
  } else if (option == "SORT_ORDER") {
    settings.write.sort_order = Text(option, value);
  } else if (option == "CODEC") {
    settings.write.codec = Text(option, value);
  } else if (option == "ROW_GROUP_SIZE") {
    settings.write.row_group_size = Count(option, value);
  } else if (option == "HOST") {
    settings.write.host = Text(option, value);
  } else if (option == "SNAPSHOT_TIME") {
    settings.at_ms = ParseTime(value) / kMicrosPerMs;
  } else {
    return option == "FORMAT";
  }
  return true;
}

std::string TableName(const std::string& prefix) {
  const std::string name = prefix.substr(prefix.rfind('/') + 1);
  return name.empty() ? "data" : name;
}

}  // namespace

bool AsksForIcedb(const duckdb::AttachOptions& options) {
  return std::ranges::any_of(options.options, [](const auto& option) {
    return duckdb::StringUtil::CIEquals(option.first, "format") &&
           duckdb::StringUtil::CIEquals(option.second.ToString(), "icedb");
  });
}

bool IsIcedbOption(std::string_view option) {
  return std::ranges::find(kOptions, option) != kOptions.end();
}

bool IsIcedb(const std::string& location) {
  return icedb::HasLog({.location = location, .prefix = {}, .log_location = {}, .log_prefix = {}})
      .value_or(false);
}

duckdb::unique_ptr<duckdb::Catalog> AttachIcedb(IcedbTables& tables, duckdb::AttachedDatabase& db,
                                                const std::string& location,
                                                duckdb::AttachOptions& options) {
  IcedbAttachSettings settings;
  settings.location.location = location;
  settings.write.codec.clear();
  std::optional<std::string> rule;
  for (const auto& [name, value] : options.options) {
    const auto option = duckdb::StringUtil::Upper(name);
    if (SetOption(option, value, settings, rule)) continue;
    throw duckdb::BinderException(
        "ATTACH option %s is unknown for an icedb table, which takes READ_ONLY, SNAPSHOT_TIME, "
        "%s",
        option, fmt::format("{}", fmt::join(kOptions, ", ")));
  }
  if (settings.at_ms) {
    if (options.access_mode == duckdb::AccessMode::READ_WRITE) {
      throw duckdb::InvalidInputException(
          "ATTACH with SNAPSHOT_TIME is read-only, found READ_WRITE");
    }
    options.access_mode = duckdb::AccessMode::READ_ONLY;
    db.SetReadOnlyDatabase();
  }
  auto open = Unwrap(tables.Open(settings.location));
  const auto& place = open->table.place();
  if (settings.table.empty()) settings.table = TableName(place.data_prefix);
  ApplyTableOptions(Unwrap(icedb::ReadTableOptions(*place.log, place.log_prefix)), rule, settings);
  return duckdb::make_uniq<IcedbCatalog>(db, std::move(open), std::move(settings));
}

}  // namespace icefall
