// The part of a check that looks at the data files of one snapshot.
#pragma once

#include "database/catalog_snapshot.h"
#include "maintenance/check.h"
#include "table/snapshot.h"

namespace icefall {

// Findings: DataFileMissing, DataFileSize, DataFileUnreadable, RowCount, RowId, RowIdTwice,
// Statistics. Counts and positions of deleted rows were compared when the log was read.
void CheckFiles(ObjectStore& store, const CatalogObject& table, const Snapshot& snapshot,
                DataFileReader& reader, const CheckOptions& options, CheckReport& report);

}  // namespace icefall
