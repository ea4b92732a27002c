// A filter of a scan, next to the bounds of its column in all files.
#pragma once

#include <optional>

#include "sql/scan/column_bounds.h"
#include "sql/scan/fragment_list.h"

namespace icefall {

class FilterBounds {
 public:
  // `column`: position in the schema's fields, or anything else.
  FilterBounds(duckdb::ClientContext& context, const ScanTarget& target, duckdb::column_t column,
               const duckdb::TableFilter& filter);

  // Statistics of files say no more about the filter than Prove does.
  bool is_whole() const { return bounds_ != nullptr && range_.is_exact; }
  // Whether rows of the file pass; absent where other means have to tell.
  std::optional<FilterProof> Prove(const ScanFile& file) const;
  // False: no row of the fragment at this place passes.
  bool CanMatch(uint32_t place) const {
    return bounds_ == nullptr || bounds_->Prove(place, range_) != FilterProof::kNoRow;
  }

 private:
  ColumnBoundsPointer bounds_;  // null: nothing is known
  ValueRange range_;
};

}  // namespace icefall
