#include "sql/write/row_targets.h"

#include "sql/scan/virtual_columns.h"

namespace icefall {

RowTargets::RowTargets(StatementChange& statement, size_t fragment_column, size_t position_column)
    : statement_(statement), fragment_column_(fragment_column), position_column_(position_column) {}

PositionSet& RowTargets::SetOf(DeletedPositions& positions, uint64_t fragment) const {
  const auto& snapshot = statement_.snapshot();
  if (fragment == kInlineFragment) {
    return positions.Of(fragment, snapshot.inline_rows.next_position);
  }
  const auto found = snapshot.fragments.Find(FragmentId(fragment));
  if (found == nullptr) {
    throw duckdb::IOException(
        "table \"%s\": the scan answered rows of fragment %llu, which the "
        "table does not have",
        statement_.table()->name, fragment);
  }
  return positions.Of(fragment, found->row_count);
}

size_t RowTargets::Mark(duckdb::DataChunk& chunk, duckdb::SelectionVector& fresh,
                        DeletedPositions* also) {
  duckdb::UnifiedVectorFormat fragment_format;
  duckdb::UnifiedVectorFormat position_format;
  chunk.data[fragment_column_].ToUnifiedFormat(chunk.size(), fragment_format);
  chunk.data[position_column_].ToUnifiedFormat(chunk.size(), position_format);
  const auto* fragments = duckdb::UnifiedVectorFormat::GetData<uint64_t>(fragment_format);
  const auto* positions = duckdb::UnifiedVectorFormat::GetData<int64_t>(position_format);
  PositionSet* set = nullptr;
  PositionSet* also_set = nullptr;
  uint64_t set_fragment = 0;
  size_t count = 0;
  for (size_t row = 0; row < chunk.size(); ++row) {
    const uint64_t fragment = fragments[fragment_format.sel->get_index(row)];
    const auto position = static_cast<uint64_t>(positions[position_format.sel->get_index(row)]);
    // Rows of one fragment come in long runs.
    if (set == nullptr || fragment != set_fragment) {
      set = &SetOf(statement_.deleted(), fragment);
      if (also != nullptr) also_set = &SetOf(*also, fragment);
      set_fragment = fragment;
    }
    if (!set->Add(position)) continue;
    if (also_set != nullptr) also_set->Add(position);
    fresh.set_index(count++, row);
  }
  return count;
}

void RowTargets::RequireFresh(const duckdb::DataChunk& chunk, const duckdb::SelectionVector& fresh,
                              size_t count) const {
  if (count == chunk.size()) return;
  size_t row = 0;
  while (row < count && fresh.get_index(row) == row) ++row;
  const auto id = chunk.data[position_column_ + 1].GetValue(row);
  throw duckdb::InvalidInputException(
      "MERGE INTO \"%s\": several rows of the source match the row with rowid %s; expected one at "
      "most for a row that is updated or deleted",
      statement_.table()->name, id.ToString());
}

}  // namespace icefall
