// Rows that hold the bounds of a data file, without reading that.
#pragma once

#include "sql/accel/bound_holders.h"

namespace icefall {

// What is remembered, or was noted when the file was written (facts_files.h), and is remembered
// then. Null when neither is. `column`: position in the schema's fields.
BoundHoldersPointer KnownBoundHolders(const IcefallTableEntry& table,
                                      const FragmentPointer& fragment, size_t column);

}  // namespace icefall
