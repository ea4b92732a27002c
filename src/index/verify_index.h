// Compares the bytes of an index file with the checksums in them.
#pragma once

#include <string_view>

#include "base/result.h"

namespace icefall {

// `bytes` is the whole file. Error: kCorruption naming the first page that is damaged.
Result<void> VerifyIndexBytes(std::string_view bytes);

}  // namespace icefall
