// Table logs by the name under which a table's log is stored in the catalog.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "log/icefall/transaction_outcomes.h"
#include "log/manifest_hints.h"
#include "log/table_log.h"
#include "store/object_store.h"

namespace icefall {

// What a log is opened with; store, clock, outcomes and hints are lent.
struct TableLogContext {
  ObjectStore& store;
  Clock& clock;
  TransactionOutcomes& outcomes;
  std::string directory;
  std::string table_uuid;
  uint64_t segment_size_bytes_max = 0;
  const ManifestHints* hints = nullptr;  // may be null
};

// Reads and writes nothing. Error: kUnsupported naming the log and the known ones.
Result<std::unique_ptr<TableLog>> MakeTableLog(std::string_view log_name, TableLogContext context);

}  // namespace icefall
