#include "sql/icedb/icedb_attach.h"

#include <algorithm>
#include <array>
#include <utility>

#include "duckdb/common/string_util.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>

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

bool SetOption(const std::string& option, const duckdb::Value& value,
               IcedbAttachSettings& settings) {
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
    settings.partition_by = Text(option, value);
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

bool HasIcedbOptions(const duckdb::AttachOptions& options) {
  return std::ranges::any_of(options.options, [](const auto& option) {
    const auto name = duckdb::StringUtil::Upper(option.first);
    return name != "FORMAT" && IsIcedbOption(name);
  });
}

bool IsIcedb(const std::string& location) {
  return icedb::HasLog({.location = location, .prefix = {}, .log_location = {}, .log_prefix = {}})
      .value_or(false);
}

bool IsIcedb(const std::string& location, const duckdb::AttachOptions& options) {
  IcedbAttachSettings settings;
  settings.location.location = location;
  for (const auto& [name, value] : options.options) {
    const auto option = duckdb::StringUtil::Upper(name);
    if (IsIcedbOption(option)) SetOption(option, value, settings);
  }
  return icedb::HasLog(settings.location).value_or(false);
}

duckdb::unique_ptr<duckdb::Catalog> AttachIcedb(IcedbTables& tables, duckdb::AttachedDatabase& db,
                                                const std::string& location,
                                                duckdb::AttachOptions& options) {
  IcedbAttachSettings settings;
  settings.location.location = location;
  settings.write.codec.clear();
  for (const auto& [name, value] : options.options) {
    const auto option = duckdb::StringUtil::Upper(name);
    if (SetOption(option, value, settings)) continue;
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
  if (settings.table.empty()) settings.table = TableName(open->data_prefix());
  auto catalog = duckdb::make_uniq<IcedbCatalog>(db, std::move(open), std::move(settings));
  catalog->Writing();  // so that options which cannot be read are an error here
  return catalog;
}

}  // namespace icefall
