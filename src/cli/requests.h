// What was asked of buckets, for --verbose.
#pragma once

#include "session/session.h"

namespace icefall::cli {

// A line on standard error for each database or table whose store is reached by requests.
Result<void> PrintRequests(Session& session);

}  // namespace icefall::cli
