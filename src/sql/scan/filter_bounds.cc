#include "sql/scan/filter_bounds.h"

#include "sql/icefall_catalog.h"

namespace icefall {

FilterBounds::FilterBounds(duckdb::ClientContext& context, const ScanTarget& target,
                           duckdb::column_t column, const duckdb::TableFilter& filter) {
  const auto& fields = target.entry->table_schema().fields;
  if (column >= fields.size() || fields[column].generated_as) return;
  const auto& type = target.entry->GetColumn(duckdb::LogicalIndex(column)).Type();
  const auto range = ValueRange::Of(filter, type);
  if (!range) return;
  range_ = *range;
  bounds_ = target.catalog.column_bounds().Get(context, target.snapshot(), fields[column], type);
}

std::optional<FilterProof> FilterBounds::Prove(const ScanFile& file) const {
  if (bounds_ == nullptr || file.place == ScanFile::kNoPlace) return std::nullopt;
  const auto proof = bounds_->Prove(file.place, range_);
  if (proof != FilterProof::kUnknown) return proof;
  return range_.is_exact && bounds_->IsKnown(file.place) ? std::optional(proof) : std::nullopt;
}

}  // namespace icefall
