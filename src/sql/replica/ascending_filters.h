// Filters of a scan on columns of a replica whose values ascend.
#pragma once

#include <vector>

#include "duckdb/planner/table_filter.hpp"
#include "duckdb/storage/table/scan_state.hpp"
#include "duckdb/transaction/duck_transaction.hpp"

#include "sql/replica/open_replicas.h"
#include "sql/scan/column_bounds.h"

namespace icefall {

// Immutable; of an open replica, and not longer.
class AscendingFilters {
 public:
  AscendingFilters() = default;
  // `filters`: by positions in `storage`; null: none.
  AscendingFilters(const OpenReplica& replica, const duckdb::vector<duckdb::StorageIndex>& storage,
                   duckdb::optional_ptr<const duckdb::TableFilterSet> filters);

  // Has a scan that has begun with a row group read only those vectors of it that can have rows
  // which pass, found by the first values of some vectors. False: none can. Throws what DuckDB
  // throws of a damaged file.
  bool Narrow(duckdb::DuckTransaction& transaction, duckdb::CollectionScanState& scan) const;

 private:
  struct Filter {
    duckdb::StorageIndex column;
    duckdb::LogicalType type;
    ValueRange range;
    const AscendingRows* rows = nullptr;
  };
  std::vector<Filter> filters_;
};

}  // namespace icefall
