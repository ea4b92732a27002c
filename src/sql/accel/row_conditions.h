// What rows of a scan have to pass before they are aggregated.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sql/accel/scan_path.h"
#include "sql/scan/filter_bounds.h"
#include "sql/scan/filter_proof.h"

namespace icefall {

// Of one scan, which has to live as long.
class RowConditions {
 public:
  RowConditions(duckdb::ClientContext& context, const ScanPath& path);

  // Names all conditions. Before anything else; answers why states by them cannot be kept, absent
  // when they can.
  std::optional<std::string> Read();

  struct Condition {
    std::string signature;
    const duckdb::Expression* expression = nullptr;  // null: a filter of one column
    const duckdb::TableFilter* filter = nullptr;
    size_t column = 0;                   // of the filter: position in the schema's fields
    std::optional<FilterBounds> bounds;  // of the filter
  };
  const std::vector<Condition>& all() const { return conditions_; }

  struct OfFile {
    std::vector<bool> remaining;  // those of all() that statistics do not prove of its rows
    std::string text;             // a hash of these

    bool are_proven() const { return std::ranges::find(remaining, true) == remaining.end(); }
  };
  // Absent when no row of the file can pass all.
  std::optional<OfFile> Of(const ScanFile& file);

 private:
  // As Read.
  std::optional<std::string> Add(const duckdb::TableFilter& filter, size_t column);
  FilterProof Prove(const ScanFile& file, const Condition& condition) const;

  duckdb::ClientContext& context_;
  const ScanPath& path_;
  ScanTarget& target_;
  const FilterProver prover_;
  std::vector<Condition> conditions_;
  std::map<std::vector<bool>, std::string> texts_;  // by which of them remain
};

}  // namespace icefall
