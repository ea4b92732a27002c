// What single rows of a data file add to states of aggregates, deleted or not.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "duckdb/execution/expression_executor.hpp"

#include "sql/accel/physical_partial_states.h"
#include "sql/accel/row_conditions.h"
#include "sql/accel/scan_path.h"

namespace icefall {

// Of one query; used by one thread.
class RemovedRows {
 public:
  // `conditions`: those of the scan. `inputs`: the keys of the plan, then the arguments of its
  // aggregates, over the scan's columns. All has to live as long.
  RemovedRows(duckdb::ClientContext& context, const ScanPath& path, const RowConditions& conditions,
              const PartialPlan& plan, std::vector<duckdb::unique_ptr<duckdb::Expression>> inputs);

  struct Added {
    uint64_t row_count = 0;
    StateRows states;
  };
  // What the rows at `positions` add to states by the conditions that are `remaining`. Others are
  // proven of the file's rows, maybe only of those that are live: states are kept without regard to
  // them. Absent where their values cannot be read one by one, or something of them cannot be
  // computed.
  std::optional<Added> Add(const ScanFile& file, std::span<const uint64_t> positions,
                           const std::vector<bool>& remaining, const StateSet& set);

 private:
  // Sets `rows` to the columns that are needed; false as Add.
  bool Read(const ScanFile& file, std::span<const uint64_t> positions, duckdb::DataChunk& rows);
  // Leaves the rows that pass.
  void Filter(const std::vector<bool>& remaining, duckdb::DataChunk& rows);
  Added Aggregate(duckdb::DataChunk& rows, const StateSet& set);

  duckdb::ClientContext& context_;
  const ScanPath& path_;
  const RowConditions& conditions_;
  const PartialPlan& plan_;
  bool are_stored_ = true;                     // all columns
  duckdb::vector<duckdb::column_t> columns_;   // positions in the schema's fields
  duckdb::vector<duckdb::LogicalType> types_;  // of the columns
  std::vector<duckdb::unique_ptr<duckdb::Expression>> expressions_;  // of conditions; some null
  std::vector<duckdb::unique_ptr<duckdb::Expression>> inputs_;
  duckdb::ExpressionExecutor executor_;              // of the inputs
  duckdb::vector<duckdb::LogicalType> input_types_;  // of the inputs
};

}  // namespace icefall
