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

DeletionVector InlineRows::LivePositions() const {
  DeletionVector live;
  for (const InlineBatchPointer& batch : batches) {
    live.AddRange(std::max(batch->first_position, floor), batch->first_position + batch->row_count);
  }
  if (deletes != nullptr) live -= *deletes;
  return live;
}

}  // namespace icefall
