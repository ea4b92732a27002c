// One data file of a table and what is known of its rows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "format/deletion_vector.h"
#include "table/ids.h"

namespace icefall {

// Longer texts do not fit in a number of 16 bytes that also has their size.
inline constexpr uint32_t kKnownTextSizeMax = 15;

// Of one (leaf) field over all rows that the file holds, deleted ones included.
struct ColumnStatistics {
  FieldId field;
  uint64_t null_count = 0;
  // Bounds in the text form of the SQL cast to VARCHAR; absent when all values are NULL or none
  // were kept. Never NaN.
  std::optional<std::string> lower_bound;
  std::optional<std::string> upper_bound;
  // The bound is a value that a live row has (text was not cut, no row that held it was deleted).
  bool lower_is_exact = false;
  bool upper_is_exact = false;
  bool has_nan = false;
  uint64_t size_bytes = 0;  // compressed, in the file
  // No text of the column has more bytes; absent: unknown, or more than kKnownTextSizeMax.
  std::optional<uint32_t> text_size_max;

  bool operator==(const ColumnStatistics&) const = default;
};

// Immutable and shared between snapshots; a change makes a new one.
struct Fragment {
  FragmentId id;
  std::string path;        // relative to the table's directory, '/' as separator, never ".."
  uint64_t row_count = 0;  // physical rows in the file
  uint64_t size_bytes = 0;
  uint64_t footer_size_bytes = 0;  // 0: unknown
  std::string sha256;              // of the file's bytes, hexadecimal; empty: unknown
  SchemaId schema;                 // that the file was written under
  // Row at position p has id first_row_id + p, unless the file stores `_row_id` (field id
  // 2147483540) and it is not NULL there.
  RowId first_row_id;
  bool has_row_ids = false;  // the file stores `_row_id`
  // The commit that added the file: `_last_updated_sequence_number` of its rows, unless stored.
  Sequence added_at;
  PartitionSpecId partition_spec;
  // One per field of the spec, text form, absent for NULL.
  std::vector<std::optional<std::string>> partition_values;
  std::vector<ColumnStatistics> statistics;

  // Deleted positions; null when none are. `deletes_version` is the sequence of the commit that
  // made this vector (0 when null): fragment id and version identify the live rows for ever.
  std::shared_ptr<const DeletionVector> deletes;
  Sequence deletes_version;

  uint64_t deleted_count() const { return deletes ? deletes->cardinality() : 0; }
  uint64_t live_count() const { return row_count - deleted_count(); }
};

using FragmentPointer = std::shared_ptr<const Fragment>;

}  // namespace icefall
