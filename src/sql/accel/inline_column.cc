#include "sql/accel/inline_column.h"

#include <algorithm>
#include <utility>

#include "sql/scan/column_definitions.h"

namespace icefall {
namespace {

// A value is looked at in a tenth of a microsecond; to plan and begin a scan takes a hundred.
constexpr uint64_t kRowCountMax = 1024;
constexpr size_t kBatchCountMax = 256;

// Values of others may be equal and yet not the same, or in an order of their own.
bool HasPlainOrder(const duckdb::LogicalType& type) {
  using duckdb::LogicalTypeId;
  const auto id = type.id();
  return id == LogicalTypeId::VARCHAR || id == LogicalTypeId::BOOLEAN || type.IsNumeric() ||
         (type.IsTemporal() && id != LogicalTypeId::TIME_TZ);
}

void Add(duckdb::Value value, InlineColumn& column) {
  if (value.IsNull()) return;
  if (column.value_count++ == 0) {
    column.minimum = value;
    column.maximum = std::move(value);
  } else if (value < column.minimum) {
    column.minimum = std::move(value);
  } else if (value > column.maximum) {
    column.maximum = std::move(value);
  }
}

}  // namespace

std::optional<InlineColumn> FindInlineColumn(duckdb::ClientContext& context,
                                             const Snapshot& snapshot, InlineBlockCache& blocks,
                                             const Field& field, const duckdb::LogicalType& type) {
  const auto& rows = snapshot.inline_rows;
  if (!HasPlainOrder(type)) return std::nullopt;
  if (rows.batches.size() > kBatchCountMax || rows.batches.row_count() > kRowCountMax) return {};
  const DeletionVector live = rows.LivePositions();
  InlineColumn column;
  for (const auto& [schema, count] : rows.batches.schemas()) {
    const auto block = blocks.Get(snapshot, schema);
    const auto found = std::ranges::find(block->fields, field.id);
    const bool is_stored = found != block->fields.end();
    const auto place = static_cast<duckdb::idx_t>(found - block->fields.begin());
    if (is_stored && block->rows->Types()[place] != type) return std::nullopt;
    const auto initial = is_stored ? duckdb::Value() : InitialValue(context, field);
    size_t row = 0;  // of the block
    for (auto& chunk : block->rows->Chunks()) {
      for (duckdb::idx_t i = 0; i < chunk.size(); ++i, ++row) {
        if (!live.Contains(block->positions[row])) continue;
        Add(is_stored ? chunk.GetValue(place, i) : initial, column);
      }
    }
  }
  return column;
}

}  // namespace icefall
