// How a table's rows are put into partitions: names of keys, each with a transform of a column.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace icefall::icedb {

// The value that stands for NULL in a partition's name, as in Hive.
inline constexpr std::string_view kMissingKey = "__HIVE_DEFAULT_PARTITION__";

enum class PartitionTransform { kIdentity, kYear, kMonth, kDay, kHour, kBucket };

// One part of a partition's name: "d=2024-03-17" from {"d", kDay, "ts"}.
struct PartitionField {
  std::string key;
  PartitionTransform transform = PartitionTransform::kIdentity;
  std::string column;
  uint64_t bucket_count = 0;       // of kBucket
  int64_t ticks_to_micros = 1000;  // of times that are numbers since 1970
  friend bool operator==(const PartitionField&, const PartitionField&) = default;
};
using PartitionRule = std::vector<PartitionField>;

// Reads "user, d = day(ts), h = hour(at, s), b = bucket(16, id)": a key with a transform of a
// column each; a column alone is its own key. Names are quoted as in SQL where they need to be. The
// unit of times that are numbers is s, ms or us, and ms where none is given. Error:
// kInvalidArgument, with what was expected.
Result<PartitionRule> ParsePartitionRule(std::string_view text);

// The expression, over the columns of rows, of a key's value in the partition's name, '/' and '%'
// percent-encoded; NULL for a row that has none.
std::string KeySql(const PartitionField& field);
// That of any value: `expression` as text, encoded.
std::string EncodedKeySql(std::string_view expression);
// The expression of a key and its value, "d=2024-03-17", from one for the value.
std::string KeyPartSql(std::string_view key, std::string_view value_sql);
// That of the whole name.
std::string PartitionSql(const PartitionRule& rule);

// The keys in a partition's name, in order, with decoded values; absent for kMissingKey. Parts
// without a key are passed over.
std::vector<std::pair<std::string, std::optional<std::string>>> KeysOfPartition(
    std::string_view partition);

}  // namespace icefall::icedb
