#include "sql/icedb/row_partitions.h"

#include <algorithm>
#include <optional>

#include "duckdb/common/string_util.hpp"
#include <fmt/format.h>

#include "base/sql_quote.h"

namespace icefall {
namespace {

// A key that is called as a stored column.
std::optional<std::string> StoredKey(const IcedbView& view) {
  for (const auto& key : view.keys) {
    for (size_t i = 0; i < view.stored_count; ++i) {
      if (duckdb::StringUtil::CIEquals(view.names[i], key)) return key;
    }
  }
  return std::nullopt;
}

std::string PartitionOfKeys(const IcedbView& view) {
  std::string sql;
  for (const auto& key : view.keys) {
    if (!sql.empty()) sql += " || '/' || ";
    sql += icedb::KeyPartSql(key, icedb::EncodedKeySql(QuoteIdentifier(key)));
  }
  return sql;
}

}  // namespace

std::string PartitionOfNewRows(const IcedbView& view, const icedb::PartitionRule& rule) {
  if (!rule.empty()) return icedb::PartitionSql(rule);
  constexpr auto kAdvice = "say it once with icedb_set_options(..., partition_by := ...)";
  if (view.has_unkeyed_partition) {
    throw duckdb::InvalidInputException(
        fmt::format("INSERT: the table's partitions have names without keys, so it is not known "
                    "which ones rows belong in: {}",
                    kAdvice));
  }
  if (const auto key = StoredKey(view)) {
    throw duckdb::InvalidInputException(
        fmt::format("INSERT: key '{}' of the table's partitions is a column, too, and it is not "
                    "known how the one follows from the other: {}",
                    *key, kAdvice));
  }
  return PartitionOfKeys(view);
}

std::string PartitionOfChangedRows(const IcedbView& view, const icedb::PartitionRule& rule) {
  if (!rule.empty()) return icedb::PartitionSql(rule);
  if (view.has_unkeyed_partition || StoredKey(view)) return kOldPartition;
  return PartitionOfKeys(view);
}

bool IsComputed(const IcedbView& view, const icedb::PartitionRule& rule, size_t column) {
  return column >= view.stored_count && std::ranges::any_of(rule, [&](const auto& field) {
           return duckdb::StringUtil::CIEquals(field.key, view.names[column]);
         });
}

std::string ContradictsRule(const IcedbView& view, const icedb::PartitionRule& rule) {
  std::string sql;
  for (size_t i = view.stored_count; i < view.column_count(); ++i) {
    for (const auto& field : rule) {
      if (!duckdb::StringUtil::CIEquals(field.key, view.names[i])) continue;
      sql += fmt::format("{}({} IS DISTINCT FROM {} AND {} IS NOT NULL)", sql.empty() ? "" : " OR ",
                         icedb::EncodedKeySql(QuoteIdentifier(view.names[i])), icedb::KeySql(field),
                         QuoteIdentifier(view.names[i]));
    }
  }
  return sql;
}

}  // namespace icefall
