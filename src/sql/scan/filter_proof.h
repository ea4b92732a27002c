// Whether the rows of a data file pass a filter, as far as that is known without reading them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/expression.hpp"
#include "duckdb/planner/table_filter.hpp"

#include "sql/icefall_table_entry.h"
#include "table/fragment.h"

namespace icefall {

enum class FilterProof : uint8_t { kUnknown, kEveryRow, kNoRow };

// For a row that has to pass both.
FilterProof ProofOfBoth(FilterProof a, FilterProof b);

// Judges by statistics and partition values. What it says is of all rows of the file, deleted ones
// included, so it holds for any of them.
class FilterProver {
 public:
  FilterProver(duckdb::ClientContext& context, const IcefallTableEntry& table)
      : context_(context), table_(table) {}

  // `column`: position in the schema's fields; at or past their count it is unknown.
  FilterProof Prove(const Fragment& fragment, size_t column,
                    const duckdb::TableFilter& filter) const;

  // `columns`: for each reference in `condition`, the position in the schema's fields; absent: of
  // another column.
  FilterProof Prove(const Fragment& fragment, const duckdb::Expression& condition,
                    const std::vector<std::optional<size_t>>& columns) const;

  // What the column, one of the schema's fields, is in every row; absent when that is not known.
  std::optional<duckdb::Value> OnlyValue(const Fragment& fragment, size_t column) const;

 private:
  std::optional<duckdb::Value> PartitionValue(const Fragment& fragment, const Field& field,
                                              const duckdb::LogicalType& type) const;
  FilterProof Evaluate(const duckdb::Expression& condition) const;
  FilterProof ByStatistics(const Fragment& fragment, size_t column,
                           const duckdb::TableFilter& filter) const;

  duckdb::ClientContext& context_;
  const IcefallTableEntry& table_;
};

}  // namespace icefall
