// Data files (*.parquet) that no log names: left by inserts and merges that stopped half way.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "icedb/table.h"
#include "store/object_store.h"

namespace icefall::icedb {

// Those that were stored `age_ms_min` or longer ago. A younger one may be of an insert or merge
// that is under way; one that takes longer finds its files gone and fails. Errors: those of the
// store.
Result<std::vector<ObjectInfo>> FindOrphans(Table& table, int64_t age_ms_min);

// Deletes them.
Result<void> DeleteOrphans(Table& table, const std::vector<ObjectInfo>& orphans);

}  // namespace icefall::icedb
