// Rows that travel inside commit lines until they are flushed into a data file.
//
// A table has one inline fragment. Every row ever inlined has a position in it, given at commit in
// ascending order and never reused; deleted positions are kept in one deletion vector over
// them. Flushing raises the floor: everything below it has moved into data files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "format/deletion_vector.h"
#include "table/ids.h"

namespace icefall {

// The rows that one commit inlined. Immutable and shared between snapshots.
struct InlineBatch {
  uint64_t first_position = 0;
  uint64_t row_count = 0;
  Sequence added_at;
  SchemaId schema;              // whose top-level, stored fields the values follow, in order
  std::vector<FieldId> fields;  // the fields of each row, in order
  // JSON text: an array of rows, each an array of values; see docs/format/inline-rows.md.
  std::string rows;
  // Row i has id row_ids[i] where given (moved rows), else first_row_id + i.
  RowId first_row_id;
  std::vector<std::optional<RowId>> row_ids;  // empty: no row was moved
};

using InlineBatchPointer = std::shared_ptr<const InlineBatch>;

// The inline fragment at one snapshot. Deriving copies one pointer per batch.
struct InlineRows {
  std::vector<InlineBatchPointer> batches;  // ascending positions; none wholly below the floor
  uint64_t floor = 0;                       // positions below are gone
  uint64_t next_position = 0;
  std::shared_ptr<const DeletionVector> deletes;  // over positions >= floor; null when none
  Sequence deletes_version;                       // see Fragment::deletes_version

  uint64_t physical_count() const;  // rows in the batches at or above the floor
  uint64_t live_count() const { return physical_count() - (deletes ? deletes->cardinality() : 0); }
  uint64_t size_bytes() const;  // of the batches' text
  DeletionVector LivePositions() const;
};

}  // namespace icefall
