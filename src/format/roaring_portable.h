// Checks of foreign bytes in the portable serialization of 32-bit roaring bitmaps
// (github.com/RoaringBitmap/RoaringFormatSpec), which CRoaring 0.2.66 reads on trust.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace icefall {

// Answers how many bytes the bitmap at the start of `bytes` takes, after checking all that its
// consumers rely on: lengths and offsets, container keys and values strictly ascending, stated
// cardinalities. Allocates nothing. Error: kCorruption.
Result<size_t> CheckPortableRoaring(std::string_view bytes);

}  // namespace icefall
