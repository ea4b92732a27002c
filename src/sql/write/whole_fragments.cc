#include "sql/write/whole_fragments.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/execution/operator/filter/physical_filter.hpp"
#include "duckdb/execution/operator/scan/physical_table_scan.hpp"

#include "sql/scan/filter_proof.h"
#include "sql/scan/fragment_list.h"

namespace icefall {
namespace {

using duckdb::PhysicalOperatorType;

// A scan and the condition above it, which is null when all is pushed into the scan.
struct FilteredScan {
  duckdb::PhysicalTableScan* scan = nullptr;
  const duckdb::Expression* condition = nullptr;
};

std::optional<FilteredScan> FindScan(duckdb::PhysicalOperator& op) {
  switch (op.type) {
    case PhysicalOperatorType::PROJECTION:
      return FindScan(op.children[0].get());
    case PhysicalOperatorType::FILTER: {
      auto& below = op.children[0].get();
      if (below.type != PhysicalOperatorType::TABLE_SCAN) return std::nullopt;
      auto found = FindScan(below);
      if (found) found->condition = op.Cast<duckdb::PhysicalFilter>().expression.get();
      return found;
    }
    case PhysicalOperatorType::TABLE_SCAN: {
      auto& scan = op.Cast<duckdb::PhysicalTableScan>();
      if (scan.dynamic_filters != nullptr || scan.extra_info.sample_options != nullptr ||
          scan.function.name != "icefall_scan") {
        return std::nullopt;
      }
      return FilteredScan{&scan, nullptr};
    }
    default:
      return std::nullopt;
  }
}

std::optional<size_t> FieldOf(const duckdb::ColumnIndex& column) {
  if (column.IsVirtualColumn() || column.HasChildren()) return std::nullopt;
  return column.GetPrimaryIndex();
}

// By column that the scan answers.
std::vector<std::optional<size_t>> AnsweredFields(const duckdb::PhysicalTableScan& scan) {
  std::vector<std::optional<size_t>> fields;
  for (const auto position : scan.projection_ids) {
    fields.push_back(FieldOf(scan.column_ids[position]));
  }
  if (!scan.projection_ids.empty()) return fields;
  for (const auto& column : scan.column_ids) fields.push_back(FieldOf(column));
  return fields;
}

FilterProof Prove(const FilterProver& prover, const FilteredScan& filtered,
                  const std::vector<std::optional<size_t>>& fields, const ScanFile& file) {
  // Of a file in which an index found the rows, the others are not looked at.
  if (file.is_inline() || file.index_rows != nullptr) return FilterProof::kUnknown;
  auto proof = FilterProof::kEveryRow;
  if (filtered.scan->table_filters != nullptr) {
    for (const auto& [position, filter] : filtered.scan->table_filters->filters) {
      const auto field = FieldOf(filtered.scan->column_ids[position]);
      if (!field) return FilterProof::kUnknown;
      proof = ProofOfBoth(proof, prover.Prove(*file.fragment, *field, *filter));
    }
  }
  if (filtered.condition == nullptr) return proof;
  return ProofOfBoth(proof, prover.Prove(*file.fragment, *filtered.condition, fields));
}

}  // namespace

std::vector<FragmentId> TakeWholeFragments(duckdb::ClientContext& context,
                                           duckdb::PhysicalOperator& child,
                                           const IcefallTableEntry& table) {
  const auto filtered = FindScan(child);
  if (!filtered) return {};
  auto& files = filtered->scan->bind_data->Cast<duckdb::MultiFileBindData>().file_list;
  const auto& list = files->Cast<FragmentList>();
  const auto fields = AnsweredFields(*filtered->scan);
  const FilterProver prover(context, table);
  std::vector<FragmentId> whole;
  std::vector<ScanFile> scanned;
  for (const auto& file : list.files()) {
    switch (Prove(prover, *filtered, fields, file)) {
      case FilterProof::kEveryRow:
        whole.push_back(file.fragment->id);
        break;
      case FilterProof::kNoRow:
        break;
      case FilterProof::kUnknown:
        scanned.push_back(file);
        break;
    }
  }
  if (scanned.size() < list.files().size()) files = list.Only(std::move(scanned));
  std::ranges::sort(whole);
  return whole;
}

}  // namespace icefall
