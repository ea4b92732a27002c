// Verifies what is stored of a table against itself. Reads only, changes nothing.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "database/database.h"
#include "maintenance/check_report.h"
#include "maintenance/data_file_reader.h"

namespace icefall {

struct CheckOptions {
  // Reads every data file and compares its values with the statistics; without, footers only.
  bool data = false;
};

// The log's hash chain from its first line, every manifest against a replay, every deletion vector,
// and for the current snapshot: presence, size and row count of the data files, bounds and
// uniqueness of row ids, counts. Damage is a finding, not an error. Errors: kNotFound "table 'T'
// not found"; what keeps the check itself from running.
Result<CheckReport> CheckTable(Database& database, const ObjectName& table, DataFileReader& reader,
                               const CheckOptions& options);

}  // namespace icefall
