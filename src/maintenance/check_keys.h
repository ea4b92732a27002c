// The part of a check that looks at what constraints promise of the live rows.
#pragma once

#include <string>

#include "database/catalog_snapshot.h"
#include "maintenance/check_report.h"
#include "maintenance/data_file_reader.h"
#include "table/schema.h"

namespace icefall {

// Findings: DuplicateKey for a PRIMARY KEY or UNIQUE that two live rows share; UnexpectedNull for a
// column that must not be NULL and is; CheckViolated for rows that a CHECK refuses; IndexDiffers
// for an index file that is not what its data file leads to; KeysUnread when the rows cannot be
// read. `location` is the database's.
void CheckKeys(const std::string& location, const ObjectName& table, const Schema& schema,
               DataFileReader& reader, CheckReport& report);

}  // namespace icefall
