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
  // Reads every data file that a snapshot needs which can be travelled to, once, and compares the
  // SHA-256 of its bytes with that of its commit; index files with the checksums in them. `data`
  // does that, too.
  bool checksums = false;
};

// The hash chains of the catalog's log and the table's from their first lines, every manifest
// against a replay, every deletion vector, counts, presence and size of the data files of every
// snapshot that can be travelled to, and for the current one their row counts, bounds and
// uniqueness of row ids. Where the log is damaged, current is what readers still see, or else what
// the last good line leads to. Looks again, twice at most, when there is damage and gc has given up
// snapshots meanwhile. Damage is a finding, not an error. Errors: kNotFound "table 'T' not found";
// what keeps the check itself from running.
Result<CheckReport> CheckTable(Database& database, const ObjectName& table, DataFileReader& reader,
                               const CheckOptions& options);

}  // namespace icefall
