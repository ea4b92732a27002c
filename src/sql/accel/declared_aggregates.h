// The table option `aggregates`: which states are made when data files are written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "duckdb/main/client_context.hpp"
#include "duckdb/parser/column_list.hpp"

#include "table/snapshot.h"

namespace icefall {

// The table option, see sql/table_options.h: "sum(a), count(DISTINCT b) by region; count(*)".
inline constexpr const char* kAggregatesOption = "aggregates";

// One of the declarations, between semicolons. SQL expressions, separated by commas.
struct DeclaredAggregates {
  std::string aggregates;
  std::string keys;  // empty: none

  std::string Query(const std::string& from) const;
};

// The text of the option; empty when the table has none.
std::string AggregatesOption(const Snapshot& snapshot);

// Throws BinderException naming the table where the text has no expressions.
std::vector<DeclaredAggregates> ParseAggregates(const std::string& table, const std::string& text);

// Throws BinderException naming the table, and the column or aggregate, where declarations name
// columns that are not there, or anything that follows from no states.
void CheckAggregates(duckdb::ClientContext& context, const std::string& table,
                     const duckdb::ColumnList& columns, const std::string& text);

}  // namespace icefall
