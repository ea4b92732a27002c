#include "sql/table_options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "duckdb/common/exception/binder_exception.hpp"
#include "duckdb/common/string_util.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sql/accel/declared_aggregates.h"
#include "sql/replica/replica_settings.h"

namespace icefall {
namespace {

constexpr const char* kTargetFileSize = "target_file_size_bytes";
constexpr const char* kCompression = "parquet_compression";
constexpr uint64_t kTargetFileSizeBytes = uint64_t{512} << 20;
constexpr std::array<std::string_view, 7> kCompressions{"uncompressed", "snappy", "gzip",   "zstd",
                                                        "brotli",       "lz4",    "lz4_raw"};

uint64_t ParseSize(const std::string& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) {
    throw duckdb::BinderException(fmt::format(
        "table option {}: expected a positive number of bytes, found '{}'", kTargetFileSize, text));
  }
  return value;
}

std::string ParseCompression(const std::string& text) {
  const auto lower = duckdb::StringUtil::Lower(text);
  if (std::ranges::find(kCompressions, lower) == kCompressions.end()) {
    throw duckdb::BinderException(fmt::format("table option {}: expected one of {}, found '{}'",
                                              kCompression, fmt::join(kCompressions, ", "), text));
  }
  return lower;
}

void CheckReplica(const std::string& text) {
  if (text == "duckdb" || text == "none") return;
  throw duckdb::BinderException(fmt::format(
      "table option {}: expected 'duckdb' or 'none', found '{}'", kReplicaOption, text));
}

}  // namespace

void CheckTableOption(const std::string& name, const std::string& value) {
  if (name == kTargetFileSize) {
    ParseSize(value);
  } else if (name == kCompression) {
    ParseCompression(value);
  } else if (name == kReplicaOption) {
    CheckReplica(value);
  } else if (name == kAggregatesOption) {
    // Of the table's columns: CheckAggregates.
  } else if (name.find('.') == std::string::npos) {
    throw duckdb::BinderException(
        fmt::format("there is no table option \"{}\", but {}, {}, {} and {}; options of your own "
                    "have a dot in their name",
                    name, kTargetFileSize, kCompression, kReplicaOption, kAggregatesOption));
  }
}

uint64_t TargetFileSizeBytes(const Snapshot& snapshot) {
  const auto found = snapshot.properties.find(kTargetFileSize);
  return found == snapshot.properties.end() ? kTargetFileSizeBytes : ParseSize(found->second);
}

std::optional<std::string> ParquetCompression(const Snapshot& snapshot) {
  const auto found = snapshot.properties.find(kCompression);
  if (found == snapshot.properties.end()) return std::nullopt;
  return ParseCompression(found->second);
}

}  // namespace icefall
