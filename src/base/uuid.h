// UUIDs of version 7 (RFC 9562): unique names that sort by creation time.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace icefall {

// A fresh UUIDv7 in the 36-character lower-case form. Thread-safe. The random bits come from the
// operating system's generator, so processes never need to agree on anything.
std::string NewUuid(Clock& clock);

// True for exactly the 36-character lower-case form (any version).
bool IsUuid(std::string_view text);

}  // namespace icefall
