#include "table/inline_rows.h"

#include <algorithm>

namespace icefall {

uint64_t InlineRows::physical_count() const {
  uint64_t count = 0;
  for (const InlineBatchPointer& batch : batches) {
    const uint64_t end = batch->first_position + batch->row_count;
    if (end > floor) count += end - std::max(batch->first_position, floor);
  }
  return count;
}

uint64_t InlineRows::size_bytes() const {
  uint64_t size = 0;
  for (const InlineBatchPointer& batch : batches) size += batch->rows.size();
  return size;
}

}  // namespace icefall
