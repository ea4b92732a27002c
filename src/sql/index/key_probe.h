// Which live rows have keys of a given set.
#pragma once

#include <functional>
#include <string_view>

#include "index/index_file.h"
#include "index/key_run.h"
#include "sql/index/inline_keys.h"
#include "table/fragment.h"

namespace icefall {

// Called with every live row found, by ascending keys; answers true to stop.
using KeyVisit = std::function<bool(std::string_view key, uint64_t position)>;

// `file` is the fragment's index, `run` sorted. Cost follows the smaller of both. Error:
// kCorruption of the file.
Result<void> ProbeFragment(const IndexFile& file, const Fragment& fragment, const KeyRun& run,
                           const KeyVisit& visit);

// Errors and `context`: of InlineKeys::ForEachFrom.
Result<void> ProbeInlineRows(InlineKeys& keys, const Snapshot& snapshot,
                             duckdb::ClientContext* context, const KeyRun& run,
                             const KeyVisit& visit);

}  // namespace icefall
