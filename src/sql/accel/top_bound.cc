#include "sql/accel/top_bound.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sql/accel/column_facts.h"
#include "sql/accel/facts_files.h"
#include "sql/accel/noted_bounds.h"

namespace icefall {
namespace {

// Of more files, facts are taken of some.
constexpr size_t kFilesMax = 64;
// More are found by a scan.
constexpr size_t kRowsMax = 64;

// Comparing bounds of a type with a collation, or of nested values, is left to the top-N.
bool HasPlainOrder(const duckdb::LogicalType& type) {
  if (type.id() == duckdb::LogicalTypeId::VARCHAR) {
    return duckdb::StringType::GetCollation(type).empty();
  }
  return type.IsNumeric() || type.IsTemporal();
}

bool IsNan(const duckdb::Value& value) {
  if (value.type().id() == duckdb::LogicalTypeId::FLOAT) {
    return duckdb::Value::IsNan(value.GetValueUnsafe<float>());
  }
  return value.type().id() == duckdb::LogicalTypeId::DOUBLE &&
         duckdb::Value::IsNan(value.GetValueUnsafe<double>());
}

// Live rows of the file that reach `bound`; null where others may, too.
std::shared_ptr<IndexRows> RowsThatReach(const IcefallTableEntry& table, const ScanFile& file,
                                         size_t column, bool descending,
                                         const duckdb::Value& bound) {
  const auto known = KnownBoundHolders(table, file.fragment, column);
  if (known == nullptr || known->extremes == nullptr) return nullptr;
  // What was deleted when the file was searched is not in the list.
  if (known->extremes->deletes != nullptr) return nullptr;
  const auto& rows = descending ? known->extremes->largest : known->extremes->smallest;
  const auto reaches = [&](const duckdb::Value& value) {
    return descending ? !(value < bound) : !(bound < value);
  };
  // Rows behind the list can have its last value.
  if (rows.empty() || reaches(rows.back().value)) return nullptr;
  const auto* deletes = file.fragment->deletes.get();
  auto found = std::make_shared<IndexRows>();
  for (const auto& row : rows) {
    if (!reaches(row.value)) break;
    if (deletes == nullptr || !deletes->Contains(row.position)) {
      found->positions.push_back(row.position);
    }
  }
  std::ranges::sort(found->positions);
  return found;
}

}  // namespace

std::optional<std::vector<ScanFile>> FindTopRows(const FragmentList& list, size_t column,
                                                 bool descending, const duckdb::Value& bound) {
  const auto& table = *list.target()->entry;
  if (list.files().size() > kFilesMax) return std::nullopt;
  std::vector<ScanFile> kept;
  size_t row_count = 0;
  for (const auto& file : list.files()) {
    if (file.index_rows != nullptr || file.positions != nullptr) return std::nullopt;
    if (file.is_inline()) {
      kept.push_back(file);
      continue;
    }
    auto rows = RowsThatReach(table, file, column, descending, bound);
    if (rows == nullptr) return std::nullopt;
    if (rows->positions.empty()) continue;
    row_count += rows->positions.size();
    if (row_count > kRowsMax) return std::nullopt;
    kept.push_back(file);
    kept.back().index_rows = std::move(rows);
  }
  return kept;
}

std::optional<duckdb::Value> FindTopBound(const FragmentList& list, size_t column, bool descending,
                                          uint64_t row_count) {
  const auto& table = *list.target()->entry;
  if (row_count == 0 || row_count > kFilesMax * kExtremeCountMax) return std::nullopt;
  if (!HasPlainOrder(table.GetColumn(duckdb::LogicalIndex(column)).Type())) return std::nullopt;
  std::vector<duckdb::Value> values;  // of rows that are there
  const auto rows_min = FactsRowsMin(*list.target()->context);
  size_t file_count = 0;
  for (const auto& file : list.files()) {
    // Of rows that an index has found, or that are chosen by position, others are not wanted.
    if (file.is_inline() || file.index_rows != nullptr || file.positions != nullptr) continue;
    if (file.fragment->row_count < rows_min) continue;
    if (++file_count > kFilesMax) break;
    const auto known = KnownBoundHolders(table, file.fragment, column);
    if (known == nullptr || known->extremes == nullptr) continue;
    const auto* deletes = file.fragment->deletes.get();
    for (const auto& row : descending ? known->extremes->largest : known->extremes->smallest) {
      if (deletes == nullptr || !deletes->Contains(row.position)) values.push_back(row.value);
    }
  }
  if (values.size() < row_count) return std::nullopt;
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(row_count - 1);
  std::ranges::nth_element(values, nth, [&](const duckdb::Value& a, const duckdb::Value& b) {
    return descending ? b < a : a < b;
  });
  return IsNan(*nth) ? std::nullopt : std::optional(std::move(*nth));
}

}  // namespace icefall
