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
  // Reads every data file, compares its values with the statistics, and looks for keys that are
  // there twice and NULLs where there must be none; without, footers only.
  bool data = false;
  // Reads every data file and compares the SHA-256 of its bytes with that of its commit; `data`
  // does that, too.
  bool checksums = false;
};

// The hash chains of the catalog's log and the table's from their first lines, every manifest
// against a replay, every deletion vector, counts, and for the current snapshot: presence, size and
// row count of the data files, bounds and uniqueness of row ids. Where the log is damaged, current
// is what readers still see, or else what the last good line leads to. Damage is a finding, not an
// error. Errors: kNotFound "table 'T'
// not found"; what keeps the check itself from running.
Result<CheckReport> CheckTable(Database& database, const ObjectName& table, DataFileReader& reader,
                               const CheckOptions& options);

}  // namespace icefall
