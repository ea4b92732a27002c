// What writers of an icedb table agree on: "_maintenance/options.json" beside its log, which the
// original does not look at. A table without it has none of these.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/object_store.h"

namespace icefall::icedb {

struct TableOptions {
  std::string partition_by;  // a rule as in partition_rule.h; empty: none
  std::string sort_order;    // an ORDER BY list; empty: none
  std::string codec;         // of Parquet; empty: as whoever writes chooses
  // Log files, at least, that whoever inserts puts into one; 0: nobody does.
  uint64_t merge_logs_after = 128;
  friend bool operator==(const TableOptions&, const TableOptions&) = default;
};

// `log_prefix`: that of the table's log in `store`. Errors: kCorruption naming the object; those of
// the store.
Result<TableOptions> ReadTableOptions(ObjectStore& store, std::string_view log_prefix);

// Replaces what is there. Errors: kInvalidArgument for a wrong rule; those of the store.
Result<void> StoreTableOptions(ObjectStore& store, std::string_view log_prefix,
                               const TableOptions& options);

}  // namespace icefall::icedb
