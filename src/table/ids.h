// Strong numeric ids: a snapshot's sequence cannot be passed where a field id is meant.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace icefall {

template <typename Tag, typename Number>
struct StrongId {
  Number value = 0;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Number v) : value(v) {}
  constexpr auto operator<=>(const StrongId&) const = default;
  // The id after this one.
  constexpr StrongId Next() const { return StrongId(static_cast<Number>(value + 1)); }
};

// Number of a commit in one log; the first commit is 1, 0 is "before the first".
using Sequence = StrongId<struct SequenceTag, uint64_t>;
// Position of a commit in the order of all commits of one database; first is 1.
using DatabaseSequence = StrongId<struct DatabaseSequenceTag, uint64_t>;
// Identifies a (nested) field for the life of a table; never reused. Below 2147483447 (Iceberg).
using FieldId = StrongId<struct FieldIdTag, int32_t>;
// Identifies a schema version of a table.
using SchemaId = StrongId<struct SchemaIdTag, uint32_t>;
// Identifies a fragment of a table, given at commit in ascending order and never reused.
using FragmentId = StrongId<struct FragmentIdTag, uint64_t>;
// Identifies a row for its life: kept by update, merge and compaction.
using RowId = StrongId<struct RowIdTag, uint64_t>;
// Identifies a partition spec of a table; 0 is the unpartitioned one.
using PartitionSpecId = StrongId<struct PartitionSpecIdTag, uint32_t>;

}  // namespace icefall

template <typename Tag, typename Number>
struct std::hash<icefall::StrongId<Tag, Number>> {
  size_t operator()(const icefall::StrongId<Tag, Number>& id) const {
    return std::hash<Number>()(id.value);
  }
};
