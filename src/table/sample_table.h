// A small table for tests, and what is added to it.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "table/change_set.h"

namespace icefall::sample {

// A Result that failed with exactly this code and message.
MATCHER_P2(FailsWith, code, message,
           fmt::format("fails with {}: {}", ErrorCodeName(code), std::string(message))) {
  if (arg.has_value()) {
    *result_listener << "which succeeded";
    return false;
  }
  *result_listener << "which failed with " << ErrorCodeName(arg.error().code()) << ": "
                   << arg.error().message();
  return arg.error().code() == code && arg.error().message() == message;
}

inline Field Column(int32_t id, std::string name, std::string type) {
  Field field;
  field.id = FieldId(id);
  field.name = std::move(name);
  field.type = Type::Primitive(std::move(type));
  return field;
}

inline DeletionVector Rows(std::initializer_list<uint64_t> positions) {
  DeletionVector rows;
  for (const uint64_t position : positions) rows.Add(position);
  return rows;
}

inline std::vector<uint64_t> Positions(const DeletionVector& rows) {
  std::vector<uint64_t> positions;
  rows.ForEach([&](uint64_t position) {
    positions.push_back(position);
    return true;
  });
  return positions;
}

inline CommitInfo Commit(uint64_t sequence) {
  CommitInfo info;
  info.sequence = Sequence(sequence);
  info.database_sequence = DatabaseSequence(100 + sequence);
  info.committed_at = static_cast<TimestampMicros>(1000 * sequence);
  info.parent_hash = fmt::format("hash{}", sequence - 1);
  info.hash = fmt::format("hash{}", sequence);
  return info;
}

// Column `id` has exact bounds, column `name` none.
inline std::shared_ptr<Fragment> DataFile(uint64_t id, uint64_t first_row_id, uint64_t row_count,
                                          uint32_t schema = 1) {
  auto fragment = std::make_shared<Fragment>();
  fragment->id = FragmentId(id);
  fragment->path = fmt::format("data/{}.parquet", id);
  fragment->row_count = row_count;
  fragment->size_bytes = 100 * row_count;
  fragment->schema = SchemaId(schema);
  fragment->first_row_id = RowId(first_row_id);
  ColumnStatistics bounds;
  bounds.field = FieldId(1);
  bounds.lower_bound = std::to_string(first_row_id);
  bounds.upper_bound = std::to_string(first_row_id + row_count - 1);
  bounds.lower_is_exact = bounds.upper_is_exact = true;
  fragment->statistics = {bounds};
  return fragment;
}

inline std::shared_ptr<InlineBatch> Batch(uint64_t first_position, uint64_t first_row_id,
                                          uint64_t row_count, uint32_t schema = 1) {
  auto batch = std::make_shared<InlineBatch>();
  batch->first_position = first_position;
  batch->row_count = row_count;
  batch->schema = SchemaId(schema);
  batch->fields = {FieldId(1), FieldId(2)};
  batch->rows = fmt::format("[[{},null]]", first_row_id);
  batch->first_row_id = RowId(first_row_id);
  return batch;
}

// Schema 1: `id` BIGINT NOT NULL (field 1), `name` VARCHAR (field 2).
inline Schema TwoColumns() {
  Schema schema;
  schema.id = SchemaId(1);
  schema.fields = {Column(1, "id", "BIGINT"), Column(2, "name", "VARCHAR")};
  schema.fields[0].required = true;
  return schema;
}

// The same columns under another id, for tests to change.
inline std::shared_ptr<Schema> NextSchema(const Snapshot& snapshot) {
  auto schema = std::make_shared<Schema>(*snapshot.schema);
  schema->id = schema->id.Next();
  return schema;
}

inline void SetSchema(ChangeSet& change, std::shared_ptr<const Schema> schema) {
  change.last_field_id = std::max(FieldId(2), LastFieldId(*schema));
  change.schema = std::move(schema);
}

// Commit 1: fragments 1 (rows 0 to 9) and 2 (rows 10 to 19), inline rows at positions 0 to 3 (rows
// 20 to 23), property "color" = "red".
inline Snapshot Table() {
  ChangeSet change;
  change.operation = "insert";
  change.added_fragments = {DataFile(1, 0, 10), DataFile(2, 10, 10)};
  change.added_inline = {Batch(0, 20, 4)};
  change.properties["color"] = "red";
  change.row_id_count = 24;
  auto table = Apply(EmptySnapshot("table-uuid", TwoColumns()), change, Commit(1));
  EXPECT_TRUE(table.has_value()) << table.error().message();
  return *std::move(table);
}

// Every live row as "<file>@<position>" or "<inline text>@<offset>"; added rows keep this name
// wherever Rebase moves them.
inline std::set<std::string> LiveRows(const Snapshot& snapshot) {
  std::set<std::string> rows;
  snapshot.fragments.ForEach([&](const FragmentPointer& fragment) {
    for (uint64_t i = 0; i < fragment->row_count; ++i) {
      if (fragment->deletes != nullptr && fragment->deletes->Contains(i)) continue;
      rows.insert(fmt::format("{}@{}", fragment->path, i));
    }
  });
  const InlineRows& inline_rows = snapshot.inline_rows;
  for (const InlineBatchPointer& batch : inline_rows.batches) {
    for (uint64_t i = 0; i < batch->row_count; ++i) {
      const uint64_t position = batch->first_position + i;
      if (position < inline_rows.floor) continue;
      if (inline_rows.deletes != nullptr && inline_rows.deletes->Contains(position)) continue;
      rows.insert(fmt::format("{}@{}", batch->rows, i));
    }
  }
  return rows;
}

}  // namespace icefall::sample
