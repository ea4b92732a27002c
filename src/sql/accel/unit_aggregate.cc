#include "sql/accel/unit_aggregate.h"

#include <utility>

#include "duckdb/storage/buffer_manager.hpp"

namespace icefall {
namespace {

duckdb::vector<duckdb::LogicalType> Part(const duckdb::vector<duckdb::LogicalType>& types,
                                         size_t begin, size_t end) {
  duckdb::vector<duckdb::LogicalType> part;
  for (size_t i = begin; i < end; ++i) part.push_back(types[i]);
  return part;
}

// Adds a copy, of its own memory.
void Keep(duckdb::DataChunk& rows, StateRows& result) {
  auto copy = duckdb::make_uniq<duckdb::DataChunk>();
  copy->Initialize(duckdb::Allocator::DefaultAllocator(), rows.GetTypes(), rows.size());
  rows.Copy(*copy);
  result.Add(std::move(copy));
}

}  // namespace

UnitAggregate::UnitAggregate(duckdb::ClientContext& context, RowAggregates computed)
    : context_(context),
      computed_(std::move(computed)),
      arena_(duckdb::BufferAllocator::Get(context)) {
  const auto& aggregates = computed_.aggregates;
  if (!computed_.keys.empty()) {
    keys_.InitializeEmpty(Part(computed_.types, 0, computed_.keys.size()));
  }
  if (!computed_.argument_types.empty()) payload_.InitializeEmpty(computed_.argument_types);
  for (size_t i = 0; i < aggregates.size(); ++i) all_aggregates_.push_back(i);
  for (const auto& aggregate : aggregates) {
    states_.emplace_back((aggregate.function.state_size(aggregate.function) + 7) / 8);
  }
}

UnitAggregate::~UnitAggregate() {
  if (computed_.keys.empty() && !is_empty_) DestroyStates();
}

void UnitAggregate::InitializeStates() {
  for (size_t i = 0; i < states_.size(); ++i) {
    const auto& function = computed_.aggregates[i].function;
    function.initialize(function, reinterpret_cast<duckdb::data_ptr_t>(states_[i].data()));
  }
}

void UnitAggregate::DestroyStates() {
  for (size_t i = 0; i < states_.size(); ++i) {
    const auto& aggregate = computed_.aggregates[i];
    if (aggregate.function.destructor == nullptr) continue;
    duckdb::Vector place(duckdb::Value::POINTER(reinterpret_cast<uintptr_t>(states_[i].data())));
    place.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
    duckdb::AggregateInputData data(aggregate.GetFunctionData(), arena_);
    aggregate.function.destructor(place, data, 1);
  }
  arena_.Reset();
}

void UnitAggregate::Add(duckdb::DataChunk& rows) {
  if (rows.size() == 0) return;
  for (size_t i = 0; i < payload_.ColumnCount(); ++i) {
    payload_.data[i].Reference(rows.data[computed_.first_argument + i]);
  }
  payload_.SetCardinality(rows.size());
  if (computed_.keys.empty()) return AddUngrouped(rows);
  if (table_ == nullptr) {
    duckdb::vector<duckdb::AggregateObject> aggregates;
    for (const auto& aggregate : computed_.aggregates) aggregates.push_back(aggregate);
    table_ = duckdb::make_uniq<duckdb::GroupedAggregateHashTable>(
        context_, duckdb::BufferAllocator::Get(context_), keys_.GetTypes(), payload_.GetTypes(),
        std::move(aggregates));
  }
  for (size_t i = 0; i < computed_.keys.size(); ++i) {
    keys_.data[i].Reference(rows.data[computed_.keys[i]]);
  }
  keys_.SetCardinality(rows.size());
  table_->AddChunk(keys_, payload_, all_aggregates_);
}

void UnitAggregate::AddUngrouped(duckdb::DataChunk& rows) {
  if (is_empty_) InitializeStates();
  is_empty_ = false;
  size_t argument = 0;
  for (size_t i = 0; i < states_.size(); ++i) {
    const auto& aggregate = computed_.aggregates[i];
    duckdb::AggregateInputData data(aggregate.GetFunctionData(), arena_);
    aggregate.function.simple_update(
        aggregate.child_count == 0 ? nullptr : &payload_.data[argument], data,
        aggregate.child_count, reinterpret_cast<duckdb::data_ptr_t>(states_[i].data()),
        rows.size());
    argument += aggregate.child_count;
  }
}

void UnitAggregate::Take(StateRows& result) {
  const auto key_count = computed_.keys.size();
  const auto& types = computed_.types;
  if (key_count == 0) return TakeUngrouped(result);
  if (table_ == nullptr) return;
  duckdb::DataChunk keys;
  duckdb::DataChunk states;
  keys.Initialize(context_, keys_.GetTypes());
  const auto state_types = Part(types, key_count, types.size());
  if (!state_types.empty()) states.Initialize(context_, state_types);
  duckdb::DataChunk both;
  both.InitializeEmpty(types);
  duckdb::AggregateHTScanState scan;
  table_->InitializeScan(scan);
  while (true) {
    keys.Reset();
    states.Reset();
    if (!table_->Scan(scan, keys, states)) break;
    if (keys.size() == 0) continue;
    for (size_t i = 0; i < types.size(); ++i) {
      both.data[i].Reference(i < key_count ? keys.data[i] : states.data[i - key_count]);
    }
    both.SetCardinality(keys.size());
    Keep(both, result);
  }
  table_.reset();
}

void UnitAggregate::TakeUngrouped(StateRows& result) {
  if (is_empty_) return;
  duckdb::DataChunk row;
  row.Initialize(context_, computed_.types);
  row.SetCardinality(1);
  for (size_t i = 0; i < states_.size(); ++i) {
    const auto& aggregate = computed_.aggregates[i];
    duckdb::Vector place(duckdb::Value::POINTER(reinterpret_cast<uintptr_t>(states_[i].data())));
    duckdb::AggregateInputData data(aggregate.GetFunctionData(), arena_);
    aggregate.function.finalize(place, data, row.data[i], 1, 0);
  }
  Keep(row, result);
  DestroyStates();
  is_empty_ = true;
}

}  // namespace icefall
