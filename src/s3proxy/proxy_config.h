// The configuration file of icefalldb-s3proxy; docs/s3proxy.md describes it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "database/catalog_snapshot.h"

namespace icefall::s3proxy {

enum class TableFormat : uint8_t { kIcefall, kIcedb };

struct BucketConfig {
  std::string name;
  TableFormat format = TableFormat::kIcefall;
  std::string location;
  std::vector<ObjectName> tables;  // of kIcefall
  bool folders = false;            // `tables` was given: keys begin with the table's name
  std::optional<uint64_t> sequence;
  std::optional<TimestampMicros> time;
  std::string prefix, log_location, log_prefix;  // of kIcedb
  bool anonymous = false;
};

struct KeyConfig {
  std::string access_key_id;
  std::string secret_access_key;
  std::optional<std::set<std::string>> buckets;  // absent: all
};

// A server that says which prefix a bucket stands for, as the original proxy of IceDB asks it.
struct ResolveConfig {
  std::string url;
  std::string authorization;      // a header; empty: none
  std::string location;           // in which the prefixes are
  std::string secret_access_key;  // of every access key that is not among `keys`; empty: none
  int64_t cache_seconds = 10;
};

struct ProxyConfig {
  std::string listen = "127.0.0.1:8080";
  std::string metrics_listen;            // empty: none
  std::string tls_certificate, tls_key;  // empty: in the clear
  std::string domain;                    // empty: path style only
  std::string region = "us-east-1";
  int64_t clock_skew_seconds_max = 900;
  uint32_t connection_count_max = 256;
  int64_t held_seconds = 300;
  int64_t stop_seconds_max = 10;
  std::string cache_directory;  // empty: one that is removed at the end
  uint64_t cache_size_bytes_max = uint64_t{10} << 30;
  uint64_t memory_limit_bytes = uint64_t{512} << 20;  // of one rewriting
  uint32_t rewrites_at_once_max = 2;
  std::vector<BucketConfig> buckets;
  std::vector<KeyConfig> keys;
  std::optional<ResolveConfig> resolve;
};

// Error: kInvalidArgument naming the member, what was expected and what was found.
Result<ProxyConfig> ParseProxyConfig(std::string_view json);
// As above, naming the file too; kNotFound.
Result<ProxyConfig> LoadProxyConfig(const std::string& path);

}  // namespace icefall::s3proxy
