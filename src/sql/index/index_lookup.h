// Finds the rows that a scan's filters leave through an index of the table.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "duckdb/planner/table_filter.hpp"

#include "index/range_tree.h"
#include "sql/index/key_definition.h"

namespace icefall {

// Filters of top-level columns; key: position in Schema::fields, or a virtual column.
using ColumnFilters = std::map<duckdb::column_t, duckdb::shared_ptr<const duckdb::TableFilter>>;

// Live rows of one fragment, all that can pass the filters among them.
struct IndexRows {
  std::vector<uint64_t> positions;
  std::vector<std::string> keys;  // of the rows; empty when they cannot be read back, or are many
};

class IndexLookup {
 public:
  // Through the index of which the filters fix most columns; null when they fix none of any.
  static std::unique_ptr<IndexLookup> Plan(const IcefallTableEntry& table,
                                           const ColumnFilters& filters);

  // Both find the same rows.
  bool operator==(const IndexLookup& other) const {
    return key_.fields == other.key_.fields && ranges_ == other.ranges_;
  }

  const KeyDefinition& key() const { return key_; }
  // That hold the keys of all rows which pass the filters.
  std::vector<KeyRange> KeyRanges() const;

  // Absent when the rows are so many that reading the file is better, or the file has no index and
  // the filters are ranges.
  std::optional<IndexRows> Find(duckdb::ClientContext& context, const IcefallTableEntry& table,
                                const FragmentPointer& fragment) const;
  // Ascending positions of live inline rows, all that can pass the filters among them; absent when
  // they are many.
  std::optional<IndexRows> FindInline(duckdb::ClientContext& context,
                                      const IcefallTableEntry& table) const;

 private:
  // Keys from `lower` on up to those that `upper` is a prefix of.
  struct Range {
    std::string lower;
    std::string upper;

    bool operator==(const Range&) const = default;
  };

  bool MakeRanges(const IcefallTableEntry& table, const ColumnFilters& filters);

  KeyDefinition key_;
  std::vector<Range> ranges_;  // ascending
  size_t fixed_count_ = 0;     // columns with given values
  bool has_values_ = false;
};

}  // namespace icefall
