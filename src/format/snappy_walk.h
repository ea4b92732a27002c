// Where the blocks of a Snappy stream begin.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "format/snappy_elements.h"

namespace icefall {

// Of each multiple of `block_size_bytes` below `size_bytes`, the first element at or after it.
// Elements begin at `input`. Absent when they do not hold `size_bytes`.
//
// Where an element begins is known only after the one before it, so a walk waits for memory at each
// of them. This one walks from several places at once: a walk that began amid an element meets the
// elements' beginnings soon, as decoders of machine code do, and once the walk before it has come
// to where both meet, it is known what lies in front of it.
std::optional<std::vector<SnappyPlace>> FindSnappyBlocks(std::string_view compressed, size_t input,
                                                         size_t size_bytes,
                                                         size_t block_size_bytes);

}  // namespace icefall
