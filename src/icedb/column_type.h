// DuckDB type names as icedb logs hold them, and which of them holds the values of which.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "icedb/log_file.h"

namespace icefall::icedb {

// The smallest type that holds all values of both exactly, as DuckDB spells it: BIGINT for INTEGER
// and BIGINT, and so on inside of lists, structs and maps. Nothing when there is none, as for
// BIGINT and VARCHAR, or BIGINT and DOUBLE.
std::optional<std::string> CommonType(std::string_view left, std::string_view right);

// Whether values of `narrow` can be stored as `wide` without loss.
bool CanHold(std::string_view wide, std::string_view narrow);

// A column of which logs say different things.
struct TypeConflict {
  std::string column;
  std::string type;      // the one that was there
  std::string new_type;  // does not fit it
  std::string source;    // the log file, or what else the new type came from
};

// Adds what `columns` knows and `all` does not. A type that differs is widened where a common one
// exists; the others are reported and stay as they were.
void UniteColumns(const Columns& columns, std::string_view source, Columns& all,
                  std::vector<TypeConflict>& conflicts);

// What an insert has to do about its columns' types in a table with these columns.
struct InsertColumns {
  // The columns of the insert with the types to write them with: the table's for those it knows.
  Columns columns;
  // Columns whose values the table's type does not hold.
  std::vector<TypeConflict> conflicts;
};
InsertColumns FitColumns(const Columns& table, const Columns& inserted);

// The type of a column of which no value is known; it is written to no log.
inline constexpr std::string_view kUnknownType = "\"NULL\"";

}  // namespace icefall::icedb
