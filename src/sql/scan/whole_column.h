// What statistics tell of a column over all fragments of a snapshot, kept between statements.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "duckdb/common/types/value.hpp"

#include "sql/scan/recent_columns.h"
#include "table/snapshot.h"

namespace icefall {

// Of live rows; inline rows are left out. Absent: statistics do not tell.
struct WholeColumn {
  std::optional<duckdb::Value> minimum;  // NULL where all values are
  std::optional<duckdb::Value> maximum;  // as minimum
  std::optional<uint64_t> null_count;
};

// Follows whichever snapshot is asked about at the cost of what differs; only when a fragment goes,
// or changes, that had the smallest or the largest value are all looked at again. Thread-safe.
class WholeColumnCache {
 public:
  WholeColumn Get(const Snapshot& snapshot, const Field& field, const duckdb::LogicalType& type);

 private:
  // The smallest or the largest value so far.
  struct Extreme {
    duckdb::Value value = duckdb::Value();  // NULL: none yet
    bool is_exact = false;                  // a live row has it
    uint64_t unknown_count = 0;             // fragments with values of which no bound is known
    bool is_lower = true;
  };
  struct Column {
    FragmentSet fragments;  // that the rest is of
    Extreme minimum;
    Extreme maximum{.is_lower = false};
    uint64_t null_count = 0;
    uint64_t unknown_null_count = 0;  // fragments of which it is not known
  };
  static constexpr size_t kColumnCountMax = 256;

  static void Follow(const Snapshot& snapshot, FieldId field, const duckdb::LogicalType& type,
                     Column& column);
  static void Add(const Fragment& fragment, FieldId field, const duckdb::LogicalType& type,
                  Column& column);
  // False: everything has to be looked at again.
  static bool Remove(const Fragment& fragment, FieldId field, const duckdb::LogicalType& type,
                     Column& column);
  static void AddBound(const Fragment& fragment, const duckdb::LogicalType& type, FieldId field,
                       Extreme& extreme);
  static bool RemoveBound(const Fragment& fragment, const duckdb::LogicalType& type, FieldId field,
                          Extreme& extreme);

  std::mutex mutex_;
  RecentColumns<Column> columns_{kColumnCountMax};  // guarded by mutex_
};

}  // namespace icefall
