// What is known of a column's values without opening files, in DuckDB's form.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "duckdb/function/partition_stats.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"

#include "table/snapshot.h"

namespace icefall {

// Bounds and NULLs of a top-level field over all rows of the fragment, deleted ones included.
// Null when nothing is known, which is so for nested types.
duckdb::unique_ptr<duckdb::BaseStatistics> FragmentStatistics(duckdb::ClientContext& context,
                                                              const Snapshot& snapshot,
                                                              const Fragment& fragment,
                                                              const Field& field,
                                                              const duckdb::LogicalType& type);

// What the fragment knows of a field; null when that is nothing.
const ColumnStatistics* StatisticsOfField(const Fragment& fragment, FieldId field);

// Whether the same is known of the field in both. Deleting rows makes another Fragment, but leaves
// what is said of its file's values.
bool HasSameStatistics(const Fragment& a, const Fragment& b, FieldId field);

// A bound as a value of the column's type; absent when there is none, or its text is in another
// order than the type.
std::optional<duckdb::Value> ParseBound(const std::optional<std::string>& text,
                                        const duckdb::LogicalType& type);

// The field's smallest and largest values in `stats` are those of live rows of the fragment.
bool BoundsAreExact(const Fragment& fragment, const Field& field);

// One entry per fragment, and one for the inline rows when there are any: exact live counts, and
// the statistics of the columns, so that COUNT(*), MIN and MAX need no scan.
duckdb::vector<duckdb::PartitionStatistics> PartitionStatisticsOf(
    duckdb::ClientContext& context, const SnapshotPointer& snapshot,
    const std::vector<FragmentPointer>& fragments, uint64_t inline_row_count);

}  // namespace icefall
