// What a filter leaves of whole numbers that are not negative, such as those of a row's place.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "duckdb/planner/table_filter.hpp"

namespace icefall {

// Every number that passes the filter is in it, and others may be. Optional filters, which joins
// hand down while they run, count: their rows alone are wanted.
class NumberChoice {
 public:
  // Of a column that is UBIGINT or BIGINT. Null: no filter.
  static NumberChoice Of(const duckdb::TableFilter* filter);

  bool Contains(uint64_t number) const;
  // Neither values() nor a bound.
  bool is_all() const { return !values_ && lower_ == 0 && upper_ == UINT64_MAX; }
  // Ascending, each once; absent where they are not listed.
  const std::optional<std::vector<uint64_t>>& values() const { return values_; }

 private:
  void Narrow(const NumberChoice& other);

  uint64_t lower_ = 0;
  uint64_t upper_ = UINT64_MAX;
  std::optional<std::vector<uint64_t>> values_;
};

}  // namespace icefall
