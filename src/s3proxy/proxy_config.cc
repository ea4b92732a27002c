#include "s3proxy/proxy_config.h"

#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "s3proxy/json_members.h"

namespace icefall::s3proxy {
namespace {

template <typename T, typename From>
void Set(T& place, const std::optional<From>& value) {
  if (value) place = static_cast<T>(*value);
}

// "table" or "schema.table".
ObjectName ParseTableName(const std::string& text) {
  const size_t dot = text.find('.');
  if (dot == std::string::npos) return {"main", text};
  return {text.substr(0, dot), text.substr(dot + 1)};
}

void ReadMoment(JsonMembers& members, BucketConfig& bucket) {
  bucket.sequence = members.Number("snapshot", 1, UINT64_MAX);
  if (bucket.sequence && bucket.format == TableFormat::kIcedb) {
    members.Refuse("snapshot", "an icedb table has no snapshots, expected time or time_ms");
  }
  if (const auto time_ms = members.Number("time_ms", 1, uint64_t{1} << 52)) {
    bucket.time = static_cast<int64_t>(*time_ms) * 1000;
  }
  if (const auto text = members.Text("time")) {
    // Parts of a second may be left out.
    std::string full = *text;
    if (full.ends_with('Z') && full.find('.') == std::string::npos) {
      full.insert(full.size() - 1, ".000000");
    }
    const auto time = ParseTimestamp(full);
    if (!time) {
      members.Refuse(
          "time", fmt::format("expected a time such as 2026-01-31T12:00:00Z, found '{}'", *text));
    } else if (bucket.time) {
      members.Refuse("time", "expected one of time and time_ms");
    } else {
      bucket.time = *time;
    }
  }
  if (bucket.sequence && bucket.time) members.Refuse("snapshot", "expected no time beside it");
}

Result<BucketConfig> ReadBucket(JsonMembers members) {
  BucketConfig bucket;
  bucket.name = members.RequiredText("name");
  if (bucket.name.find('/') != std::string::npos) members.Refuse("name", "expected no '/'");
  bucket.location = members.RequiredText("location");
  const std::string format = members.Text("format").value_or("icefall");
  if (format == "icedb") {
    bucket.format = TableFormat::kIcedb;
    bucket.prefix = members.Text("prefix").value_or("");
    bucket.log_location = members.Text("log_location").value_or("");
    bucket.log_prefix = members.Text("log_prefix").value_or("");
  } else if (format == "icefall") {
    const auto table = members.Text("table");
    const auto tables = members.Texts("tables");
    if (table) bucket.tables.push_back(ParseTableName(*table));
    for (const auto& name : tables.value_or(std::vector<std::string>())) {
      bucket.tables.push_back(ParseTableName(name));
    }
    bucket.folders = tables.has_value();
    if (bucket.tables.empty() || (table && tables)) {
      members.Refuse("table", "expected either table or tables");
    }
  } else {
    members.Refuse("format", fmt::format("expected icefall or icedb, found '{}'", format));
  }
  ReadMoment(members, bucket);
  Set(bucket.anonymous, members.Flag("anonymous"));
  ICEFALL_RETURN_IF_ERROR(members.Finish());
  return bucket;
}

Result<KeyConfig> ReadKey(JsonMembers members) {
  KeyConfig key;
  key.access_key_id = members.RequiredText("access_key_id");
  key.secret_access_key = members.RequiredText("secret_access_key");
  if (const auto buckets = members.Texts("buckets")) {
    key.buckets = std::set<std::string>(buckets->begin(), buckets->end());
  }
  ICEFALL_RETURN_IF_ERROR(members.Finish());
  return key;
}

Result<ResolveConfig> ReadResolve(JsonMembers members) {
  ResolveConfig resolve;
  resolve.url = members.RequiredText("url");
  resolve.location = members.RequiredText("location");
  Set(resolve.authorization, members.Text("authorization"));
  Set(resolve.secret_access_key, members.Text("secret_access_key"));
  Set(resolve.cache_seconds, members.Number("cache_seconds", 0, 86'400));
  ICEFALL_RETURN_IF_ERROR(members.Finish());
  return resolve;
}

Result<void> ReadTls(JsonMembers members, ProxyConfig& config) {
  config.tls_certificate = members.RequiredText("certificate");
  config.tls_key = members.RequiredText("key");
  return members.Finish();
}

Result<void> ReadCache(JsonMembers members, ProxyConfig& config) {
  Set(config.cache_directory, members.Text("directory"));
  Set(config.cache_size_bytes_max, members.Number("size_bytes_max", 0, UINT64_MAX));
  Set(config.memory_limit_bytes, members.Number("memory_limit_bytes", 64 << 20, UINT64_MAX));
  Set(config.rewrites_at_once_max, members.Number("rewrites_at_once_max", 1, 64));
  return members.Finish();
}

Result<void> CheckWhole(const ProxyConfig& config) {
  std::set<std::string> names;
  bool anonymous = false;
  for (const auto& bucket : config.buckets) {
    anonymous |= bucket.anonymous;
    if (!names.insert(bucket.name).second) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("buckets: '{}' is there twice", bucket.name));
    }
  }
  std::set<std::string> key_ids;
  for (const auto& key : config.keys) {
    if (!key_ids.insert(key.access_key_id).second) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("keys: '{}' is there twice", key.access_key_id));
    }
    for (const auto& bucket : key.buckets.value_or(std::set<std::string>())) {
      if (names.contains(bucket) || config.resolve) continue;
      return Fail(ErrorCode::kInvalidArgument, fmt::format("keys: '{}' names the bucket '{}', "
                                                           "which is not among buckets",
                                                           key.access_key_id, bucket));
    }
  }
  if (config.buckets.empty() && !config.resolve) {
    return Fail(ErrorCode::kInvalidArgument, "expected buckets or resolve, found neither");
  }
  const bool has_shared = config.resolve && !config.resolve->secret_access_key.empty();
  if (config.keys.empty() && !anonymous && !has_shared) {
    return Fail(ErrorCode::kInvalidArgument,
                "nobody could read: expected keys, or a bucket with \"anonymous\": true");
  }
  return {};
}

}  // namespace

Result<ProxyConfig> ParseProxyConfig(std::string_view json) {
  const auto document = nlohmann::json::parse(json, nullptr, false, true);
  if (document.is_discarded()) {
    return Fail(ErrorCode::kInvalidArgument, "configuration: expected JSON");
  }
  JsonMembers members(document, "");
  ProxyConfig config;
  Set(config.listen, members.Text("listen"));
  Set(config.metrics_listen, members.Text("metrics_listen"));
  Set(config.domain, members.Text("domain"));
  Set(config.region, members.Text("region"));
  Set(config.clock_skew_seconds_max, members.Number("clock_skew_seconds_max", 0, 86'400));
  Set(config.connection_count_max, members.Number("connection_count_max", 1, 65'536));
  Set(config.held_seconds, members.Number("held_seconds", 0, 86'400));
  Set(config.stop_seconds_max, members.Number("stop_seconds_max", 0, 86'400));
  for (auto& tls : members.Objects("tls", false)) {
    ICEFALL_RETURN_IF_ERROR(ReadTls(std::move(tls), config));
  }
  for (auto& cache : members.Objects("cache", false)) {
    ICEFALL_RETURN_IF_ERROR(ReadCache(std::move(cache), config));
  }
  for (auto& bucket : members.Objects("buckets")) {
    ICEFALL_ASSIGN_OR_RETURN(BucketConfig read, ReadBucket(std::move(bucket)));
    config.buckets.push_back(std::move(read));
  }
  for (auto& key : members.Objects("keys")) {
    ICEFALL_ASSIGN_OR_RETURN(KeyConfig read, ReadKey(std::move(key)));
    config.keys.push_back(std::move(read));
  }
  for (auto& resolve : members.Objects("resolve", false)) {
    ICEFALL_ASSIGN_OR_RETURN(config.resolve, ReadResolve(std::move(resolve)));
  }
  ICEFALL_RETURN_IF_ERROR(members.Finish());
  ICEFALL_RETURN_IF_ERROR(CheckWhole(config));
  return config;
}

Result<ProxyConfig> LoadProxyConfig(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Fail(ErrorCode::kNotFound, fmt::format("configuration file {} cannot be read", path));
  }
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  auto config = ParseProxyConfig(text);
  if (!config) return Fail(std::move(config).error().WithContext(path));
  return config;
}

}  // namespace icefall::s3proxy
