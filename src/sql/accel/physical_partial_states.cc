#include "sql/accel/physical_partial_states.h"

#include <algorithm>
#include <mutex>
#include <numeric>
#include <optional>

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/main/client_context.hpp"
#include <fmt/format.h>

namespace icefall {
namespace {

// A correction costs about as much as scanning so many rows.
constexpr uint64_t kRowsOfCorrection = 8'192;

class ComputedUnits : public duckdb::GlobalSinkState {
 public:
  std::mutex mutex;
  ComputedStates units;          // guarded by mutex until Finalize
  std::vector<StatePart> parts;  // from Finalize on
};

// Which units the rows of a chunk are of.
class Places {
 public:
  // The fragment's id is in column `place`, the position behind it.
  Places(duckdb::DataChunk& rows, size_t place)
      : count_(rows.size()),
        is_one_fragment_(rows.data[place].GetVectorType() == duckdb::VectorType::CONSTANT_VECTOR),
        are_positions_flat_(rows.data[place + 1].GetVectorType() ==
                            duckdb::VectorType::FLAT_VECTOR) {
    rows.data[place].ToUnifiedFormat(count_, fragments_);
    rows.data[place + 1].ToUnifiedFormat(count_, positions_);
  }

  UnitId UnitOf(duckdb::idx_t row) const {
    return {Fragments()[fragments_.sel->get_index(row)],
            static_cast<uint64_t>(Positions()[positions_.sel->get_index(row)]) / kUnitRows};
  }

  // Of all rows, where that is found without a division for each.
  std::optional<UnitId> OnlyUnit() const {
    if (!is_one_fragment_) return std::nullopt;
    const auto* position = Positions();
    const auto unit = UnitOf(0);
    const auto first = static_cast<int64_t>(unit.second * kUnitRows);
    const auto last = first + static_cast<int64_t>(kUnitRows) - 1;
    // Below 0 from the first position outside on.
    int64_t inside = 0;
    const auto look_at = [&](int64_t place) { inside |= (place - first) | (last - place); };
    duckdb::idx_t row = 0;
    if (are_positions_flat_) {
      // A known number of rounds is what compilers make vector instructions of.
      constexpr duckdb::idx_t kBlock = 64;
      for (; row + kBlock <= count_; row += kBlock) {
        for (duckdb::idx_t i = 0; i < kBlock; ++i) look_at(position[row + i]);
      }
    }
    for (; row < count_; ++row) look_at(position[positions_.sel->get_index(row)]);
    return inside >= 0 ? std::optional(unit) : std::nullopt;
  }

 private:
  const uint64_t* Fragments() const {
    return duckdb::UnifiedVectorFormat::GetData<uint64_t>(fragments_);
  }
  const int64_t* Positions() const {
    return duckdb::UnifiedVectorFormat::GetData<int64_t>(positions_);
  }

  const duckdb::idx_t count_;
  const bool is_one_fragment_;
  const bool are_positions_flat_;
  duckdb::UnifiedVectorFormat fragments_;
  duckdb::UnifiedVectorFormat positions_;
};

// Runs of rows of one unit, which a chunk as a rule is.
class Worker : public duckdb::LocalSinkState {
 public:
  Worker(duckdb::ClientContext& context, const PartialPlan& plan,
         const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& inputs)
      : plan_(plan), executor_(context), selection_(STANDARD_VECTOR_SIZE) {
    duckdb::vector<duckdb::LogicalType> types;
    for (const auto& set : plan.sets) {
      aggregates_.push_back(std::make_unique<UnitAggregate>(context, plan.ComputedOf(set)));
    }
    for (const auto& input : inputs) {
      executor_.AddExpression(*input);
      types.push_back(input->return_type);
    }
    rows_.Initialize(context, types);
    place_ = types.size() - 2;
    types.resize(place_);
    if (types.empty()) return;
    arguments_.InitializeEmpty(types);
  }

  void Add(duckdb::DataChunk& chunk, ComputedUnits& result) {
    if (chunk.size() == 0) return;
    rows_.Reset();
    executor_.Execute(chunk, rows_);
    const Places places(rows_, place_);
    if (const auto only = places.OnlyUnit()) return AddRun(*only, 0, rows_.size(), result);
    for (duckdb::idx_t begin = 0; begin < rows_.size();) {
      const auto unit = places.UnitOf(begin);
      auto end = begin + 1;
      while (end < rows_.size() && places.UnitOf(end) == unit) ++end;
      AddRun(unit, begin, end, result);
      begin = end;
    }
  }

  void Flush(ComputedUnits& result) {
    if (!unit_) return;
    const std::lock_guard lock(result.mutex);
    auto& sets = result.units[*unit_];
    sets.resize(aggregates_.size());
    for (size_t i = 0; i < sets.size(); ++i) {
      if (sets[i] == nullptr) sets[i] = std::make_shared<StateRows>();
      aggregates_[i]->Take(*sets[i]);
    }
    unit_.reset();
  }

 private:
  // A scan may answer rows next to those that were asked for.
  bool IsWanted(const UnitId& unit) const {
    if (unit.first == 0) return plan_.has_inline_rows;
    const auto file = plan_.unknown.find(unit.first);
    return file != plan_.unknown.end() &&
           std::ranges::binary_search(file->second.units, unit.second);
  }

  void AddRun(const UnitId& unit, duckdb::idx_t begin, duckdb::idx_t end, ComputedUnits& result) {
    if (unit != last_) {
      is_wanted_ = IsWanted(unit);
      last_ = unit;
    }
    if (!is_wanted_) return;
    if (unit_ != unit) {
      Flush(result);
      unit_ = unit;
    }
    const bool is_all = end - begin == rows_.size();
    if (!is_all) {
      for (auto row = begin; row < end; ++row) selection_.set_index(row - begin, row);
    }
    for (size_t i = 0; i < arguments_.ColumnCount(); ++i) {
      if (is_all) {
        arguments_.data[i].Reference(rows_.data[i]);
      } else {
        arguments_.data[i].Slice(rows_.data[i], selection_, end - begin);
      }
    }
    arguments_.SetCardinality(end - begin);
    for (auto& aggregate : aggregates_) aggregate->Add(arguments_);
  }

  const PartialPlan& plan_;
  std::vector<std::unique_ptr<UnitAggregate>> aggregates_;  // of the plan's sets
  duckdb::ExpressionExecutor executor_;
  duckdb::DataChunk rows_;
  duckdb::DataChunk arguments_;
  duckdb::SelectionVector selection_;
  size_t place_ = 0;            // of the fragment's id in rows_; the position is behind it
  std::optional<UnitId> unit_;  // that is being aggregated
  UnitId last_{UINT64_MAX, 0};
  bool is_wanted_ = false;  // last_
};

struct Progress : public duckdb::GlobalSourceState {
  explicit Progress(const std::vector<StatePart>& computed_parts) : computed(computed_parts) {}

  const std::vector<StatePart>& computed;
  std::vector<StatePart> answer;     // where groups are answered
  std::optional<PartReader> first;   // absent before the first call
  std::optional<PartReader> second;  // absent where groups are answered
};

}  // namespace

uint64_t PartialPlan::unknown_count() const {
  uint64_t count = 0;
  for (const auto& [fragment, file] : unknown) count += file.units.size();
  return count;
}

RowAggregates PartialPlan::ComputedOf(const StateSet& set) const {
  RowAggregates result;
  for (const auto column : set.columns) result.types.push_back(types[column]);
  result.keys.assign(set.columns.begin(),
                     set.columns.begin() + static_cast<ptrdiff_t>(set.key_count));
  if (!set.has_states()) return result;
  result.aggregates = aggregates;
  result.first_argument = shape.keys.size();
  result.argument_types = payload_types;
  return result;
}

StatePart PartialPlan::PartOf(const StateSet& set, StateRowsPointer rows) const {
  std::vector<size_t> columns(set.columns.size());
  std::iota(columns.begin(), columns.end(), 0);
  return PartOf(set, std::move(rows), columns);
}

StatePart PartialPlan::PartOf(const StateSet& set, StateRowsPointer rows,
                              const std::vector<size_t>& columns) const {
  StatePart part{std::move(rows), std::vector<size_t>(types.size(), kNoColumn)};
  for (size_t i = 0; i < columns.size(); ++i) part.columns[set.columns[i]] = columns[i];
  return part;
}

void PartialPlan::Keep(const UnitStates& of_unit, NewStates& to_write) const {
  auto bytes = file_budget_bytes > 0 ? EncodeStates(*of_unit.rows) : std::nullopt;
  if (bytes) {
    to_write.records.push_back({{of_unit.key, of_unit.shape, of_unit.unit, of_unit.deleted},
                                of_unit.rows->row_count,
                                *std::move(bytes)});
  }
  states->Put(of_unit.key, *of_unit.shape, StatePlace::kUnit, of_unit.unit, of_unit.deleted,
              of_unit.rows, budget_bytes);
}

void PartialPlan::Keep(const ComputedStates& computed) const {
  const auto no_rows = std::make_shared<const StateRows>();
  NewStates to_write;
  for (const auto& [fragment, file] : unknown) {
    for (size_t set = 0; set < sets.size(); ++set) {
      const auto shape_of_file = std::make_shared<const StateShape>(file.shapes[set]);
      for (const auto unit : file.units) {
        const auto found = computed.find({fragment, unit});
        StateRowsPointer rows = no_rows;
        if (found != computed.end()) rows = found->second[set];
        Keep({file.key, shape_of_file, unit, (*file.deleted)[unit], std::move(rows)}, to_write);
      }
    }
    for (const auto unit : file.units) {
      to_write.scanned_rows += std::min(kUnitRows, file.row_count - unit * kUnitRows);
    }
  }
  states->files().Save(*snapshot, std::move(to_write), file_rows_min, file_budget_bytes);
}

void PartialPlan::KeepCorrected() const {
  for (const auto& block : merged) {
    states->Put(block.key, *block.shape, StatePlace::kBlock, block.unit, block.deleted, block.rows,
                budget_bytes);
  }
  if (corrected.empty()) return;
  NewStates to_write;
  for (const auto& of_unit : corrected) Keep(of_unit, to_write);
  to_write.scanned_rows = corrected_count * kRowsOfCorrection;
  states->files().Save(*snapshot, std::move(to_write), file_rows_min, file_budget_bytes);
}

PhysicalPartialStates::PhysicalPartialStates(
    duckdb::PhysicalPlan& plan, std::shared_ptr<const PartialPlan> partial,
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> inputs, duckdb::idx_t cardinality)
    : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, partial->answer_types(),
                       cardinality),
      partial_(std::move(partial)),
      inputs_(std::move(inputs)) {}

duckdb::InsertionOrderPreservingMap<duckdb::string> PhysicalPartialStates::ParamsToString() const {
  duckdb::InsertionOrderPreservingMap<duckdb::string> result;
  result["States"] =
      fmt::format("{} kept, {} computed", partial_->kept_count - partial_->statistics_count,
                  partial_->unknown_count());
  if (partial_->corrected_count > 0) {
    result["Corrected"] = fmt::format("{} of them", partial_->corrected_count);
  }
  if (partial_->statistics_count > 0) {
    result["Statistics"] = fmt::format("{} files", partial_->statistics_count);
  }
  if (partial_->final_groups != nullptr) result["Aggregates"] = partial_->final_groups->text();
  if (partial_->has_inline_rows) result["Inline rows"] = "scanned";
  return result;
}

duckdb::unique_ptr<duckdb::GlobalSinkState> PhysicalPartialStates::GetGlobalSinkState(
    duckdb::ClientContext&) const {
  return duckdb::make_uniq<ComputedUnits>();
}

duckdb::unique_ptr<duckdb::LocalSinkState> PhysicalPartialStates::GetLocalSinkState(
    duckdb::ExecutionContext& context) const {
  return duckdb::make_uniq<Worker>(context.client, *partial_, inputs_);
}

duckdb::SinkResultType PhysicalPartialStates::Sink(duckdb::ExecutionContext&,
                                                   duckdb::DataChunk& chunk,
                                                   duckdb::OperatorSinkInput& input) const {
  input.local_state.Cast<Worker>().Add(chunk, input.global_state.Cast<ComputedUnits>());
  return duckdb::SinkResultType::NEED_MORE_INPUT;
}

duckdb::SinkCombineResultType PhysicalPartialStates::Combine(
    duckdb::ExecutionContext&, duckdb::OperatorSinkCombineInput& input) const {
  input.local_state.Cast<Worker>().Flush(input.global_state.Cast<ComputedUnits>());
  return duckdb::SinkCombineResultType::FINISHED;
}

duckdb::SinkFinalizeType PhysicalPartialStates::Finalize(
    duckdb::Pipeline&, duckdb::Event&, duckdb::ClientContext&,
    duckdb::OperatorSinkFinalizeInput& input) const {
  auto& result = input.global_state.Cast<ComputedUnits>();
  for (const auto& [unit, sets] : result.units) {
    for (size_t i = 0; i < sets.size(); ++i) {
      result.parts.push_back(partial_->PartOf(partial_->sets[i], sets[i]));
    }
  }
  partial_->Keep(result.units);
  return duckdb::SinkFinalizeType::READY;
}

duckdb::unique_ptr<duckdb::GlobalSourceState> PhysicalPartialStates::GetGlobalSourceState(
    duckdb::ClientContext&) const {
  partial_->KeepCorrected();
  static const std::vector<StatePart> none;
  return duckdb::make_uniq<Progress>(IsSink() ? sink_state->Cast<ComputedUnits>().parts : none);
}

duckdb::SourceResultType PhysicalPartialStates::GetDataInternal(
    duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
    duckdb::OperatorSourceInput& input) const {
  auto& progress = input.global_state.Cast<Progress>();
  if (!progress.first && partial_->final_groups != nullptr) {
    std::vector<size_t> columns(types.size());
    std::iota(columns.begin(), columns.end(), 0);
    auto rows = partial_->final_groups->Compute(context.client, partial_->types,
                                                {partial_->kept, progress.computed});
    progress.answer.push_back({std::move(rows), std::move(columns)});
    progress.first.emplace(progress.answer);
  } else if (!progress.first) {
    progress.first.emplace(partial_->kept);
    progress.second.emplace(progress.computed);
  }
  if (progress.first->Read(chunk) && progress.second) progress.second->Read(chunk);
  return chunk.size() == 0 ? duckdb::SourceResultType::FINISHED
                           : duckdb::SourceResultType::HAVE_MORE_OUTPUT;
}

}  // namespace icefall
