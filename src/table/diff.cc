#include <algorithm>
#include <memory>
#include <utility>

#include "table/change_set.h"
#include "table/positions.h"

namespace icefall {
namespace {

bool HasExactBound(const ColumnStatistics& column) {
  return column.lower_is_exact || column.upper_is_exact;
}

// The columns that changed; absent when Apply arrives at `after` by itself.
std::optional<std::vector<ColumnStatistics>> DiffStatistics(const Fragment& before,
                                                            const Fragment& after) {
  std::vector<ColumnStatistics> changed;
  bool all_became_inexact = true;
  for (const ColumnStatistics& column : after.statistics) {
    const auto old = std::ranges::find(before.statistics, column.field, &ColumnStatistics::field);
    all_became_inexact &= old != before.statistics.end() && !HasExactBound(column);
    if (old != before.statistics.end() && *old == column) continue;
    changed.push_back(column);
    if (old == before.statistics.end()) continue;
    ColumnStatistics inexact = *old;
    inexact.lower_is_exact = inexact.upper_is_exact = false;
    all_became_inexact &= inexact == column;
  }
  if (all_became_inexact) return std::nullopt;
  return changed;
}

void DiffFragments(const Snapshot& base, const Snapshot& pending, ChangeSet& change) {
  FragmentSet::Diff(base.fragments, pending.fragments,
                    [&](const FragmentPointer& before, const FragmentPointer& after) {
                      if (before == nullptr) {
                        change.added_fragments.push_back(after);
                        return;
                      }
                      if (after == nullptr) {
                        change.removed_fragments.push_back(before->id);
                        return;
                      }
                      // Another object may still say the same.
                      if (after->deleted_count() == before->deleted_count()) return;
                      DeletionVector rows = *after->deletes;
                      if (before->deletes != nullptr) rows -= *before->deletes;
                      change.deleted_rows.emplace(after->id, std::move(rows));
                      if (auto statistics = DiffStatistics(*before, *after)) {
                        change.new_statistics.emplace(after->id, std::move(*statistics));
                      }
                    });
}

// An array that is not empty; whoever reads the rows reports anything else.
bool HasRows(const std::string& rows) {
  return rows.size() > 2 && rows.front() == '[' && rows.back() == ']';
}

bool Continues(const InlineBatch& first, const InlineBatch& second) {
  return first.first_position + first.row_count == second.first_position &&
         first.first_row_id.value + first.row_count == second.first_row_id.value &&
         first.schema == second.schema && first.fields == second.fields && first.row_ids.empty() &&
         second.row_ids.empty() && HasRows(first.rows) && HasRows(second.rows);
}

// One batch of what several statements of a transaction inlined one after another.
void JoinBatches(std::vector<InlineBatchPointer>& batches) {
  std::vector<InlineBatchPointer> joined;
  for (size_t i = 0; i < batches.size();) {
    size_t end = i + 1;
    while (end < batches.size() && Continues(*batches[end - 1], *batches[end])) ++end;
    if (end == i + 1) {
      joined.push_back(batches[i]);
    } else {
      auto batch = std::make_shared<InlineBatch>(*batches[i]);
      for (size_t next = i + 1; next < end; ++next) {
        batch->row_count += batches[next]->row_count;
        // Between the brackets of both arrays.
        batch->rows.back() = ',';
        batch->rows.append(batches[next]->rows, 1);
      }
      joined.push_back(std::move(batch));
    }
    i = end;
  }
  batches = std::move(joined);
}

void DiffInlineRows(const InlineRows& base, const InlineRows& pending, ChangeSet& change) {
  if (pending.deletes != nullptr && pending.deletes != base.deletes) {
    change.deleted_inline = *pending.deletes;
    if (base.deletes != nullptr) change.deleted_inline -= *base.deletes;
  }
  const auto first_added = std::ranges::lower_bound(
      pending.batches, base.next_position, {},
      [](const InlineBatchPointer& batch) { return batch->first_position; });
  uint64_t next_position = base.next_position;
  DeletionVector vanished;
  for (auto batch = first_added; batch != pending.batches.end(); ++batch) {
    const uint64_t begin = std::max((*batch)->first_position, pending.floor);
    const uint64_t end = (*batch)->first_position + (*batch)->row_count;
    if (change.deleted_inline.CardinalityInRange(begin, end) == end - begin) {
      vanished.AddRange(begin, end);
      continue;
    }
    change.added_inline.push_back(*batch);
    next_position = end;
  }
  JoinBatches(change.added_inline);
  change.deleted_inline -= vanished;
  // Rows that were added and flushed in between are not part of the change: their positions are
  // not used up, and so the floor cannot be above them.
  const uint64_t floor = std::min(pending.floor, next_position);
  if (floor > base.floor) change.inline_floor = floor;
}

void DiffSchemas(const Snapshot& base, const Snapshot& pending, ChangeSet& change) {
  if (pending.schema != base.schema &&
      (base.schema == nullptr || *pending.schema != *base.schema)) {
    change.schema = pending.schema;
    change.last_field_id = pending.last_field_id;
  }
  for (const auto& [id, schema] : pending.schemas) {
    if (id == pending.schema->id) continue;
    const auto known = base.schemas.find(id);
    if (known == base.schemas.end() || *known->second != *schema) {
      change.other_schemas.push_back(schema);
    }
  }
}

void DiffPartitioning(const Snapshot& base, const Snapshot& pending, ChangeSet& change) {
  if (pending.partition_spec != base.partition_spec) {
    change.partition_spec = pending.current_partition_spec();
  }
  for (const PartitionSpec& spec : pending.partition_specs) {
    if (spec.id != pending.partition_spec &&
        std::ranges::find(base.partition_specs, spec.id, &PartitionSpec::id) ==
            base.partition_specs.end()) {
      change.other_partition_specs.push_back(spec);
    }
  }
  if (pending.sort_order != base.sort_order) change.sort_order = pending.sort_order;
}

void DiffProperties(const Snapshot& base, const Snapshot& pending, ChangeSet& change) {
  for (const auto& [key, value] : pending.properties) {
    const auto old = base.properties.find(key);
    if (old == base.properties.end() || old->second != value) change.properties[key] = value;
  }
  for (const auto& [key, value] : base.properties) {
    if (!pending.properties.contains(key)) change.properties[key] = std::nullopt;
  }
}

}  // namespace

ChangeSet Diff(const Snapshot& base, const Snapshot& pending) {
  ChangeSet change;
  DiffFragments(base, pending, change);
  DiffInlineRows(base.inline_rows, pending.inline_rows, change);
  DiffSchemas(base, pending, change);
  DiffPartitioning(base, pending, change);
  DiffProperties(base, pending, change);
  change.row_id_count = pending.next_row_id.value - base.next_row_id.value;
  return change;
}

}  // namespace icefall
