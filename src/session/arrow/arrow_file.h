// Arrow IPC files, with or without a footer, as Arrow C streams.
#pragma once

#include <string>

#include "base/result.h"

struct ArrowArrayStream;

namespace icefall {

// Reads batch by batch. Errors: kNotFound, kPermissionDenied, kInvalidArgument naming the file.
Result<void> OpenArrowFile(const std::string& path, ArrowArrayStream* stream);

}  // namespace icefall
