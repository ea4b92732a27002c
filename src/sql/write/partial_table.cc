#include "sql/write/partial_table.h"

#include <utility>

#include "sql/icefall_schema_entry.h"
#include "sql/scan/virtual_columns.h"

namespace icefall {
namespace {

uint64_t LiveRows(const Snapshot& snapshot) {
  uint64_t count = snapshot.inline_rows.live_count();
  snapshot.fragments.ForEach([&](const FragmentPointer& f) { count += f->live_count(); });
  return count;
}

FragmentSet MakeSet(const std::vector<FragmentPointer>& fragments) {
  std::vector<FragmentSet::Edit> edits;
  for (const auto& fragment : fragments) edits.push_back({fragment->id, fragment});
  FragmentSet set;
  set.Update(edits);
  return set;
}

// All positions below `limit` but those of `kept`.
std::shared_ptr<const DeletionVector> AllBut(uint64_t limit, const PositionSet& kept) {
  auto deletes = std::make_shared<DeletionVector>();
  deletes->AddRange(0, limit);
  *deletes -= kept.ToDeletionVector();
  return deletes->empty() ? nullptr : deletes;
}

}  // namespace

TableEntryPointer TableWith(const IcefallTableEntry& table, Snapshot snapshot) {
  snapshot.live_row_count = LiveRows(snapshot);
  // Keeps the schema's entry alive through the table's.
  SchemaEntryPointer schema(table.shared_from_this(),
                            static_cast<IcefallSchemaEntry*>(&table.schema));
  return std::make_shared<IcefallTableEntry>(
      table.schema.catalog, std::move(schema), table.object(),
      std::make_shared<const Snapshot>(std::move(snapshot)), table.shared_definition());
}

TableEntryPointer OnlyRows(const IcefallTableEntry& table, const DeletedPositions& positions) {
  Snapshot snapshot = *table.snapshot();
  std::vector<FragmentPointer> fragments;
  InlineRows& inline_rows = snapshot.inline_rows;
  const PositionSet* inline_positions = positions.Find(kInlineFragment);
  if (inline_positions == nullptr) {
    inline_rows.floor = inline_rows.next_position;
    inline_rows.batches.clear();
    inline_rows.deletes = nullptr;
  } else {
    inline_rows.deletes = nullptr;
    // Not all positions have rows: a transaction uses up those of rows that it deletes itself.
    auto hidden = std::make_shared<DeletionVector>(inline_rows.LivePositions());
    *hidden -= inline_positions->ToDeletionVector();
    if (!hidden->empty()) inline_rows.deletes = std::move(hidden);
  }
  for (const auto& [id, set] : positions.All()) {
    if (id == kInlineFragment) continue;
    const auto found = snapshot.fragments.Find(FragmentId(id));
    auto fragment = std::make_shared<Fragment>(*found);
    fragment->deletes = AllBut(fragment->row_count, *set);
    fragments.push_back(std::move(fragment));
  }
  snapshot.fragments = MakeSet(fragments);
  return TableWith(table, std::move(snapshot));
}

TableEntryPointer OnlyFragments(const IcefallTableEntry& table,
                                const std::function<bool(const Fragment&)>& wanted) {
  Snapshot snapshot = *table.snapshot();
  std::vector<FragmentPointer> fragments;
  snapshot.fragments.ForEach([&](const FragmentPointer& fragment) {
    if (wanted(*fragment)) fragments.push_back(fragment);
  });
  snapshot.fragments = MakeSet(fragments);
  return TableWith(table, std::move(snapshot));
}

TableEntryPointer OnlyFileOf(const IcefallTableEntry& table, const FragmentPointer& fragment) {
  Snapshot snapshot = *table.snapshot();
  auto whole = std::make_shared<Fragment>(*fragment);
  whole->deletes = nullptr;
  snapshot.fragments = MakeSet({std::move(whole)});
  snapshot.inline_rows = {};
  return TableWith(table, std::move(snapshot));
}

TableEntryPointer OnlyInlineRows(const IcefallTableEntry& table, const PositionSet* deleted) {
  Snapshot snapshot = *table.snapshot();
  snapshot.fragments = FragmentSet();
  InlineRows& inline_rows = snapshot.inline_rows;
  if (deleted != nullptr) {
    auto deletes = std::make_shared<DeletionVector>(deleted->ToDeletionVector());
    if (inline_rows.deletes != nullptr) *deletes |= *inline_rows.deletes;
    inline_rows.deletes = std::move(deletes);
  }
  return TableWith(table, std::move(snapshot));
}

}  // namespace icefall
