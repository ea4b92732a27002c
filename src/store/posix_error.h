// The one place where errno becomes an Error.
#pragma once

#include <string_view>

#include "base/result.h"

namespace icefall {

ErrorCode CodeOfErrno(int number);

// "<path>: <call>: <what the system says>", with the code of CodeOfErrno.
Error PosixError(std::string_view path, std::string_view call, int number);

}  // namespace icefall
