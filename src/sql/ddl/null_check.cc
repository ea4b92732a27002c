#include "sql/ddl/null_check.h"

#include <fmt/format.h>

#include "sql/scan/fragment_statistics.h"
#include "sql/scan/row_scanner.h"

namespace icefall {
namespace {

bool KnownFree(duckdb::ClientContext& context, IcefallTableEntry& table, const Field& field,
               const duckdb::LogicalType& type) {
  const auto& snapshot = *table.snapshot();
  if (snapshot.inline_rows.live_count() > 0) return false;
  bool free = true;
  snapshot.fragments.ForEach([&](const FragmentPointer& fragment) {
    if (!free || fragment->live_count() == 0) return;
    const auto stats = FragmentStatistics(context, snapshot, *fragment, field, type);
    free = stats && !stats->CanHaveNull();
  });
  return free;
}

}  // namespace

void CheckNoNulls(duckdb::ClientContext& context, IcefallTableEntry& table, const Field& field) {
  if (field.generated_as) {
    throw duckdb::BinderException(
        fmt::format("column \"{}\" is generated: it cannot be NOT NULL", field.name));
  }
  const auto column = table.GetColumns().GetColumn(field.name).Logical();
  const auto type = table.GetColumn(column).Type();
  if (KnownFree(context, table, field, type)) return;
  RowScanner scanner(context, table.shared_from_this(), {column.index});
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::Allocator::Get(context), scanner.types());
  while (scanner.Next(chunk)) {
    duckdb::UnifiedVectorFormat format;
    chunk.data[0].ToUnifiedFormat(chunk.size(), format);
    for (duckdb::idx_t i = 0; i < chunk.size(); ++i) {
      if (format.validity.RowIsValid(format.sel->get_index(i))) continue;
      throw duckdb::ConstraintException(fmt::format(
          "NOT NULL constraint failed: {}.{} has rows that are NULL", table.name, field.name));
    }
  }
}

}  // namespace icefall
