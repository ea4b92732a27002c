// Turns rows into states of their units, keeps these, and answers them with those kept before.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "duckdb/execution/operator/aggregate/aggregate_object.hpp"
#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/planner/expression.hpp"

#include "sql/accel/partial_states.h"
#include "table/snapshot.h"

namespace icefall {

// A fragment's id, 0 for inline rows, and the number of a unit in it.
using UnitId = std::pair<uint64_t, uint64_t>;

// One file whose states are not all known.
struct UnknownStates {
  std::string key;   // of PartialStates
  StateShape shape;  // as the file's states are named
  std::vector<DeletedRows> deleted;
  uint64_t row_count = 0;       // of the file
  std::vector<uint64_t> units;  // that have to be read
};

// What one query needs; made while planning, not changed afterwards.
struct PartialPlan {
  PartialStates* states = nullptr;  // of the catalog, which outlives every plan
  uint64_t budget_bytes = 0;
  uint64_t file_budget_bytes = 0;  // 0: nothing is written
  uint64_t file_rows_min = 0;      // that have to be scanned before states are written
  SnapshotPointer snapshot;
  StateShape shape;
  duckdb::vector<duckdb::LogicalType> types;          // of keys and states
  std::vector<duckdb::AggregateObject> aggregates;    // one per state
  duckdb::vector<duckdb::LogicalType> payload_types;  // of the aggregates' arguments, in order
  std::vector<StatePart> kept;
  uint64_t statistics_count = 0;              // of `kept`: files of which statistics tell all
  std::map<uint64_t, UnknownStates> unknown;  // by fragment
  bool has_inline_rows = false;
  uint64_t file_count = 0;

  size_t key_count() const { return shape.keys.size(); }
  bool needs_scan() const { return has_inline_rows || !unknown.empty(); }
  uint64_t unknown_count() const;
  // Keeps what was computed of the units that were unknown.
  void Keep(const std::map<UnitId, std::shared_ptr<StateRows>>& computed) const;
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
