#include "sql/accel/group_sample.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "duckdb/execution/expression_executor.hpp"

#include "sql/scan/row_scanner.h"
#include "sql/write/partial_table.h"

namespace icefall {
namespace {

constexpr uint64_t kSampleRows = 16'384;
// Forgotten all at once.
constexpr size_t kAnswersMax = 4'096;

using Expressions = std::vector<duckdb::unique_ptr<duckdb::Expression>>;

// How many there are, with those that the sample does not have: Chao's estimate, from how many it
// has once and twice.
double Estimate(const std::unordered_map<duckdb::hash_t, uint64_t>& rows_of_groups) {
  double once = 0;
  double twice = 0;
  for (const auto& [group, rows] : rows_of_groups) {
    if (rows == 1) ++once;
    if (rows == 2) ++twice;
  }
  return static_cast<double>(rows_of_groups.size()) + once * (once - 1) / (2 * (twice + 1));
}

uint64_t CountGroups(duckdb::ClientContext& context, const ScanPath& path,
                     const FragmentPointer& fragment, Expressions keys) {
  duckdb::vector<duckdb::column_t> columns;
  for (auto& key : keys) {
    if (!path.ReadFrom(columns, key)) return UINT64_MAX;
  }
  if (columns.empty()) return 1;
  RowScanner scanner(context, OnlyFileOf(*path.list().target()->entry, fragment), columns,
                     PositionRange{0, kSampleRows});
  duckdb::ExpressionExecutor executor(context);
  duckdb::vector<duckdb::LogicalType> types;
  for (const auto& key : keys) {
    executor.AddExpression(*key);
    types.push_back(key->return_type);
  }
  duckdb::DataChunk rows;
  duckdb::DataChunk groups;
  rows.Initialize(context, scanner.types());
  groups.Initialize(context, types);
  duckdb::Vector hashes(duckdb::LogicalType::HASH);
  std::unordered_map<duckdb::hash_t, uint64_t> found;
  while (scanner.Next(rows)) {
    groups.Reset();
    executor.Execute(rows, groups);
    groups.Hash(hashes);
    hashes.Flatten(groups.size());
    const auto* hash = duckdb::FlatVector::GetData<duckdb::hash_t>(hashes);
    for (duckdb::idx_t i = 0; i < groups.size(); ++i) ++found[hash[i]];
  }
  return static_cast<uint64_t>(std::min(Estimate(found), static_cast<double>(fragment->row_count)));
}

}  // namespace

uint64_t GroupSamples::GroupsOfUnit(duckdb::ClientContext& context, const ScanPath& path,
                                    const std::vector<std::string>& signatures, Expressions keys) {
  const auto& files = path.list().files();
  const auto first =
      std::ranges::find_if(files, [](const ScanFile& file) { return !file.is_inline(); });
  if (first == files.end()) return UINT64_MAX;
  std::string name = path.list().target()->entry->uuid() + " " + first->fragment->path;
  for (const auto& signature : signatures) name += " " + signature;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = answers_.find(name); known != answers_.end()) return known->second;
  }
  const auto count = CountGroups(context, path, first->fragment, std::move(keys));
  const std::lock_guard lock(mutex_);
  if (answers_.size() >= kAnswersMax) answers_.clear();
  answers_.emplace(std::move(name), count);
  return count;
}

}  // namespace icefall
