// Leaves out the deleted rows of one fragment while its file is read.
#pragma once

#include <memory>
#include <utility>

#include "duckdb/common/multi_file/multi_file_data.hpp"
#include "duckdb/common/types/selection_vector.hpp"

#include "format/deletion_vector.h"

namespace icefall {

// Thread-safe: DuckDB calls it from every thread that reads the file.
class DeletionFilter : public duckdb::DeleteFilter {
 public:
  explicit DeletionFilter(std::shared_ptr<const DeletionVector> deletes)
      : deletes_(std::move(deletes)) {}

  duckdb::idx_t Filter(duckdb::row_t start, duckdb::idx_t count,
                       duckdb::SelectionVector& selection) override {
    const auto begin = static_cast<uint64_t>(start);
    // An empty selection vector stands for all rows.
    if (deletes_->CardinalityInRange(begin, begin + count) == 0) return count;
    selection.Initialize(count);
    return deletes_->SelectLive(begin, count, selection.data());
  }

 private:
  std::shared_ptr<const DeletionVector> deletes_;
};

}  // namespace icefall
