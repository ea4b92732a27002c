// Turns rows into states of their units, keeps these, and answers them with those kept before.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/planner/expression.hpp"

#include "sql/accel/final_groups.h"
#include "sql/accel/partial_states.h"
#include "sql/accel/unit_aggregate.h"
#include "table/snapshot.h"

namespace icefall {

// A fragment's id, 0 for inline rows, and the number of a unit in it.
using UnitId = std::pair<uint64_t, uint64_t>;

// Of each set of a plan, by unit.
using ComputedStates = std::map<UnitId, std::vector<std::shared_ptr<StateRows>>>;

// One file whose states are not all known.
struct UnknownStates {
  std::string key;                 // of PartialStates
  std::vector<StateShape> shapes;  // of the plan's sets, as the file's states are named
  DeletedUnits::Units deleted;
  uint64_t row_count = 0;       // of the file
  std::vector<uint64_t> units;  // that have to be read
};

// What was found out of one unit or block, by one set.
struct UnitStates {
  std::string key;  // of PartialStates
  std::shared_ptr<const StateShape> shape;
  uint64_t unit = 0;  // or the block's number
  DeletedRows deleted;
  StateRowsPointer rows;
};

// States by some of the keys. Each value whose DISTINCT ones count has a set of its own, so that
// numbers of groups are not multiplied; merging what sets answer passes over the NULLs that they
// have for each other's columns.
struct StateSet {
  std::vector<size_t> columns;  // of the plan: keys, then states
  size_t key_count = 0;
  StateShape shape;

  bool has_states() const { return columns.size() > key_count; }
};

// What one query needs; made while planning, not changed afterwards.
struct PartialPlan {
  PartialStates* states = nullptr;  // of the catalog, which outlives every plan
  uint64_t budget_bytes = 0;
  uint64_t file_budget_bytes = 0;  // 0: nothing is written
  uint64_t file_rows_min = 0;      // that have to be scanned before states are written
  SnapshotPointer snapshot;
  StateShape shape;
  std::vector<StateSet> sets;                         // which have all of its columns together
  duckdb::vector<duckdb::LogicalType> types;          // of keys and states
  std::vector<duckdb::AggregateObject> aggregates;    // one per state
  duckdb::vector<duckdb::LogicalType> payload_types;  // of the aggregates' arguments, in order
  std::vector<StatePart> kept;
  uint64_t kept_count = 0;                    // units, and files of which statistics tell all
  uint64_t statistics_count = 0;              // of `kept`: files of which statistics tell all
  uint64_t corrected_count = 0;               // of `kept`: units
  std::vector<UnitStates> corrected;          // of these, by set
  std::vector<UnitStates> merged;             // blocks, by set
  std::map<uint64_t, UnknownStates> unknown;  // by fragment
  bool has_inline_rows = false;
  std::shared_ptr<const FinalGroups> final_groups;  // to be answered instead of states; may be null

  bool needs_scan() const { return has_inline_rows || !unknown.empty(); }
  // What is computed of rows for a set; they have all keys of the plan, then arguments.
  RowAggregates ComputedOf(const StateSet& set) const;
  uint64_t unknown_count() const;
  // Of what is answered.
  const duckdb::vector<duckdb::LogicalType>& answer_types() const {
    return final_groups == nullptr ? types : final_groups->types();
  }
  // What answers a set's part of the query, given where its columns are in `rows`; these in the
  // set's order.
  StatePart PartOf(const StateSet& set, StateRowsPointer rows) const;
  StatePart PartOf(const StateSet& set, StateRowsPointer rows,
                   const std::vector<size_t>& columns) const;
  // Keeps what was computed of the units that were unknown.
  void Keep(const ComputedStates& computed) const;
  // Keeps those that were corrected, and blocks.
  void KeepCorrected() const;

 private:
  // And adds them to what is to be written.
  void Keep(const UnitStates& states_of_unit, NewStates& to_write) const;
};

// Answers rows of keys and states, of several units or threads in no order.
class PhysicalPartialStates : public duckdb::PhysicalOperator {
 public:
  // `inputs` over the child: keys, arguments, fragment id and position; without a child none.
  PhysicalPartialStates(duckdb::PhysicalPlan& plan, std::shared_ptr<const PartialPlan> partial,
                        duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> inputs,
                        duckdb::idx_t cardinality);

  duckdb::string GetName() const override { return "ICEFALL_PARTIAL_STATES"; }
  duckdb::InsertionOrderPreservingMap<duckdb::string> ParamsToString() const override;

  bool IsSink() const override { return !children.empty(); }
  bool ParallelSink() const override { return true; }
  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(
      duckdb::ClientContext& context) const override;
  duckdb::unique_ptr<duckdb::LocalSinkState> GetLocalSinkState(
      duckdb::ExecutionContext& context) const override;
  duckdb::SinkResultType Sink(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override;
  duckdb::SinkCombineResultType Combine(duckdb::ExecutionContext& context,
                                        duckdb::OperatorSinkCombineInput& input) const override;
  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event,
                                    duckdb::ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override;

  bool IsSource() const override { return true; }
  duckdb::unique_ptr<duckdb::GlobalSourceState> GetGlobalSourceState(
      duckdb::ClientContext& context) const override;

 protected:
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context,
                                           duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override;

 private:
  const std::shared_ptr<const PartialPlan> partial_;
  const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> inputs_;
};

}  // namespace icefall
