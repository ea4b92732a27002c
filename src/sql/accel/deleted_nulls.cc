#include "sql/accel/deleted_nulls.h"

#include "format/null_positions.h"
#include "sql/accel/facts_files.h"
#include "sql/icefall_catalog.h"
#include "sql/scan/fragment_list.h"
#include "sql/scan/paged_columns.h"
#include "sql/scan/row_scanner.h"
#include "sql/scan/virtual_columns.h"
#include "sql/write/partial_table.h"
#include "table/positions.h"

namespace icefall {
namespace {

uint64_t CountByScan(duckdb::ClientContext& context, const ScanFile& file, size_t column,
                     const DeletionVector& wanted) {
  RowScanner scanner(context, OnlyFileOf(*file.list->target()->entry, file.fragment),
                     {column, kPositionColumn});
  duckdb::DataChunk rows;
  rows.Initialize(context, scanner.types());
  uint64_t count = 0;
  while (scanner.Next(rows)) {
    rows.Flatten();
    const auto& validity = duckdb::FlatVector::Validity(rows.data[0]);
    if (validity.AllValid()) continue;
    const auto* positions = duckdb::FlatVector::GetData<int64_t>(rows.data[1]);
    for (duckdb::idx_t row = 0; row < rows.size(); ++row) {
      if (validity.RowIsValid(row)) continue;
      count += wanted.Contains(static_cast<uint64_t>(positions[row])) ? 1 : 0;
    }
  }
  return count;
}

// By what was noted when the file was written; absent when that is not there.
std::optional<uint64_t> CountNotedNulls(const ScanFile& file, FieldId field,
                                        const DeletionVector& wanted) {
  const auto& target = *file.list->target();
  const auto facts = target.catalog.facts_files().Get(target.entry->uuid(), *file.fragment);
  const auto nulls = facts == nullptr ? std::nullopt : facts->ReadNulls(field);
  if (!nulls) return std::nullopt;
  return nulls->empty() ? 0 : CountNullsAt(*nulls, wanted);
}

}  // namespace

std::optional<uint64_t> CountDeletedNulls(duckdb::ClientContext& context, const ScanFile& file,
                                          size_t column, uint64_t scanned_rows_max) {
  const auto& fragment = *file.fragment;
  const auto& target = *file.list->target();
  const auto field = target.entry->table_schema().fields[column].id;
  auto& cache = target.catalog.deleted_nulls();
  DeletedNulls counted{fragment.deletes, 0};
  DeletionVector added = *fragment.deletes;
  if (const auto known = cache.Find(fragment.path, field)) {
    if (known->deletes == fragment.deletes) return known->count;
    // Of an earlier state there may be rows that are not deleted in this one.
    if (Difference(*known->deletes, *fragment.deletes).empty()) {
      added -= *known->deletes;
      counted.count = known->count;
    }
  }
  if (const auto noted = CountNotedNulls(file, field, added)) {
    counted.count += *noted;
    cache.Put(fragment.path, field, counted);
    return counted.count;
  }
  PagedColumns paged(file, target.path_prefix + fragment.path, ColumnBlockBudgetBytes(context));
  auto count = paged.CountNulls(column, added);
  if (!count) {
    if (fragment.row_count > scanned_rows_max) return std::nullopt;
    count = CountByScan(context, file, column, added);
  }
  counted.count += *count;
  cache.Put(fragment.path, field, counted);
  return counted.count;
}

}  // namespace icefall
