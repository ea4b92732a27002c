// Bounds of columns as numbers, for tables of so many data files that to look at each of them
// would be what planning takes.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/table_filter.hpp"

#include "sql/scan/filter_proof.h"
#include "sql/scan/recent_columns.h"
#include "table/snapshot.h"

namespace icefall {

// What the rows that pass a filter on a column have there; never NULL.
struct ValueRange {
  int64_t lower = INT64_MIN;
  int64_t upper = INT64_MAX;
  // Every value in the range passes.
  bool is_exact = true;

  // Absent when the filter, or the type, is none that comes down to a range of numbers.
  static std::optional<ValueRange> Of(const duckdb::TableFilter& filter,
                                      const duckdb::LogicalType& type);
};

// Of one column, for each fragment of a snapshot, by its place in the order of ids. What
// FragmentStatistics answers. Immutable.
class ColumnBounds {
 public:
  size_t size() const { return ids_.size(); }
  // Whether rows of the fragment pass a filter that comes down to `range`.
  FilterProof Prove(size_t place, const ValueRange& range) const;
  // Whether the bounds of the fragment are there. Where they are not, Prove knows nothing.
  bool IsKnown(size_t place) const { return nulls_[place] != Nulls::kUnknown; }
  // Whether all rows have NULL. Where they have not, and bounds are known, these are they.
  bool IsNullOnly(size_t place) const { return nulls_[place] == Nulls::kAll; }
  int64_t lower(size_t place) const { return lower_[place]; }
  int64_t upper(size_t place) const { return upper_[place]; }

 private:
  friend class ColumnBoundsCache;
  enum class Nulls : uint8_t { kUnknown, kNone, kSome, kAll };

  std::vector<uint64_t> ids_;  // ascending
  std::vector<int64_t> lower_;
  std::vector<int64_t> upper_;
  std::vector<Nulls> nulls_;  // kUnknown: so are the bounds

  void Add(duckdb::ClientContext& context, const Snapshot& snapshot, const Fragment& fragment,
           const Field& field, const duckdb::LogicalType& type);
  void AddFrom(const ColumnBounds& other, size_t place);
};
using ColumnBoundsPointer = std::shared_ptr<const ColumnBounds>;

// The columns that filters asked for. Follows whichever snapshot is asked about at the cost of what
// differs, and of copying the numbers. Thread-safe.
class ColumnBoundsCache {
 public:
  // Fewer fragments are looked at one by one.
  static constexpr size_t kFragmentsMin = 256;

  // Null for a type whose values are no numbers of 64 bits, and for few fragments.
  ColumnBoundsPointer Get(duckdb::ClientContext& context, const Snapshot& snapshot,
                          const Field& field, const duckdb::LogicalType& type);

 private:
  struct Column {
    FragmentSet fragments;  // that `bounds` are of
    ColumnBoundsPointer bounds;
  };
  static constexpr size_t kColumnCountMax = 64;

  void Follow(duckdb::ClientContext& context, const Snapshot& snapshot, const Field& field,
              const duckdb::LogicalType& type, Column& column);

  std::mutex mutex_;
  RecentColumns<Column> columns_{kColumnCountMax};  // guarded by mutex_
};

}  // namespace icefall
