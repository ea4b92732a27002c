#include "sql/scan/one_value_files.h"

#include <algorithm>

#include "duckdb/common/exception.hpp"
#include <fmt/format.h>

#include "sql/scan/filter_proof.h"

namespace icefall {
namespace {

// To look at more takes longer than a hash table saves.
constexpr size_t kFilesMax = 1024;

}  // namespace

bool HaveOneValue(duckdb::ClientContext& context, const FragmentList& list,
                  const duckdb::vector<duckdb::column_t>& columns) {
  if (list.has_inline_rows() || list.fragment_count() > kFilesMax) return false;
  const auto& table = *list.target()->entry;
  const FilterProver prover(context, table);
  const auto field_count = table.table_schema().fields.size();
  return std::ranges::all_of(columns, [&](duckdb::column_t column) {
    return column < field_count && std::ranges::all_of(list.files(), [&](const ScanFile& file) {
             return !file.is_inline() && prover.OnlyValue(*file.fragment, column).has_value();
           });
  });
}

duckdb::Value OnlyValueOf(duckdb::ClientContext& context, const ScanFile& file,
                          duckdb::column_t column) {
  const auto& table = *file.list->target()->entry;
  if (auto value = FilterProver(context, table).OnlyValue(*file.fragment, column)) {
    return *std::move(value);
  }
  throw duckdb::InternalException(fmt::format("{} has several values in column {}",
                                              file.fragment->path,
                                              table.table_schema().fields[column].name));
}

}  // namespace icefall
