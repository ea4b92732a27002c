#include "table/inline_rows.h"

#include <algorithm>

namespace icefall {

RowId InlineBatch::RowIdOf(uint64_t row) const {
  if (row < row_ids.size() && row_ids[row]) return *row_ids[row];
  return RowId(first_row_id.value + row);
}

InlineBatches::InlineBatches(std::initializer_list<InlineBatchPointer> batches) {
  for (const auto& batch : batches) push_back(batch);
}

InlineBatchPointer InlineBatches::Find(uint64_t position) const {
  const auto above = std::ranges::upper_bound(
      *this, position, {}, [](const InlineBatchPointer& batch) { return batch->first_position; });
  if (above == begin()) return nullptr;
  const auto& batch = *(above - 1);
  return position - batch->first_position < batch->row_count ? batch : nullptr;
}

void InlineBatches::push_back(InlineBatchPointer batch) {
  row_count_ += batch->row_count;
  size_bytes_ += batch->rows.size();
  ++schemas_[batch->schema];
  const size_t end = first_ + size_;
  auto block = std::make_shared<Block>();
  if (end % kBlockSize > 0) {
    block->reserve(blocks_.back()->size() + 1);
    *block = *blocks_.back();
    blocks_.pop_back();
  }
  block->push_back(std::move(batch));
  blocks_.push_back(std::move(block));
  ++size_;
}

void InlineBatches::DropFront(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const auto& batch = *(*this)[i];
    row_count_ -= batch.row_count;
    size_bytes_ -= batch.rows.size();
    const auto schema = schemas_.find(batch.schema);
    if (--schema->second == 0) schemas_.erase(schema);
  }
  size_ -= count;
  first_ += count;
  blocks_.erase(blocks_.begin(),
                blocks_.begin() + static_cast<std::ptrdiff_t>(first_ / kBlockSize));
  first_ %= kBlockSize;
  if (size_ == 0) clear();
}

uint64_t InlineRows::physical_count() const {
  if (batches.empty() || floor <= batches.front()->first_position) return batches.row_count();
  // It can only be in the first batch.
  const auto& first = *batches.front();
  return batches.row_count() - std::min(floor - first.first_position, first.row_count);
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
