// A TSV file as rows of typed columns for DuckDB.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "duckdb/common/types.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/relation.hpp"

#include "session/import/tsv_inference.h"

namespace icefall {

struct TsvPlan {
  std::string path;
  TsvShape shape;
  // Parallel to shape.names; may differ from the inferred types.
  std::vector<duckdb::LogicalType> types;
};

// Registers the table function that ScanTsv uses. Once per DuckDB instance.
void RegisterTsvScan(duckdb::DatabaseInstance& instance);

// The rows of the file. `plan` must outlive the relation. A value that does not fit its column's
// type ends the scan with InvalidInputException naming file, line, column, value and type.
duckdb::shared_ptr<duckdb::Relation> ScanTsv(duckdb::Connection& connection, const TsvPlan& plan);

}  // namespace icefall
