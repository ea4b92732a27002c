// Deleting what is stored of a dropped table, past included.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "database/database.h"

namespace icefall {

struct PurgePlan {
  std::string directory;  // of the table, relative to the database
};

// Looks the table up while it still has its name. Error: kNotFound "table 'T' not found".
Result<PurgePlan> PlanPurge(Database& database, const ObjectName& table);

// Deletes every object of the table's directory but its mark (dropped_files.h); answers how many.
// Readers that still use the table fail. Errors: kInvalidArgument when the table still has a name;
// the store's, and then some objects are left for another call.
Result<uint64_t> Purge(Database& database, const PurgePlan& plan);

}  // namespace icefall
