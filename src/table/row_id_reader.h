// The ids of a data file's rows, for those who decide about rows without reading them otherwise.
#pragma once

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "table/fragment.h"

namespace icefall {

using RowIdVisitor = std::function<void(uint64_t position, RowId id)>;

// Visits every physical row of a fragment whose file stores ids (Fragment::has_row_ids), in any
// order. Error: whatever keeps the file from being read.
using RowIdReader = std::function<Result<void>(const Fragment& fragment, const RowIdVisitor&)>;

}  // namespace icefall
