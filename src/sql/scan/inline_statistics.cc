#include "sql/scan/inline_statistics.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/common/types/uhugeint.hpp"
#include "duckdb/storage/statistics/numeric_stats.hpp"
#include "duckdb/storage/statistics/string_stats.hpp"

#include "sql/scan/column_definitions.h"
#include "sql/type_mapping.h"

namespace icefall {
namespace {

using duckdb::BaseStatistics;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::PhysicalType;
using StatisticsPointer = duckdb::unique_ptr<BaseStatistics>;

// Every plan of a statement about the table looks at this many rows at most.
constexpr uint64_t kRowCountMax = 2048;
constexpr size_t kBatchCountMax = 256;

// The values of one column, chunk by chunk.
class Column {
 public:
  Column(duckdb::ColumnDataCollection& rows, idx_t place) : rows_(rows), place_{place} {}

  // Calls with each value that is not NULL; answers how many NULLs there are.
  template <typename Physical, typename Visit>
  idx_t ForEach(const Visit& visit) const {
    idx_t null_count = 0;
    for (auto& chunk : rows_.Chunks(place_)) {
      duckdb::UnifiedVectorFormat format;
      chunk.data[0].ToUnifiedFormat(chunk.size(), format);
      const auto* values = duckdb::UnifiedVectorFormat::GetData<Physical>(format);
      for (idx_t row = 0; row < chunk.size(); ++row) {
        const auto index = format.sel->get_index(row);
        if (format.validity.RowIsValid(index)) {
          visit(values[index]);
        } else {
          ++null_count;
        }
      }
    }
    return null_count;
  }

  idx_t count() const { return rows_.Count(); }

 private:
  duckdb::ColumnDataCollection& rows_;
  const duckdb::vector<duckdb::column_t> place_;
};

StatisticsPointer Known(const Column& column, idx_t null_count, const LogicalType& type) {
  const bool is_null = null_count == column.count();
  auto stats = is_null ? BaseStatistics::CreateEmpty(type) : BaseStatistics::CreateUnknown(type);
  if (is_null) stats.Set(duckdb::StatsInfo::CAN_HAVE_NULL_VALUES);
  if (null_count == 0) stats.Set(duckdb::StatsInfo::CANNOT_HAVE_NULL_VALUES);
  return stats.ToUnique();
}

template <typename Physical>
StatisticsPointer OfNumbers(const Column& column, const LogicalType& type) {
  std::optional<std::pair<Physical, Physical>> bounds;
  const auto null_count = column.ForEach<Physical>([&](const Physical& value) {
    if (!bounds) bounds = {value, value};
    if (value < bounds->first) bounds->first = value;
    if (bounds->second < value) bounds->second = value;
  });
  auto stats = Known(column, null_count, type);
  if (bounds) {
    duckdb::NumericStats::SetMin<Physical>(*stats, bounds->first);
    duckdb::NumericStats::SetMax<Physical>(*stats, bounds->second);
  }
  return stats;
}

StatisticsPointer OfStrings(const Column& column, const LogicalType& type) {
  // Copies, as the chunks, and what they hold, go one by one.
  std::optional<std::string> lower;
  std::optional<std::string> upper;
  uint32_t longest = 0;
  const auto null_count = column.ForEach<duckdb::string_t>([&](const duckdb::string_t& value) {
    const std::string_view text(value.GetData(), value.GetSize());
    if (!lower || text < *lower) lower = text;
    if (!upper || text > *upper) upper = text;
    longest = std::max(longest, static_cast<uint32_t>(value.GetSize()));
  });
  auto stats = Known(column, null_count, type);
  if (lower) {
    duckdb::StringStats::SetMin(*stats, *lower);
    duckdb::StringStats::SetMax(*stats, *upper);
    duckdb::StringStats::SetMaxStringLength(*stats, longest);
  }
  return stats;
}

StatisticsPointer OfColumn(const Column& column, const LogicalType& type) {
  if (type.id() == duckdb::LogicalTypeId::ENUM) return nullptr;
  switch (type.InternalType()) {
    case PhysicalType::INT8:
      return OfNumbers<int8_t>(column, type);
    case PhysicalType::INT16:
      return OfNumbers<int16_t>(column, type);
    case PhysicalType::INT32:
      return OfNumbers<int32_t>(column, type);
    case PhysicalType::INT64:
      return OfNumbers<int64_t>(column, type);
    case PhysicalType::INT128:
      return OfNumbers<duckdb::hugeint_t>(column, type);
    case PhysicalType::UINT8:
      return OfNumbers<uint8_t>(column, type);
    case PhysicalType::UINT16:
      return OfNumbers<uint16_t>(column, type);
    case PhysicalType::UINT32:
      return OfNumbers<uint32_t>(column, type);
    case PhysicalType::UINT64:
      return OfNumbers<uint64_t>(column, type);
    case PhysicalType::UINT128:
      return OfNumbers<duckdb::uhugeint_t>(column, type);
    case PhysicalType::VARCHAR:
      if (type.id() != duckdb::LogicalTypeId::VARCHAR) return nullptr;
      return OfStrings(column, type);
    default:
      return nullptr;
  }
}

}  // namespace

StatisticsPointer InlineStatistics(duckdb::ClientContext& context, const Snapshot& snapshot,
                                   InlineBlockCache& blocks, const Field& field,
                                   const LogicalType& type) {
  const auto& batches = snapshot.inline_rows.batches;
  if (batches.size() > kBatchCountMax || batches.row_count() > kRowCountMax) return nullptr;
  StatisticsPointer merged;
  for (const auto& [schema, count] : batches.schemas()) {
    const auto block = blocks.Get(snapshot, schema);
    const auto found = std::ranges::find(block->fields, field.id);
    StatisticsPointer part;
    if (found == block->fields.end()) {
      part = BaseStatistics::FromConstant(InitialValue(context, field)).ToUnique();
    } else {
      const auto place = static_cast<idx_t>(found - block->fields.begin());
      // Bounds of an earlier type may be in another order.
      if (block->rows->Types()[place] != type) return nullptr;
      part = OfColumn(Column(*block->rows, place), type);
    }
    if (!part) return nullptr;
    if (merged) {
      merged->Merge(*part);
    } else {
      merged = std::move(part);
    }
  }
  return merged;
}

}  // namespace icefall
