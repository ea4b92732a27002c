// What aggregate functions of one argument have in common. A State has Merge(const State&), and
// Take(State&, Input) adds a value to it; one that is kept has Serialize() and
// AddSerialized(bytes).
#pragma once

#include <new>
#include <string>
#include <string_view>

#include "duckdb/common/exception.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/function/aggregate_function.hpp"

namespace icefall::aggregate {

using duckdb::AggregateFunction;
using duckdb::AggregateInputData;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;

template <typename State>
idx_t Size(const AggregateFunction&) {
  return sizeof(State);
}

template <typename State>
void Initialize(const AggregateFunction&, duckdb::data_ptr_t place) {
  new (place) State();
}

template <typename State>
void Combine(Vector& sources, Vector& targets, AggregateInputData&, idx_t count) {
  UnifiedVectorFormat format;
  sources.ToUnifiedFormat(count, format);
  const auto* from = UnifiedVectorFormat::GetData<const State*>(format);
  auto* to = duckdb::FlatVector::GetData<State*>(targets);
  for (idx_t i = 0; i < count; ++i) to[i]->Merge(*from[format.sel->get_index(i)]);
}

template <typename State>
void Take(State& state, duckdb::string_t bytes) {
  if (!state.AddSerialized({bytes.GetData(), bytes.GetSize()})) {
    throw duckdb::InvalidInputException("a kept aggregate state is damaged");
  }
}
// Of one argument; `find` answers the state of a row.
template <typename Input, typename Find>
void UpdateFrom(Vector& input, idx_t count, Find find) {
  UnifiedVectorFormat format;
  input.ToUnifiedFormat(count, format);
  const auto* values = UnifiedVectorFormat::GetData<Input>(format);
  for (idx_t i = 0; i < count; ++i) {
    const auto place = format.sel->get_index(i);
    if (format.validity.RowIsValid(place)) Take(find(i), values[place]);
  }
}

template <typename State, typename Input>
void Update(Vector inputs[], AggregateInputData&, idx_t, Vector& states, idx_t count) {
  UnifiedVectorFormat format;
  states.ToUnifiedFormat(count, format);
  const auto* found = UnifiedVectorFormat::GetData<State*>(format);
  UpdateFrom<Input>(inputs[0], count,
                    [&](idx_t i) -> State& { return *found[format.sel->get_index(i)]; });
}

template <typename State, typename Input>
void UpdateOne(Vector inputs[], AggregateInputData&, idx_t, duckdb::data_ptr_t state, idx_t count) {
  auto& only = *reinterpret_cast<State*>(state);
  UpdateFrom<Input>(inputs[0], count, [&](idx_t) -> State& { return only; });
}

// `answer(state, result, row)` sets one value.
template <typename State, typename Answer>
void FinalizeEach(Vector& states, Vector& result, idx_t count, idx_t offset, Answer answer) {
  UnifiedVectorFormat format;
  states.ToUnifiedFormat(count, format);
  const auto* found = UnifiedVectorFormat::GetData<State*>(format);
  const bool is_one = states.GetVectorType() == duckdb::VectorType::CONSTANT_VECTOR;
  if (is_one) result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  for (idx_t i = 0; i < (is_one ? 1 : count); ++i) {
    answer(*found[format.sel->get_index(i)], result, is_one ? 0 : offset + i);
  }
}

inline void SetNull(Vector& result, idx_t row) {
  if (result.GetVectorType() == duckdb::VectorType::CONSTANT_VECTOR) {
    duckdb::ConstantVector::SetNull(result, true);
  } else {
    duckdb::FlatVector::SetNull(result, row, true);
  }
}

template <typename State>
void FinalizeState(Vector& states, AggregateInputData&, Vector& result, idx_t count, idx_t offset) {
  FinalizeEach<State>(states, result, count, offset, [](State& state, Vector& out, idx_t row) {
    const auto bytes = state.Serialize();
    duckdb::ConstantVector::GetData<duckdb::string_t>(out)[row] =
        duckdb::StringVector::AddStringOrBlob(out, bytes.data(), bytes.size());
  });
}

template <typename State, typename Input>
duckdb::AggregateFunction Make(const std::string& name, const LogicalType& input,
                               const LogicalType& output, duckdb::aggregate_finalize_t finalize) {
  duckdb::AggregateFunction function(name, {input}, output, Size<State>, Initialize<State>,
                                     Update<State, Input>, Combine<State>, finalize,
                                     UpdateOne<State, Input>);
  function.SetOrderDependent(duckdb::AggregateOrderDependent::NOT_ORDER_DEPENDENT);
  return function;
}

}  // namespace icefall::aggregate
