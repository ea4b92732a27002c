// The same work for many numbers on a few threads.
#pragma once

#include <cstddef>
#include <functional>

#include "base/result.h"

namespace icefall {

// Calls `work(i)` for each i below `count`, at most `thread_count_max` calls at once, one of the
// threads the caller's. After the first error no further call begins; that error is the answer, and
// comes when all calls have ended. `work` is called from several threads.
Result<void> ForEachInParallel(size_t count, size_t thread_count_max,
                               const std::function<Result<void>(size_t)>& work);

}  // namespace icefall
