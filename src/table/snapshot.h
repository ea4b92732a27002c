// The complete state of one table at one commit.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "table/fragment_set.h"
#include "table/ids.h"
#include "table/inline_rows.h"
#include "table/schema.h"

namespace icefall {

// Immutable once shared; cheap to derive from its parent.
struct Snapshot {
  std::string table_uuid;
  Sequence sequence;
  DatabaseSequence database_sequence;
  std::string parent_hash;  // SHA-256 (hex) of the parent's commit line; "" for the first
  std::string hash;         // of this commit's line
  TimestampMicros committed_at = 0;
  std::string operation;  // "create", "insert", "delete", "update", "merge", "alter", "compact", …

  std::shared_ptr<const Schema> schema;
  // Every schema that a live fragment was written under, the current one included.
  std::map<SchemaId, std::shared_ptr<const Schema>> schemas;
  FieldId last_field_id;
  std::vector<PartitionSpec> partition_specs;  // all that live fragments use, by id
  PartitionSpecId partition_spec;              // current
  SortOrder sort_order;
  std::map<std::string, std::string> properties;

  FragmentSet fragments;
  InlineRows inline_rows;

  FragmentId next_fragment_id{1};
  RowId next_row_id;

  uint64_t live_row_count = 0;  // of fragments and inline rows

  const PartitionSpec& current_partition_spec() const;
};

using SnapshotPointer = std::shared_ptr<const Snapshot>;

}  // namespace icefall
