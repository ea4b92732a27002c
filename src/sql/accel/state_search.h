// Finds what is kept of the rows of data files, and makes it what a query needs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sql/accel/known_states.h"
#include "sql/accel/physical_partial_states.h"
#include "sql/accel/removed_rows.h"
#include "sql/accel/row_conditions.h"
#include "sql/accel/scan_path.h"
#include "sql/accel/state_merge.h"

namespace icefall {

// Of one query; used by one thread.
class StateSearch {
 public:
  using Inputs = std::vector<duckdb::unique_ptr<duckdb::Expression>>;

  // `conditions`: those of the scan. `plan`: which gets what is found. `sources`: of its keys, then
  // of its states. `inputs`: as RemovedRows has them. All has to live as long.
  StateSearch(duckdb::ClientContext& context, const ScanPath& path, const RowConditions& conditions,
              PartialPlan& plan, const std::vector<StateSource>& sources,
              std::function<Inputs()> inputs);

  // Adds what is known of the file's units to the plan: by whole blocks of them where these are
  // kept, and units without rows that were deleted since. Answers those that are left.
  UnknownStates Run(const ScanFile& file, const RowConditions::OfFile& conditions);

 private:
  // A file, and what is wanted of it.
  struct Search {
    const ScanFile& file;
    const std::vector<bool>& conditions;
    UnknownStates unknown;
    std::vector<duckdb::vector<duckdb::LogicalType>> types;  // by set
    std::vector<WantedStates> wanted;                        // by set
    std::vector<PartialStates::Blocks> blocks;               // by set
    uint64_t hits = 0;
    uint64_t misses = 0;
  };
  // Units that are looked for together.
  struct Range {
    size_t block = 0;
    size_t first = 0;
    size_t count = 0;
  };
  // Of some units, by set; those of a unit that is not known are of no use.
  using Known = std::vector<std::vector<std::optional<StatePart>>>;

  Search Begin(const ScanFile& file, const RowConditions::OfFile& conditions) const;
  StateShape ShapeOf(const StateSet& set, const Fragment& fragment) const;
  bool AddBlock(Search& search, const Range& range);
  void AddUnits(Search& search, const Range& range);
  // Adds what is known of one unit to `parts`, by set; false where it has to be read.
  bool AddUnit(Search& search, size_t unit, size_t place, Known& known,
               std::vector<std::vector<StatePart>>& parts);
  std::optional<StatePart> Correct(Search& search, size_t set, size_t unit);
  std::optional<std::vector<std::string>> KindsOf(const StateSet& set, const StateShape& shape,
                                                  const RemovedRows::Added& removed) const;
  // One part in the place of those of a whole block, where that pays.
  void Merge(Search& search, const Range& range, size_t set, std::vector<StatePart>& parts);
  RemovedRows& removed_rows();
  StateMerge& merge();

  duckdb::ClientContext& context_;
  const ScanPath& path_;
  const RowConditions& conditions_;
  PartialPlan& plan_;
  const std::vector<StateSource>& sources_;
  const std::function<Inputs()> inputs_;
  uint64_t merged_rows_ = 0;  // for blocks
  // Absent before they are needed.
  std::optional<RemovedRows> removed_rows_;
  std::optional<StateMerge> merge_;
};

}  // namespace icefall
