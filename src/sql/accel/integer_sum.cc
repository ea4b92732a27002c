#include "sql/accel/integer_sum.h"

#include <cstdint>
#include <new>

#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/common/types/vector.hpp"

namespace icefall {
namespace {

using duckdb::AggregateInputData;
using duckdb::idx_t;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;

// In words, because states are aligned as words are.
struct State {
  uint64_t low = 0;
  uint64_t high = 0;
  bool has_value = false;

  void Add(uint64_t more_low, uint64_t more_high) {
    low += more_low;
    high += more_high + (low < more_low ? 1 : 0);
  }
  void Add(int64_t value) { Add(static_cast<uint64_t>(value), static_cast<uint64_t>(value >> 63)); }
};

// Values from 0 up, moved there by adding 2^63, in halves: 2^32 of them add up without a carry, so
// that additions go side by side.
struct Halves {
  uint64_t high = 0;
  uint64_t low = 0;
  uint64_t count = 0;

  void Add(int64_t value) {
    AddHalves(value);
    ++count;
  }
  template <typename Input>
  void AddAll(const Input* values, uint64_t value_count) {
    // A known number of rounds is what compilers make vector instructions of.
    constexpr uint64_t kBlock = 64;
    uint64_t i = 0;
    for (; i + kBlock <= value_count; i += kBlock) {
      for (uint64_t k = 0; k < kBlock; ++k) AddHalves(values[i + k]);
    }
    for (; i < value_count; ++i) AddHalves(values[i]);
    count += value_count;
  }
  void AddTo(State& state) const {
    state.Add(low, 0);
    state.Add(high << 32, high >> 32);
    // Less count times 2^63.
    state.Add(~(count << 63) + 1, ~(count >> 1) + ((count << 63) == 0 ? 1 : 0));
    state.has_value |= count > 0;
  }

 private:
  void AddHalves(int64_t value) {
    const auto moved = static_cast<uint64_t>(value) ^ (uint64_t{1} << 63);
    high += moved >> 32;
    low += moved & 0xffffffff;
  }
};

idx_t Size(const duckdb::AggregateFunction&) { return sizeof(State); }

void Initialize(const duckdb::AggregateFunction&, duckdb::data_ptr_t place) { new (place) State(); }

template <typename Input>
void UpdateOne(Vector inputs[], AggregateInputData&, idx_t, duckdb::data_ptr_t place, idx_t count) {
  auto& state = *reinterpret_cast<State*>(place);
  UnifiedVectorFormat format;
  inputs[0].ToUnifiedFormat(count, format);
  const auto* values = UnifiedVectorFormat::GetData<Input>(format);
  const bool has_all = format.validity.AllValid();
  Halves halves;
  if (has_all && inputs[0].GetVectorType() == duckdb::VectorType::FLAT_VECTOR) {
    halves.AddAll(values, count);
  } else {
    for (idx_t i = 0; i < count; ++i) {
      const auto row = format.sel->get_index(i);
      if (has_all || format.validity.RowIsValid(row)) halves.Add(values[row]);
    }
  }
  halves.AddTo(state);
}

template <typename Input>
void Update(Vector inputs[], AggregateInputData&, idx_t, Vector& states, idx_t count) {
  UnifiedVectorFormat format;
  UnifiedVectorFormat places;
  inputs[0].ToUnifiedFormat(count, format);
  states.ToUnifiedFormat(count, places);
  const auto* values = UnifiedVectorFormat::GetData<Input>(format);
  const auto* found = UnifiedVectorFormat::GetData<State*>(places);
  const bool has_all = format.validity.AllValid();
  for (idx_t i = 0; i < count; ++i) {
    const auto row = format.sel->get_index(i);
    if (!has_all && !format.validity.RowIsValid(row)) continue;
    auto& state = *found[places.sel->get_index(i)];
    state.Add(values[row]);
    state.has_value = true;
  }
}

void Combine(Vector& sources, Vector& targets, AggregateInputData&, idx_t count) {
  UnifiedVectorFormat format;
  sources.ToUnifiedFormat(count, format);
  const auto* from = UnifiedVectorFormat::GetData<const State*>(format);
  auto* to = duckdb::FlatVector::GetData<State*>(targets);
  for (idx_t i = 0; i < count; ++i) {
    const auto& state = *from[format.sel->get_index(i)];
    to[i]->Add(state.low, state.high);
    to[i]->has_value |= state.has_value;
  }
}

duckdb::hugeint_t SumOf(const State& state) {
  duckdb::hugeint_t sum;
  sum.lower = state.low;
  sum.upper = static_cast<int64_t>(state.high);
  return sum;
}

void Finalize(Vector& states, AggregateInputData&, Vector& result, idx_t count, idx_t offset) {
  UnifiedVectorFormat format;
  states.ToUnifiedFormat(count, format);
  const auto* found = UnifiedVectorFormat::GetData<State*>(format);
  if (states.GetVectorType() == duckdb::VectorType::CONSTANT_VECTOR) {
    result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
    const auto& state = *found[format.sel->get_index(0)];
    duckdb::ConstantVector::SetNull(result, !state.has_value);
    *duckdb::ConstantVector::GetData<duckdb::hugeint_t>(result) = SumOf(state);
    return;
  }
  auto* sums = duckdb::FlatVector::GetData<duckdb::hugeint_t>(result);
  for (idx_t i = 0; i < count; ++i) {
    const auto& state = *found[format.sel->get_index(i)];
    if (!state.has_value) duckdb::FlatVector::SetNull(result, offset + i, true);
    sums[offset + i] = SumOf(state);
  }
}

template <typename Input>
duckdb::AggregateFunction Make(const duckdb::AggregateFunction& sum) {
  duckdb::AggregateFunction function(sum.name, sum.arguments, sum.GetReturnType(), Size, Initialize,
                                     Update<Input>, Combine, Finalize, UpdateOne<Input>);
  function.SetOrderDependent(duckdb::AggregateOrderDependent::NOT_ORDER_DEPENDENT);
  return function;
}

}  // namespace

std::optional<duckdb::AggregateFunction> FasterIntegerSum(const duckdb::AggregateFunction& sum) {
  if (sum.arguments.size() != 1 ||
      sum.GetReturnType().InternalType() != duckdb::PhysicalType::INT128) {
    return std::nullopt;
  }
  switch (sum.arguments[0].InternalType()) {
    case duckdb::PhysicalType::INT16:
      return Make<int16_t>(sum);
    case duckdb::PhysicalType::INT32:
      return Make<int32_t>(sum);
    case duckdb::PhysicalType::INT64:
      return Make<int64_t>(sum);
    default:
      return std::nullopt;
  }
}

}  // namespace icefall
