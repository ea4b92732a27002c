// A table's columns and constraints.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "table/ids.h"
#include "table/type.h"

namespace icefall {

struct Constraint {
  // kIndex and kUniqueIndex: what CREATE INDEX makes; no more than a way to find rows, and that
  // with the promise of kUnique.
  enum class Kind : uint8_t { kCheck, kPrimaryKey, kUnique, kIndex, kUniqueIndex };
  Kind kind = Kind::kCheck;
  std::string name;             // as given or derived; unique within the table
  std::string expression;       // kCheck: SQL over the table's columns
  std::vector<FieldId> fields;  // all others: the key, in order

  bool operator==(const Constraint&) const = default;
};

constexpr bool IsIndex(Constraint::Kind kind) {
  return kind == Constraint::Kind::kIndex || kind == Constraint::Kind::kUniqueIndex;
}
// No two rows may have the same key.
constexpr bool IsUnique(Constraint::Kind kind) {
  return kind != Constraint::Kind::kCheck && kind != Constraint::Kind::kIndex;
}

// Immutable once in a snapshot.
struct Schema {
  SchemaId id;
  std::vector<Field> fields;
  std::vector<Constraint> constraints;

  // Top-level field by name, ASCII case-insensitively as in SQL; null when there is none.
  const Field* Find(std::string_view name) const;
  // Field of any depth by id; null when there is none.
  const Field* Find(FieldId id) const;

  bool operator==(const Schema&) const = default;
};

// Gives every field and nested field without an id (value 0) the ids after `last_used`, depth
// first in order; answers the last id used.
FieldId AssignFieldIds(Schema& schema, FieldId last_used);

// The largest id of a field at any depth; 0 when there are no fields.
FieldId LastFieldId(const Schema& schema);

// Names are non-empty and unique per level (case-insensitive), ids are positive, unique and in
// range, children fit their kind, constraint fields exist. Error: kInvalidArgument naming the
// field.
Result<void> ValidateSchema(const Schema& schema);

// How rows are spread over files. Transforms are Iceberg's, in its spelling: "identity", "year",
// "month", "day", "hour", "bucket[16]", "truncate[4]".
struct PartitionField {
  FieldId source;
  std::string transform;
  std::string name;  // of the partition column, unique in the spec: "region", "ts_day"

  bool operator==(const PartitionField&) const = default;
};

struct PartitionSpec {
  PartitionSpecId id;
  std::vector<PartitionField> fields;  // empty: unpartitioned

  bool operator==(const PartitionSpec&) const = default;
};

struct SortField {
  std::string expression;  // SQL over the table's columns, usually a quoted column name
  bool descending = false;
  bool nulls_first = false;

  bool operator==(const SortField&) const = default;
};

struct SortOrder {
  std::vector<SortField> fields;  // empty: unsorted

  bool operator==(const SortOrder&) const = default;
};

}  // namespace icefall
