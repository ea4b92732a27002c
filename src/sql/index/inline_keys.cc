#include "sql/index/inline_keys.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/allocator.hpp"
#include "duckdb/common/error_data.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include <fmt/format.h>

#include "index/index_page.h"
#include "sql/inline_codec.h"
#include "sql/scan/column_definitions.h"
#include "sql/type_mapping.h"

namespace icefall {
namespace {

// Which of a batch's fields the key is made of.
struct KeyFields {
  std::vector<std::optional<size_t>> places;  // by column of the key: in `columns`
  std::vector<size_t> columns;                // in the batch's fields
  duckdb::vector<duckdb::LogicalType> types;  // of them, as the batch was written
};

KeyFields FieldsOf(const Snapshot& snapshot, const InlineBatch& batch, const KeyDefinition& key) {
  const auto& schema = *snapshot.schemas.at(batch.schema);
  KeyFields fields;
  for (const auto field : key.fields) {
    const auto found = std::ranges::find(batch.fields, field);
    if (found == batch.fields.end()) {
      fields.places.emplace_back();
      continue;
    }
    fields.places.emplace_back(fields.columns.size());
    fields.columns.push_back(static_cast<size_t>(found - batch.fields.begin()));
    fields.types.push_back(ToDuckdb(schema.Find(field)->type));
  }
  return fields;
}

}  // namespace

Result<InlineKeys::Batch> InlineKeys::Decode(const Snapshot& snapshot,
                                             const InlineBatchPointer& batch,
                                             duckdb::ClientContext* context) {
  Batch decoded{batch, {}};
  try {
    const auto fields = FieldsOf(snapshot, *batch, key_);
    if (context == nullptr && fields.columns.size() < key_.types.size()) {
      return Fail(ErrorCode::kUnsupported,
                  fmt::format("inline rows of commit {} were written before a column of key '{}' "
                              "was added",
                              batch->added_at.value, key_.name));
    }
    uint64_t position = batch->first_position;
    const auto add = [&](duckdb::DataChunk& rows) {
      duckdb::DataChunk values;
      values.Initialize(duckdb::Allocator::DefaultAllocator(), key_.types, rows.size());
      for (size_t c = 0; c < key_.types.size(); ++c) {
        if (!fields.places[c]) {
          values.data[c].Reference(InitialValue(*context, *snapshot.schema->Find(key_.fields[c])));
          continue;
        }
        auto& column = rows.data[*fields.places[c]];
        if (column.GetType() == key_.types[c]) {
          values.data[c].Reference(column);
        } else {
          duckdb::VectorOperations::DefaultCast(column, values.data[c], rows.size(), true);
        }
      }
      values.SetCardinality(rows.size());
      auto keys = MakeKeys(values);
      const auto* bytes = duckdb::FlatVector::GetData<duckdb::string_t>(keys);
      for (size_t row = 0; row < rows.size(); ++row) {
        std::string scratch;
        const auto key = StoredKey({bytes[row].GetData(), bytes[row].GetSize()}, scratch);
        decoded.entries.push_back(entries_.emplace(std::string(key), position++));
      }
    };
    DecodeInlineColumns(*batch, batch->fields.size(), fields.columns, fields.types, add);
  } catch (const std::exception& exception) {
    Forget(decoded);
    return Fail(ErrorCode::kCorruption, duckdb::ErrorData(exception).RawMessage());
  }
  return decoded;
}

void InlineKeys::Forget(const Batch& batch) {
  for (const auto& entry : batch.entries) entries_.erase(entry);
}

Result<void> InlineKeys::Follow(const Snapshot& snapshot, duckdb::ClientContext* context) {
  const auto& wanted = snapshot.inline_rows.batches;
  const auto first = std::ranges::find(batches_, wanted.front(), &Batch::batch);
  const auto skipped = static_cast<size_t>(first - batches_.begin());
  // Batches of one history only come at the end and go at the front: where one is the same, so are
  // those between it and the first.
  size_t same = std::min(batches_.size() - skipped, wanted.size());
  while (same > 0 && batches_[skipped + same - 1].batch != wanted[same - 1]) --same;
  while (batches_.size() > skipped + same) {
    Forget(batches_.back());
    batches_.pop_back();
  }
  for (size_t i = 0; i < skipped && (same == 0 || skipped > wanted.size() + 1000); ++i) {
    Forget(batches_.front());
    batches_.pop_front();
  }
  for (size_t i = same; i < wanted.size(); ++i) {
    ICEFALL_ASSIGN_OR_RETURN(Batch batch, Decode(snapshot, wanted[i], context));
    batches_.push_back(std::move(batch));
  }
  return {};
}

Result<void> InlineKeys::ForEachFrom(const Snapshot& snapshot, duckdb::ClientContext* context,
                                     std::string_view from, const Visit& visit) {
  const auto& rows = snapshot.inline_rows;
  if (rows.batches.empty()) return {};
  const std::lock_guard lock(mutex_);
  ICEFALL_RETURN_IF_ERROR(Follow(snapshot, context));
  for (auto entry = entries_.lower_bound(from); entry != entries_.end(); ++entry) {
    const uint64_t position = entry->second;
    if (position < rows.floor || (rows.deletes && rows.deletes->Contains(position))) continue;
    if (visit(entry->first, position)) break;
  }
  return {};
}

std::shared_ptr<InlineKeys> InlineKeyCache::Get(const std::string& table_uuid,
                                                const KeyDefinition& key) {
  std::string name = table_uuid + KeyIdentity(key);
  for (const auto field : key.fields) name += fmt::format(" {}", field.value);
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(items_, name, &Item::first);
  Item item = found == items_.end() ? Item(name, std::make_shared<InlineKeys>(key)) : *found;
  if (found != items_.end()) items_.erase(found);
  items_.push_front(item);
  if (items_.size() > kTableCountMax) items_.pop_back();
  return item.second;
}

}  // namespace icefall
