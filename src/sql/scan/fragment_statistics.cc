#include "sql/scan/fragment_statistics.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "duckdb/common/types/date.hpp"
#include "duckdb/storage/statistics/numeric_stats.hpp"
#include "duckdb/storage/statistics/string_stats.hpp"
#include "duckdb/storage/storage_index.hpp"

#include "sql/scan/column_definitions.h"
#include "sql/type_mapping.h"

namespace icefall {
namespace {

using duckdb::BaseStatistics;
using duckdb::LogicalType;
using duckdb::Value;

// Whether the file was written under a schema that has the field.
bool HasField(const Snapshot& snapshot, const Fragment& fragment, FieldId field) {
  const auto schema = snapshot.schemas.find(fragment.schema);
  return schema == snapshot.schemas.end() || schema->second->Find(field) != nullptr;
}

template <typename Number>
std::optional<Value> ParseInteger(std::string_view text) {
  Number number = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return Value::CreateValue<Number>(number);
}

std::optional<Value> ParseDate(std::string_view text) {
  duckdb::date_t date;
  duckdb::idx_t position = 0;
  bool is_special = false;
  const auto result =
      duckdb::Date::TryConvertDate(text.data(), text.size(), position, date, is_special, true);
  if (result != duckdb::DateCastResult::SUCCESS || is_special) return std::nullopt;
  return Value::DATE(date);
}

// Of frequent types, for which DuckDB's casts of single values take long. Absent: they have to do.
std::optional<Value> ParseQuickly(const std::string& text, const LogicalType& type) {
  if (type.HasAlias()) return std::nullopt;
  switch (type.id()) {
    case duckdb::LogicalTypeId::INTEGER:
      return ParseInteger<int32_t>(text);
    case duckdb::LogicalTypeId::BIGINT:
      return ParseInteger<int64_t>(text);
    case duckdb::LogicalTypeId::UTINYINT:
      return ParseInteger<uint8_t>(text);
    case duckdb::LogicalTypeId::USMALLINT:
      return ParseInteger<uint16_t>(text);
    case duckdb::LogicalTypeId::UINTEGER:
      return ParseInteger<uint32_t>(text);
    case duckdb::LogicalTypeId::UBIGINT:
      return ParseInteger<uint64_t>(text);
    case duckdb::LogicalTypeId::TINYINT:
      return ParseInteger<int8_t>(text);
    case duckdb::LogicalTypeId::SMALLINT:
      return ParseInteger<int16_t>(text);
    case duckdb::LogicalTypeId::DATE:
      return ParseDate(text);
    case duckdb::LogicalTypeId::VARCHAR:
      if (!duckdb::StringType::GetCollation(type).empty()) return std::nullopt;
      return Value(text);
    default:
      return std::nullopt;
  }
}

bool ParseBound(const std::optional<std::string>& text, const LogicalType& type, Value& value) {
  if (!text) return false;
  if (auto parsed = ParseQuickly(*text, type)) {
    value = *std::move(parsed);
    return true;
  }
  return Value(*text).DefaultTryCastAs(type, value, nullptr);
}

void SetBounds(const ColumnStatistics& known, const LogicalType& type, BaseStatistics& stats) {
  Value lower;
  Value upper;
  const bool has_lower = ParseBound(known.lower_bound, type, lower);
  // NaN sorts above every bound.
  const bool has_upper = !known.has_nan && ParseBound(known.upper_bound, type, upper);
  switch (stats.GetStatsType()) {
    case duckdb::StatisticsType::NUMERIC_STATS:
      if (has_lower) duckdb::NumericStats::SetMin(stats, lower);
      if (has_upper) duckdb::NumericStats::SetMax(stats, upper);
      return;
    case duckdb::StatisticsType::STRING_STATS:
      if (has_lower) duckdb::StringStats::SetMin(stats, duckdb::StringValue::Get(lower));
      if (has_upper) duckdb::StringStats::SetMax(stats, duckdb::StringValue::Get(upper));
      if (known.text_size_max) {
        duckdb::StringStats::SetMaxStringLength(stats, *known.text_size_max);
      }
      return;
    default:
      return;
  }
}

// Bounds of types that are stored as text come in the order of that text, not of the type.
bool BoundsApply(const LogicalType& type) {
  return !type.IsNested() && !NeedsPhysicalCast(type) &&
         type.id() != duckdb::LogicalTypeId::VARIANT &&
         type.id() != duckdb::LogicalTypeId::GEOMETRY && type.id() != duckdb::LogicalTypeId::BLOB;
}

class FragmentRowGroup : public duckdb::PartitionRowGroup {
 public:
  FragmentRowGroup(duckdb::ClientContext& context, SnapshotPointer snapshot,
                   FragmentPointer fragment)
      : context_(context), snapshot_(std::move(snapshot)), fragment_(std::move(fragment)) {}

  duckdb::unique_ptr<BaseStatistics> GetColumnStatistics(
      const duckdb::StorageIndex& column) override {
    const auto* field = StoredField(column);
    if (field == nullptr || column.HasChildren()) return nullptr;
    return FragmentStatistics(context_, *snapshot_, *fragment_, *field, ToDuckdb(field->type));
  }

  bool MinMaxIsExact(const BaseStatistics&, const duckdb::StorageIndex& column) override {
    const auto* field = StoredField(column);
    return field != nullptr && BoundsAreExact(*fragment_, *field);
  }

 private:
  const Field* StoredField(const duckdb::StorageIndex& column) const {
    auto left = column.GetPrimaryIndex();
    for (const auto& field : snapshot_->schema->fields) {
      if (!field.generated_as && left-- == 0) return &field;
    }
    return nullptr;
  }

  duckdb::ClientContext& context_;
  SnapshotPointer snapshot_;
  FragmentPointer fragment_;
};

}  // namespace

const ColumnStatistics* StatisticsOfField(const Fragment& fragment, FieldId field) {
  const auto found = std::ranges::find(fragment.statistics, field, &ColumnStatistics::field);
  return found == fragment.statistics.end() ? nullptr : &*found;
}

bool HasSameStatistics(const Fragment& a, const Fragment& b, FieldId field) {
  const auto* left = StatisticsOfField(a, field);
  const auto* right = StatisticsOfField(b, field);
  if (a.row_count != b.row_count || a.schema != b.schema) return false;
  if (left == nullptr || right == nullptr) return left == right;
  return left->null_count == right->null_count && left->lower_bound == right->lower_bound &&
         left->upper_bound == right->upper_bound && left->has_nan == right->has_nan &&
         left->text_size_max == right->text_size_max;
}

std::optional<Value> ParseBound(const std::optional<std::string>& text, const LogicalType& type) {
  Value value;
  if (!BoundsApply(type) || !ParseBound(text, type, value)) return std::nullopt;
  return value;
}

duckdb::unique_ptr<BaseStatistics> FragmentStatistics(duckdb::ClientContext& context,
                                                      const Snapshot& snapshot,
                                                      const Fragment& fragment, const Field& field,
                                                      const LogicalType& type) {
  if (!BoundsApply(type)) return nullptr;
  if (!HasField(snapshot, fragment, field.id)) {
    return BaseStatistics::FromConstant(InitialValue(context, field)).ToUnique();
  }
  const auto* known = StatisticsOfField(fragment, field.id);
  if (known == nullptr) return nullptr;
  auto stats = known->null_count == fragment.row_count ? BaseStatistics::CreateEmpty(type)
                                                       : BaseStatistics::CreateUnknown(type);
  if (known->null_count == fragment.row_count) {
    stats.Set(duckdb::StatsInfo::CAN_HAVE_NULL_VALUES);
    return stats.ToUnique();
  }
  if (known->null_count == 0) stats.Set(duckdb::StatsInfo::CANNOT_HAVE_NULL_VALUES);
  SetBounds(*known, type, stats);
  return stats.ToUnique();
}

bool BoundsAreExact(const Fragment& fragment, const Field& field) {
  const auto* known = StatisticsOfField(fragment, field.id);
  return known != nullptr && known->lower_is_exact && known->upper_is_exact && !known->has_nan;
}

duckdb::vector<duckdb::PartitionStatistics> PartitionStatisticsOf(
    duckdb::ClientContext& context, const SnapshotPointer& snapshot,
    const std::vector<FragmentPointer>& fragments, uint64_t inline_row_count) {
  duckdb::vector<duckdb::PartitionStatistics> partitions;
  for (const auto& fragment : fragments) {
    // A fragment without live rows would lend its bounds to MIN and MAX.
    if (fragment->live_count() == 0) continue;
    duckdb::PartitionStatistics partition;
    partition.count = fragment->live_count();
    partition.count_type = duckdb::CountType::COUNT_EXACT;
    partition.partition_row_group =
        duckdb::make_shared_ptr<FragmentRowGroup>(context, snapshot, fragment);
    partitions.push_back(std::move(partition));
  }
  if (inline_row_count > 0 || partitions.empty()) {
    duckdb::PartitionStatistics partition;
    partition.count = inline_row_count;
    partition.count_type = duckdb::CountType::COUNT_EXACT;
    partitions.push_back(std::move(partition));
  }
  return partitions;
}

}  // namespace icefall
