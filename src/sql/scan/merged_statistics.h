// Statistics of whole columns, kept between statements.
#pragma once

#include <memory>
#include <mutex>

#include "duckdb/main/client_context.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"

#include "sql/scan/recent_columns.h"
#include "table/snapshot.h"

namespace icefall {

// What FragmentStatistics answers for all fragments of a snapshot, merged. Follows whichever
// snapshot is asked about: fragments that came are merged in, and only when some went is everything
// merged again. Thread-safe.
class MergedStatisticsCache {
 public:
  // Null when nothing is known of a fragment, or there is none.
  duckdb::unique_ptr<duckdb::BaseStatistics> Get(duckdb::ClientContext& context,
                                                 const Snapshot& snapshot, const Field& field,
                                                 const duckdb::LogicalType& type);

 private:
  struct Column {
    FragmentSet fragments;                                  // merged so far
    duckdb::unique_ptr<duckdb::BaseStatistics> statistics;  // null: see is_unknown
    bool is_unknown = false;
  };
  static constexpr size_t kColumnCountMax = 256;

  // What Get does, for a column that is where it was left.
  void Follow(duckdb::ClientContext& context, const Snapshot& snapshot, const Field& field,
              const duckdb::LogicalType& type, Column& column);

  std::mutex mutex_;
  RecentColumns<Column> columns_{kColumnCountMax};  // guarded by mutex_
};

}  // namespace icefall
