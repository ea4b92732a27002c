#include "sql/write/written_statistics.h"

#include <string>
#include <utility>

#include "duckdb/common/types/blob.hpp"
#include "duckdb/parser/keyword_helper.hpp"

#include "base/hex.h"

namespace icefall {
namespace {

using duckdb::LogicalTypeId;
using duckdb::Value;
using ValueMap = duckdb::case_insensitive_map_t<Value>;

const Value* Find(const ValueMap& values, const char* name) {
  const auto found = values.find(name);
  return found == values.end() || found->second.IsNull() ? nullptr : &found->second;
}

uint64_t Number(const ValueMap& values, const char* name) {
  const Value* value = Find(values, name);
  return value == nullptr ? 0 : value->GetValue<uint64_t>();
}

// The writer's spelling of a bound, turned into that of a cast to VARCHAR.
std::optional<std::string> BoundText(const duckdb::LogicalType& type, std::string text) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
      return text == "0" || text == "false" ? "false" : "true";
    case LogicalTypeId::BLOB: {
      const auto bytes = FromHex(text);
      if (!bytes) return std::nullopt;
      return duckdb::Blob::ToString(duckdb::string_t(*bytes));
    }
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
      if (text == "nan" || text == "-nan") return std::nullopt;
      return text;
    case LogicalTypeId::GEOMETRY:
    case LogicalTypeId::VARIANT:
      return std::nullopt;
    default:
      return text;
  }
}

ColumnStatistics OneColumn(const duckdb::LogicalType& type, const ValueMap& values,
                           bool keep_bounds, bool has_long_text) {
  ColumnStatistics result;
  result.null_count = Number(values, "null_count");
  result.size_bytes = Number(values, "column_size_bytes");
  const Value* has_nan = Find(values, "has_nan");
  result.has_nan = has_nan != nullptr && has_nan->GetValue<bool>();
  const Value* lower = Find(values, "min");
  const Value* upper = Find(values, "max");
  if (!keep_bounds || lower == nullptr || upper == nullptr) return result;
  result.lower_bound = BoundText(type, lower->ToString());
  result.upper_bound = BoundText(type, upper->ToString());
  result.lower_is_exact = result.lower_bound.has_value() && !has_long_text;
  result.upper_is_exact = result.upper_bound.has_value() && !has_long_text;
  return result;
}

}  // namespace

std::vector<ColumnStatistics> WrittenStatistics(const DataFileFormat& format,
                                                const duckdb::CopyFunctionFileStatistics& written,
                                                const std::vector<uint32_t>& longest_text) {
  std::vector<ColumnStatistics> result;
  for (size_t i = 0; i < format.table->stored_count(); ++i) {
    const auto name = duckdb::KeywordHelper::WriteQuoted(format.names[i], '"');
    const auto found = written.column_statistics.find(name);
    // Nested columns are listed by their leaves only.
    if (found == written.column_statistics.end()) continue;
    // Bounds of a stand-in type are in its order, not in that of the column's type.
    const bool keep_bounds = format.types[i] == format.physical_types[i];
    auto column =
        OneColumn(format.types[i], found->second, keep_bounds, longest_text[i] > kBoundSizeMax);
    const bool is_text = format.types[i].id() == LogicalTypeId::VARCHAR && keep_bounds;
    if (is_text && longest_text[i] <= kKnownTextSizeMax) column.text_size_max = longest_text[i];
    column.field = format.table->StoredField(duckdb::PhysicalIndex(i)).id;
    result.push_back(std::move(column));
  }
  return result;
}

}  // namespace icefall
