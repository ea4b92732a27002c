#include "sql/replica/replica_choice.h"

#include <algorithm>

namespace icefall {

bool PrefersReplica(const ScanFile& file, const std::vector<FieldId>& left_out,
                    const duckdb::vector<duckdb::ColumnIndex>& column_ids) {
  const auto& fields = file.list->target()->entry->table_schema().fields;
  return std::ranges::none_of(column_ids, [&](const duckdb::ColumnIndex& index) {
    const auto column = index.GetPrimaryIndex();
    return !duckdb::IsVirtualColumn(column) &&
           std::ranges::find(left_out, fields[column].id) != left_out.end();
  });
}

}  // namespace icefall
