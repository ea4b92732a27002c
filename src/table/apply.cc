#include <algorithm>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "table/change_set.h"
#include "table/positions.h"

namespace icefall {
namespace {

std::unexpected<Error> Corrupt(std::string message) {
  return Fail(ErrorCode::kCorruption, std::move(message));
}

std::string NameOf(const Fragment& fragment) {
  return fmt::format("fragment {} ({})", fragment.id.value, fragment.path);
}

std::string NameOf(const InlineBatch& batch) {
  return fmt::format("inline rows from position {}", batch.first_position);
}

// The row ids that a change may give out, and those it has.
class RowIdReserve {
 public:
  RowIdReserve(RowId begin, uint64_t count) : begin_(begin.value), count_(count) {}

  uint64_t end() const { return begin_ + count_; }

  // Whether [first, first + count) are ids of rows that moved, below the reserve, or in it.
  Result<void> Check(const std::string& owner, RowId first, uint64_t count) const {
    const bool is_moved = count <= begin_ && first.value <= begin_ - count;
    if (is_moved || IsReserved(first, count)) return {};
    return Corrupt(
        fmt::format("{}: expected {} row ids below {}, or from there below {}, found "
                    "them from {} on",
                    owner, count, begin_, end(), first.value));
  }

  // Gives them to new rows, where they are in the reserve.
  Result<void> Take(const std::string& owner, RowId first, uint64_t count) {
    ICEFALL_RETURN_IF_ERROR(Check(owner, first, count));
    if (IsReserved(first, count) && count > 0) taken_.emplace_back(first.value, count);
    return {};
  }

  Result<void> CheckNoneTakenTwice() {
    std::ranges::sort(taken_);
    for (size_t i = 1; i < taken_.size(); ++i) {
      const auto [first, count] = taken_[i - 1];
      if (taken_[i].first - first >= count) continue;
      return Corrupt(fmt::format("row id {} is given to two added rows", taken_[i].first));
    }
    return {};
  }

 private:
  bool IsReserved(RowId first, uint64_t count) const {
    return first.value >= begin_ && count <= count_ && first.value - begin_ <= count_ - count;
  }

  uint64_t begin_;
  uint64_t count_;
  std::vector<std::pair<uint64_t, uint64_t>> taken_;  // first id, count
};

// Derives the next snapshot part by part; a failed part leaves `next` to be thrown away.
class Application {
 public:
  Application(const Snapshot& base, const ChangeSet& change, const CommitInfo& info)
      : base_(base),
        change_(change),
        info_(info),
        next_(base),
        row_ids_(base.next_row_id, change.row_id_count) {}

  Result<Snapshot> Run() {
    if (base_.next_row_id.value > std::numeric_limits<uint64_t>::max() - change_.row_id_count) {
      return Corrupt(fmt::format("{} row ids from {} on pass the largest id", change_.row_id_count,
                                 base_.next_row_id.value));
    }
    ApplyCommitInfo();
    ICEFALL_RETURN_IF_ERROR(ApplySchema());
    ICEFALL_RETURN_IF_ERROR(ApplyPartitioning());
    ApplyProperties();
    ICEFALL_RETURN_IF_ERROR(ApplyFragments());
    ICEFALL_RETURN_IF_ERROR(ApplyInlineRows());
    ICEFALL_RETURN_IF_ERROR(row_ids_.CheckNoneTakenTwice());
    next_.next_row_id = RowId(row_ids_.end());
    PruneSchemas();
    return std::move(next_);
  }

 private:
  void ApplyCommitInfo();
  Result<void> ApplySchema();
  Result<void> ApplyOtherSchemas();
  Result<void> ApplyPartitioning();
  Result<void> AddPartitionSpec(const PartitionSpec& spec);
  void ApplyProperties();

  Result<void> ApplyFragments();
  Result<void> RemoveFragments(std::vector<FragmentSet::Edit>& edits);
  Result<void> DeleteRows(std::vector<FragmentSet::Edit>& edits);
  Result<void> AddFragments(std::vector<FragmentSet::Edit>& edits);
  Result<void> CheckAddedFragment(const Fragment& fragment);

  Result<void> ApplyInlineRows();
  Result<void> AddInlineBatch(const InlineBatchPointer& batch);
  Result<void> DeleteInlineRows();
  Result<void> RaiseInlineFloor(uint64_t floor);

  Result<void> CheckSchemaIsKnown(const std::string& owner, SchemaId schema) const;
  void PruneSchemas();

  const Snapshot& base_;
  const ChangeSet& change_;
  const CommitInfo& info_;
  Snapshot next_;
  RowIdReserve row_ids_;
  std::set<SchemaId> maybe_unused_schemas_;
};

void Application::ApplyCommitInfo() {
  next_.sequence = info_.sequence;
  next_.database_sequence = info_.database_sequence;
  next_.committed_at = info_.committed_at;
  next_.parent_hash = info_.parent_hash;
  next_.hash = info_.hash;
  next_.operation = change_.operation;
}

Result<void> Application::ApplySchema() {
  if (change_.schema != nullptr) {
    const Schema& schema = *change_.schema;
    // A table that was never committed may stand on an empty schema of any id.
    const bool is_first =
        base_.schema == nullptr || (base_.sequence.value == 0 && base_.schema->fields.empty());
    if (!is_first && schema.id <= base_.schema->id) {
      return Corrupt(fmt::format("schema {}: expected an id above {}", schema.id.value,
                                 base_.schema->id.value));
    }
    if (auto valid = ValidateSchema(schema); !valid.has_value()) {
      return Corrupt(fmt::format("schema {}: {}", schema.id.value, valid.error().message()));
    }
    if (change_.last_field_id < LastFieldId(schema) ||
        change_.last_field_id < base_.last_field_id) {
      return Corrupt(fmt::format(
          "schema {}: expected a last field id of at least {}, found {}", schema.id.value,
          std::max(LastFieldId(schema), base_.last_field_id).value, change_.last_field_id.value));
    }
    if (is_first) next_.schemas.clear();
    if (base_.schema != nullptr) maybe_unused_schemas_.insert(base_.schema->id);
    next_.schema = change_.schema;
    next_.schemas[schema.id] = change_.schema;
    next_.last_field_id = change_.last_field_id;
  }
  if (next_.schema == nullptr) return Corrupt("expected a schema in a table's first change");
  return ApplyOtherSchemas();
}

Result<void> Application::ApplyOtherSchemas() {
  for (const auto& schema : change_.other_schemas) {
    if (schema->id >= next_.schema->id) {
      return Corrupt(fmt::format("schema {}: expected an id below the current {}", schema->id.value,
                                 next_.schema->id.value));
    }
    const auto [known, is_new] = next_.schemas.emplace(schema->id, schema);
    if (!is_new && *known->second != *schema) {
      return Corrupt(
          fmt::format("schema {}: the table has another with this id", schema->id.value));
    }
    maybe_unused_schemas_.insert(schema->id);
  }
  return {};
}

Result<void> Application::AddPartitionSpec(const PartitionSpec& spec) {
  auto& specs = next_.partition_specs;
  const auto known = std::ranges::find(specs, spec.id, &PartitionSpec::id);
  if (known == specs.end()) {
    if (!specs.empty() && spec.id < specs.back().id) {
      return Corrupt(fmt::format("partition spec {}: expected an id above {}", spec.id.value,
                                 specs.back().id.value));
    }
    specs.push_back(spec);
  } else if (*known != spec) {
    return Corrupt(
        fmt::format("partition spec {}: the table has another with this id", spec.id.value));
  }
  return {};
}

Result<void> Application::ApplyPartitioning() {
  std::vector<const PartitionSpec*> added;
  for (const PartitionSpec& spec : change_.other_partition_specs) added.push_back(&spec);
  if (change_.partition_spec.has_value()) added.push_back(&*change_.partition_spec);
  // The current one may be older than the others: a transaction can go back to a spec.
  std::ranges::sort(added, {}, [](const PartitionSpec* spec) { return spec->id; });
  for (const PartitionSpec* spec : added) ICEFALL_RETURN_IF_ERROR(AddPartitionSpec(*spec));
  if (change_.partition_spec.has_value()) next_.partition_spec = change_.partition_spec->id;
  if (change_.sort_order.has_value()) next_.sort_order = *change_.sort_order;
  return {};
}

void Application::ApplyProperties() {
  for (const auto& [key, value] : change_.properties) {
    if (value.has_value()) {
      next_.properties[key] = *value;
    } else {
      next_.properties.erase(key);
    }
  }
}

Result<void> Application::ApplyFragments() {
  std::vector<FragmentSet::Edit> edits;
  edits.reserve(change_.removed_fragments.size() + change_.deleted_rows.size() +
                change_.added_fragments.size());
  ICEFALL_RETURN_IF_ERROR(RemoveFragments(edits));
  ICEFALL_RETURN_IF_ERROR(DeleteRows(edits));
  std::ranges::sort(edits, {}, &FragmentSet::Edit::id);
  ICEFALL_RETURN_IF_ERROR(AddFragments(edits));
  next_.fragments.Update(edits);
  return {};
}

Result<void> Application::RemoveFragments(std::vector<FragmentSet::Edit>& edits) {
  for (const FragmentId id : change_.removed_fragments) {
    if (!edits.empty() && id <= edits.back().id) {
      return Corrupt(fmt::format("removed fragments {} and {}: expected ascending ids",
                                 edits.back().id.value, id.value));
    }
    const FragmentPointer fragment = base_.fragments.Find(id);
    if (fragment == nullptr) {
      return Corrupt(
          fmt::format("fragment {}: removed, but the table has none with this id", id.value));
    }
    if (change_.deleted_rows.contains(id)) {
      return Corrupt(fmt::format("{}: removed, and rows deleted from it by the same change",
                                 NameOf(*fragment)));
    }
    next_.live_row_count -= fragment->live_count();
    maybe_unused_schemas_.insert(fragment->schema);
    edits.push_back({id, nullptr});
  }
  return {};
}

// The statistics of a fragment after rows were deleted; `changed` as in ChangeSet::new_statistics,
// null for a fragment without an entry.
void UpdateStatistics(std::vector<ColumnStatistics>& statistics,
                      const std::vector<ColumnStatistics>* changed) {
  if (changed == nullptr) {
    for (ColumnStatistics& column : statistics) {
      column.lower_is_exact = column.upper_is_exact = false;
    }
    return;
  }
  for (const ColumnStatistics& column : *changed) {
    const auto known = std::ranges::find(statistics, column.field, &ColumnStatistics::field);
    if (known == statistics.end()) {
      statistics.push_back(column);
    } else {
      *known = column;
    }
  }
}

Result<void> Application::DeleteRows(std::vector<FragmentSet::Edit>& edits) {
  for (const auto& [id, rows] : change_.deleted_rows) {
    const FragmentPointer before = base_.fragments.Find(id);
    if (before == nullptr) {
      return Corrupt(fmt::format("fragment {}: {} deleted, but the table has none with this id",
                                 id.value, DescribePositions(rows)));
    }
    const std::string name = NameOf(*before);
    if (rows.empty()) return Corrupt(fmt::format("{}: expected deleted rows, found none", name));
    if (rows.CardinalityInRange(0, before->row_count) != rows.cardinality()) {
      DeletionVector held;
      held.AddRange(0, before->row_count);
      return Corrupt(fmt::format("{}: {} deleted, but it holds {} rows", name,
                                 DescribePositions(Difference(rows, held)), before->row_count));
    }
    if (before->deletes != nullptr && before->deletes->Intersects(rows)) {
      return Corrupt(fmt::format("{}: {} deleted twice", name,
                                 DescribePositions(Intersection(rows, *before->deletes))));
    }
    auto after = std::make_shared<Fragment>(*before);
    // In this order, because most of what was deleted before is shared.
    auto deletes = std::make_shared<DeletionVector>(before->deletes ? *before->deletes : rows);
    if (before->deletes != nullptr) *deletes |= rows;
    after->deletes = std::move(deletes);
    after->deletes_version = info_.sequence;
    const auto changed = change_.new_statistics.find(id);
    UpdateStatistics(after->statistics,
                     changed == change_.new_statistics.end() ? nullptr : &changed->second);
    next_.live_row_count -= rows.cardinality();
    edits.push_back({id, std::move(after)});
  }
  for (const auto& [id, statistics] : change_.new_statistics) {
    if (change_.deleted_rows.contains(id)) continue;
    return Corrupt(fmt::format("fragment {}: new statistics without deleted rows", id.value));
  }
  return {};
}

Result<void> Application::CheckAddedFragment(const Fragment& fragment) {
  const std::string name = NameOf(fragment);
  if (fragment.id < next_.next_fragment_id ||
      fragment.id.value == std::numeric_limits<uint64_t>::max()) {
    return Corrupt(
        fmt::format("{}: expected an id of {} or above", name, next_.next_fragment_id.value));
  }
  ICEFALL_RETURN_IF_ERROR(CheckSchemaIsKnown(name, fragment.schema));
  const auto& specs = next_.partition_specs;
  const auto spec = std::ranges::find(specs, fragment.partition_spec, &PartitionSpec::id);
  if (spec == specs.end()) {
    return Corrupt(
        fmt::format("{}: the table has no partition spec {}", name, fragment.partition_spec.value));
  }
  if (spec->fields.size() != fragment.partition_values.size()) {
    return Corrupt(fmt::format("{}: expected {} partition values, found {}", name,
                               spec->fields.size(), fragment.partition_values.size()));
  }
  if (fragment.deletes != nullptr &&
      fragment.deletes->CardinalityInRange(0, fragment.row_count) != fragment.deleted_count()) {
    return Corrupt(fmt::format("{}: holds {} rows, but a deleted position is past them", name,
                               fragment.row_count));
  }
  // Which rows have stored ids is not known here, nor how many of the others there are.
  if (fragment.has_row_ids) return {};
  return row_ids_.Take(name, fragment.first_row_id, fragment.row_count);
}

Result<void> Application::AddFragments(std::vector<FragmentSet::Edit>& edits) {
  for (const FragmentPointer& given : change_.added_fragments) {
    ICEFALL_RETURN_IF_ERROR(CheckAddedFragment(*given));
    auto fragment = std::make_shared<Fragment>(*given);
    fragment->added_at = info_.sequence;
    if (fragment->deleted_count() == 0) fragment->deletes = nullptr;
    fragment->deletes_version = fragment->deletes == nullptr ? Sequence() : info_.sequence;
    next_.next_fragment_id = fragment->id.Next();
    next_.live_row_count += fragment->live_count();
    edits.push_back({fragment->id, std::move(fragment)});
  }
  return {};
}

Result<void> Application::ApplyInlineRows() {
  const uint64_t live_before = base_.inline_rows.live_count();
  for (const InlineBatchPointer& batch : change_.added_inline) {
    ICEFALL_RETURN_IF_ERROR(AddInlineBatch(batch));
  }
  if (!change_.deleted_inline.empty()) ICEFALL_RETURN_IF_ERROR(DeleteInlineRows());
  if (change_.inline_floor.has_value()) {
    ICEFALL_RETURN_IF_ERROR(RaiseInlineFloor(*change_.inline_floor));
  }
  next_.live_row_count += next_.inline_rows.live_count();
  next_.live_row_count -= live_before;
  return {};
}

Result<void> Application::AddInlineBatch(const InlineBatchPointer& given) {
  InlineRows& rows = next_.inline_rows;
  const std::string name = NameOf(*given);
  if (given->first_position < rows.next_position) {
    return Corrupt(fmt::format("{}: expected position {} or above", name, rows.next_position));
  }
  if (given->row_count == 0 ||
      given->row_count > std::numeric_limits<uint64_t>::max() - given->first_position) {
    return Corrupt(fmt::format("{}: {} rows do not fit there", name, given->row_count));
  }
  ICEFALL_RETURN_IF_ERROR(CheckSchemaIsKnown(name, given->schema));
  if (given->row_ids.empty()) {
    ICEFALL_RETURN_IF_ERROR(row_ids_.Take(name, given->first_row_id, given->row_count));
  } else if (given->row_ids.size() != given->row_count) {
    return Corrupt(fmt::format("{}: expected {} row ids, found {}", name, given->row_count,
                               given->row_ids.size()));
  }
  for (size_t i = 0; i < given->row_ids.size(); ++i) {
    // A moved row may have been added by the same change: its id was taken by the row that it
    // replaces, which is deleted.
    const auto& moved = given->row_ids[i];
    ICEFALL_RETURN_IF_ERROR(moved.has_value()
                                ? row_ids_.Check(name, *moved, 1)
                                : row_ids_.Take(name, RowId(given->first_row_id.value + i), 1));
  }
  auto batch = std::make_shared<InlineBatch>(*given);
  batch->added_at = info_.sequence;
  rows.next_position = batch->first_position + batch->row_count;
  rows.batches.push_back(std::move(batch));
  return {};
}

Result<void> Application::DeleteInlineRows() {
  InlineRows& rows = next_.inline_rows;
  const DeletionVector& deleted = change_.deleted_inline;
  DeletionVector missing;
  deleted.ForEach([&](uint64_t position) {
    if (position < rows.floor || rows.batches.Find(position) == nullptr) missing.Add(position);
    return true;
  });
  if (!missing.empty()) {
    return Corrupt(fmt::format("inline {}: deleted, but not there; positions go from {} to {}",
                               DescribePositions(missing), rows.floor, rows.next_position));
  }
  auto deletes = std::make_shared<DeletionVector>(deleted);
  if (rows.deletes != nullptr) {
    if (rows.deletes->Intersects(deleted)) {
      return Corrupt(fmt::format("inline {}: deleted twice",
                                 DescribePositions(Intersection(deleted, *rows.deletes))));
    }
    *deletes |= *rows.deletes;
  }
  rows.deletes = std::move(deletes);
  rows.deletes_version = info_.sequence;
  return {};
}

Result<void> Application::RaiseInlineFloor(uint64_t floor) {
  InlineRows& rows = next_.inline_rows;
  if (floor < rows.floor || floor > rows.next_position) {
    return Corrupt(fmt::format("inline floor: expected {} to {}, found {}", rows.floor,
                               rows.next_position, floor));
  }
  rows.floor = floor;
  const auto kept = std::ranges::find_if(rows.batches, [&](const InlineBatchPointer& batch) {
    return batch->first_position + batch->row_count > floor;
  });
  for (auto batch = rows.batches.begin(); batch != kept; ++batch) {
    maybe_unused_schemas_.insert((*batch)->schema);
  }
  rows.batches.DropFront(static_cast<size_t>(kept - rows.batches.begin()));
  if (rows.deletes == nullptr || rows.deletes->CardinalityInRange(0, floor) == 0) return {};
  DeletionVector below;
  below.AddRange(0, floor);
  DeletionVector above = Difference(*rows.deletes, below);
  rows.deletes_version = above.empty() ? Sequence() : info_.sequence;
  rows.deletes = above.empty() ? nullptr : std::make_shared<DeletionVector>(std::move(above));
  return {};
}

Result<void> Application::CheckSchemaIsKnown(const std::string& owner, SchemaId schema) const {
  if (next_.schemas.contains(schema)) return {};
  return Corrupt(fmt::format("{}: the table has no schema {}", owner, schema.value));
}

// Looks only at schemas that this change may have left without rows: the usual change leaves none,
// and then no fragment is visited.
void Application::PruneSchemas() {
  std::set<SchemaId>& unused = maybe_unused_schemas_;
  unused.erase(next_.schema->id);
  std::erase_if(unused, [&](SchemaId id) { return !next_.schemas.contains(id); });
  if (unused.empty()) return;
  for (const auto& [schema, count] : next_.inline_rows.batches.schemas()) unused.erase(schema);
  next_.fragments.ForEachUntil([&](const FragmentPointer& fragment) {
    unused.erase(fragment->schema);
    return unused.empty();
  });
  for (const SchemaId id : unused) next_.schemas.erase(id);
}

}  // namespace

Result<Snapshot> Apply(const Snapshot& base, const ChangeSet& change, const CommitInfo& info) {
  return Application(base, change, info).Run();
}

}  // namespace icefall
