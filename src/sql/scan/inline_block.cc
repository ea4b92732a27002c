#include "sql/scan/inline_block.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/allocator.hpp"
#include "duckdb/common/exception.hpp"
#include <fmt/format.h>

#include "sql/inline_codec.h"
#include "sql/type_mapping.h"

namespace icefall {
namespace {

using duckdb::ColumnDataCollection;

duckdb::vector<duckdb::LogicalType> TypesOf(const Snapshot& snapshot, const InlineBatch& batch) {
  const auto schema = snapshot.schemas.find(batch.schema);
  duckdb::vector<duckdb::LogicalType> types;
  for (const auto id : batch.fields) {
    const auto* field = schema == snapshot.schemas.end() ? nullptr : schema->second->Find(id);
    if (field == nullptr) {
      throw duckdb::IOException(
          fmt::format("inline rows of commit {}: expected field {} in schema {}, found none",
                      batch.added_at.value, id.value, batch.schema.value));
    }
    types.push_back(ToDuckdb(field->type));
  }
  return types;
}

void AddRowNumbers(const InlineBatch& batch, InlineBlock& block) {
  for (uint64_t i = 0; i < batch.row_count; ++i) {
    block.positions.push_back(batch.first_position + i);
    block.row_ids.push_back(static_cast<int64_t>(batch.RowIdOf(i).value));
    block.sequences.push_back(static_cast<int64_t>(batch.added_at.value));
  }
}

// `batches` start with those of `before` (may be null).
InlineBlockPointer Extend(const Snapshot& snapshot, const InlineBlock* before,
                          const std::vector<InlineBatchPointer>& batches) {
  auto block =
      before == nullptr ? std::make_shared<InlineBlock>() : std::make_shared<InlineBlock>(*before);
  const auto& first = *batches.front();
  block->fields = first.fields;
  block->rows = std::make_shared<ColumnDataCollection>(duckdb::Allocator::DefaultAllocator(),
                                                       TypesOf(snapshot, first));
  if (before != nullptr) {
    for (auto& chunk : before->rows->Chunks()) block->rows->Append(chunk);
  }
  for (size_t i = block->batches.size(); i < batches.size(); ++i) {
    DecodeInlineRows(*batches[i], *block->rows);
    AddRowNumbers(*batches[i], *block);
  }
  block->batches = batches;
  return block;
}

}  // namespace

InlineBlockPointer DecodeBatchesOf(const Snapshot& snapshot,
                                   const std::vector<uint64_t>& positions) {
  std::vector<InlineBatchPointer> batches;
  for (const auto position : positions) {
    auto batch = snapshot.inline_rows.batches.Find(position);
    if (batches.empty() || batches.back() != batch) batches.push_back(std::move(batch));
  }
  return Extend(snapshot, nullptr, batches);
}

InlineBlockPointer InlineBlockCache::Get(const Snapshot& snapshot, SchemaId schema) {
  std::vector<InlineBatchPointer> batches;
  for (const auto& batch : snapshot.inline_rows.batches) {
    if (batch->schema == schema) batches.push_back(batch);
  }
  InlineBlockPointer before;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
      return entry.schema == schema && entry.table_uuid == snapshot.table_uuid;
    });
    if (found != entries_.end()) {
      if (found->block->batches == batches) {
        entries_.splice(entries_.begin(), entries_, found);
        return found->block;
      }
      before = found->block;
    }
  }
  const bool extends =
      before && before->batches.size() < batches.size() &&
      std::ranges::equal(before->batches, std::span(batches).first(before->batches.size()));
  auto block = Extend(snapshot, extends ? before.get() : nullptr, batches);
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const Entry& entry) {
    return entry.schema == schema && entry.table_uuid == snapshot.table_uuid;
  });
  entries_.push_front({snapshot.table_uuid, schema, block});
  if (entries_.size() > kBlockCountMax) entries_.pop_back();
  return block;
}

}  // namespace icefall
