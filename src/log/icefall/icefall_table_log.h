// The native log of a table: hash-chained JSON lines and manifests; see docs/format/log.md.
#pragma once

#include <memory>

#include "log/registry.h"
#include "log/table_log.h"

namespace icefall {

std::unique_ptr<TableLog> MakeIcefallTableLog(TableLogContext context);

}  // namespace icefall
