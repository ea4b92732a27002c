// Files into tables and tables into files.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "session/identifier.h"
#include "session/import/file_format.h"
#include "session/session.h"

namespace icefall {

struct TableColumn {
  std::string name;
  std::string type;  // SQL spelling
};

// How a text file is read.
struct ReadOptions {
  ReadOptions() = default;
  ReadOptions(std::map<std::string, std::string> column_types,  // NOLINT: types are the options
              std::string null = {})                            // most callers have
      : types(std::move(column_types)), null_text(std::move(null)) {}

  // Column name to SQL type; other columns have the type of the table's, or the inferred one.
  std::map<std::string, std::string> types;
  // CSV and TSV: a field with this text is NULL, besides what the format itself has for it.
  std::string null_text;
};

// The columns of a table of the session's database. Error: kNotFound "table 'T' not found".
Result<std::vector<TableColumn>> DescribeTable(Session& session, const QualifiedName& table);

// Adds the rows of a file to a table, columns matched by name; answers their number. Values are
// read as the table's types. Nothing is added when anything fails. Errors: kNotFound for table or
// file; kInvalidArgument naming the file and what is wrong, for CSV and TSV with the line.
Result<uint64_t> InsertFile(Session& session, const QualifiedName& table, const std::string& path,
                            FileFormat format, const ReadOptions& options = {});

// The same, but makes the table when it is absent. The types are then the file's own, or inferred
// from all of it; `options.types` comes first. Errors: as InsertFile; a name in `options.types`
// that the file lacks.
Result<uint64_t> ImportFile(Session& session, const QualifiedName& table, const std::string& path,
                            FileFormat format, const ReadOptions& options = {});

// Writes the live rows of a table to a file, whole or not at all; answers their number. HUGEINT
// becomes DECIMAL(38,0) in Parquet, which has no wider integer.
Result<uint64_t> ExportTable(Session& session, const QualifiedName& table, const std::string& path,
                             FileFormat format);

}  // namespace icefall
