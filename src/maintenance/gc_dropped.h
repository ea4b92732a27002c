// Deleting what is stored of dropped tables.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "database/database.h"
#include "maintenance/gc.h"

namespace icefall {

// Of the tables that had this name when they were dropped; answers whether there is or was one.
// Adds to the report what it deletes: everything but a mark that no state of the table is left,
// which also keeps its directory from being given to another table. A table stays whole
//   - while a transaction of any process reads a state that has it: looked at before the mark and
//     again after it, as who begins to read the past later sees the mark;
//   - for as long as options.retain_micros reaches back to the drop, and on a store without locks
//     until the drop is older than the safe age.
// The drop has to be durable: it is one that readers may rely on. Stopped anywhere, another call
// goes on. Errors: kPermissionDenied; that of GoOn and the store's, and then some files are
// left.
Result<bool> CollectDropped(Database& database, Clock& clock, const ObjectName& name,
                            const GcOptions& options, GcReport& report);

}  // namespace icefall
