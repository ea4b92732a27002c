#include "sql/accel/sketch_functions.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "duckdb/common/serializer/binary_deserializer.hpp"
#include "duckdb/common/serializer/binary_serializer.hpp"
#include "duckdb/common/serializer/memory_stream.hpp"
#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/common/types/hyperloglog.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"

#include "accel/quantile_sketch.h"
#include "sql/accel/aggregate_template.h"

namespace icefall {
namespace {

using duckdb::AggregateFunction;
using duckdb::AggregateInputData;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::PhysicalType;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;

struct DistinctState {
  duckdb::HyperLogLog registers;

  void Merge(const DistinctState& other) { registers.Merge(other.registers); }
  std::string Serialize() const {
    std::string bytes;
    for (idx_t i = 0; i < duckdb::HyperLogLog::M; ++i) {
      bytes += static_cast<char>(registers.GetRegister(i));
    }
    return bytes;
  }
  bool AddSerialized(std::string_view bytes) {
    if (bytes.size() != duckdb::HyperLogLog::M) return false;
    const auto is_possible = [](char value) {
      return static_cast<uint8_t>(value) <= duckdb::HyperLogLog::Q + 1;
    };
    if (!std::ranges::all_of(bytes, is_possible)) return false;
    for (idx_t i = 0; i < bytes.size(); ++i) registers.Update(i, static_cast<uint8_t>(bytes[i]));
    return true;
  }
};

// `find` answers the state of a row.
template <typename Find>
void AddHashes(Vector& input, idx_t count, Find find) {
  Vector hashes(LogicalType::HASH, count);
  duckdb::VectorOperations::Hash(input, hashes, count);
  UnifiedVectorFormat format;
  UnifiedVectorFormat hash_format;
  input.ToUnifiedFormat(count, format);
  hashes.ToUnifiedFormat(count, hash_format);
  const auto* hash = UnifiedVectorFormat::GetData<duckdb::hash_t>(hash_format);
  for (idx_t i = 0; i < count; ++i) {
    if (!format.validity.RowIsValid(format.sel->get_index(i))) continue;
    find(i).registers.InsertElement(hash[hash_format.sel->get_index(i)]);
  }
}

void UpdateDistinct(Vector inputs[], AggregateInputData&, idx_t, Vector& states, idx_t count) {
  UnifiedVectorFormat format;
  states.ToUnifiedFormat(count, format);
  const auto* found = UnifiedVectorFormat::GetData<DistinctState*>(format);
  AddHashes(inputs[0], count,
            [&](idx_t i) -> DistinctState& { return *found[format.sel->get_index(i)]; });
}

void UpdateOneDistinct(Vector inputs[], AggregateInputData&, idx_t, duckdb::data_ptr_t state,
                       idx_t count) {
  auto& only = *reinterpret_cast<DistinctState*>(state);
  AddHashes(inputs[0], count, [&](idx_t) -> DistinctState& { return only; });
}

void FinalizeDistinct(Vector& states, AggregateInputData&, Vector& result, idx_t count,
                      idx_t offset) {
  aggregate::FinalizeEach<DistinctState>(states, result, count, offset,
                                         [](DistinctState& state, Vector& out, idx_t row) {
                                           duckdb::ConstantVector::GetData<int64_t>(out)[row] =
                                               static_cast<int64_t>(state.registers.Count());
                                         });
}

// Owns what it points to; DuckDB moves states as bytes.
struct QuantileState {
  QuantileSketch* sketch = nullptr;  // null: no values

  QuantileSketch& Get() {
    if (sketch == nullptr) sketch = new QuantileSketch();
    return *sketch;
  }
  void Merge(const QuantileState& other) {
    if (other.sketch != nullptr) Get().Merge(*other.sketch);
  }
  std::string Serialize() const { return sketch == nullptr ? "" : sketch->Serialize(); }
  bool AddSerialized(std::string_view bytes) { return Get().AddSerialized(bytes); }
};

double NumberOf(duckdb::hugeint_t value) { return duckdb::Hugeint::Cast<double>(value); }
template <typename Number>
double NumberOf(Number value) {
  return static_cast<double>(value);
}

template <typename Number>
requires(!std::is_same_v<Number, duckdb::string_t>) void Take(QuantileState& state, Number value) {
  const double number = NumberOf(value);
  if (std::isfinite(number)) state.Get().Add(number);
}

void DestroyQuantiles(Vector& states, AggregateInputData&, idx_t count) {
  auto* const* found = duckdb::FlatVector::GetData<QuantileState*>(states);
  for (idx_t i = 0; i < count; ++i) {
    delete found[i]->sketch;
    found[i]->sketch = nullptr;
  }
}

struct QuantileData : public duckdb::FunctionData {
  explicit QuantileData(duckdb::vector<float> values) : quantiles(std::move(values)) {}
  duckdb::unique_ptr<FunctionData> Copy() const override {
    return duckdb::make_uniq<QuantileData>(quantiles);
  }
  bool Equals(const FunctionData& other) const override {
    return quantiles == other.Cast<QuantileData>().quantiles;
  }

  duckdb::vector<float> quantiles;
};

// The nearest value of the type.
template <typename Number>
Number ValueOfNumber(double number) {
  if constexpr (std::is_floating_point_v<Number>) {
    return static_cast<Number>(number);
  } else if constexpr (std::is_same_v<Number, duckdb::hugeint_t>) {
    duckdb::hugeint_t value;
    if (duckdb::Hugeint::TryConvert(number, value)) return value;
    return number < 0 ? duckdb::NumericLimits<Number>::Minimum()
                      : duckdb::NumericLimits<Number>::Maximum();
  } else {
    const double rounded = std::nearbyint(number);
    // The greatest value may be rounded up to what is none.
    if (rounded >= static_cast<double>(std::numeric_limits<Number>::max())) {
      return std::numeric_limits<Number>::max();
    }
    if (rounded <= static_cast<double>(std::numeric_limits<Number>::min())) {
      return std::numeric_limits<Number>::min();
    }
    return static_cast<Number>(rounded);
  }
}

template <typename Number>
void SetQuantiles(Vector& result, idx_t row, const std::vector<double>& values) {
  if (result.GetType().id() != LogicalTypeId::LIST) {
    duckdb::ConstantVector::GetData<Number>(result)[row] = ValueOfNumber<Number>(values[0]);
    return;
  }
  const auto begin = duckdb::ListVector::GetListSize(result);
  duckdb::ListVector::Reserve(result, begin + values.size());
  auto* elements =
      duckdb::FlatVector::GetData<Number>(duckdb::ListVector::GetEntry(result)) + begin;
  for (size_t i = 0; i < values.size(); ++i) elements[i] = ValueOfNumber<Number>(values[i]);
  duckdb::ListVector::SetListSize(result, begin + values.size());
  duckdb::ConstantVector::GetData<duckdb::list_entry_t>(result)[row] = {begin, values.size()};
}

template <typename Number>
void FinalizeQuantiles(Vector& states, AggregateInputData& data, Vector& result, idx_t count,
                       idx_t offset) {
  const auto& quantiles = data.bind_data->Cast<QuantileData>().quantiles;
  aggregate::FinalizeEach<QuantileState>(
      states, result, count, offset, [&](QuantileState& state, Vector& out, idx_t row) {
        if (state.sketch == nullptr || state.sketch->count() == 0) {
          return aggregate::SetNull(out, row);
        }
        SetQuantiles<Number>(out, row, state.sketch->Quantiles(quantiles));
      });
}

LogicalType ValueTypeOf(const LogicalType& result) {
  return result.id() == LogicalTypeId::LIST ? duckdb::ListType::GetChildType(result) : result;
}

bool IsNumber(const LogicalType& type) {
  if (type.id() == LogicalTypeId::TIME_TZ) return false;
  switch (type.InternalType()) {
    case PhysicalType::INT8:
    case PhysicalType::INT16:
    case PhysicalType::INT32:
    case PhysicalType::INT64:
    case PhysicalType::INT128:
    case PhysicalType::FLOAT:
    case PhysicalType::DOUBLE:
      return true;
    default:
      return false;
  }
}

// What `make` answers for the type that DuckDB stores it in.
template <template <typename> typename Make>
AggregateFunction OfNumber(const LogicalType& type) {
  switch (type.InternalType()) {
    case PhysicalType::INT8:
      return Make<int8_t>::Function(type);
    case PhysicalType::INT16:
      return Make<int16_t>::Function(type);
    case PhysicalType::INT32:
      return Make<int32_t>::Function(type);
    case PhysicalType::INT128:
      return Make<duckdb::hugeint_t>::Function(type);
    case PhysicalType::FLOAT:
      return Make<float>::Function(type);
    case PhysicalType::DOUBLE:
      return Make<double>::Function(type);
    default:
      return Make<int64_t>::Function(type);
  }
}

template <typename Number>
struct MakeState {
  static AggregateFunction Function(const LogicalType& type) {
    return aggregate::Make<QuantileState, Number>("icefall_quantile_state", type, LogicalType::BLOB,
                                                  aggregate::FinalizeState<QuantileState>);
  }
};

template <typename Number>
struct MakeDirect {
  static AggregateFunction Function(const LogicalType& type) {
    return aggregate::Make<QuantileState, Number>("approx_quantile", type, type,
                                                  FinalizeQuantiles<Number>);
  }
};

template <typename Number>
struct MakeMerge {
  static AggregateFunction Function(const LogicalType&) {
    return aggregate::Make<QuantileState, duckdb::string_t>(
        "approx_quantile", LogicalType::BLOB, LogicalType::BLOB, FinalizeQuantiles<Number>);
  }
};

}  // namespace

AggregateFunction DistinctSketchState(const LogicalType& type) {
  AggregateFunction function("icefall_distinct_state", {type}, LogicalType::BLOB,
                             aggregate::Size<DistinctState>, aggregate::Initialize<DistinctState>,
                             UpdateDistinct, aggregate::Combine<DistinctState>,
                             aggregate::FinalizeState<DistinctState>, UpdateOneDistinct);
  function.SetOrderDependent(duckdb::AggregateOrderDependent::NOT_ORDER_DEPENDENT);
  return function;
}

std::optional<std::string> DistinctSketchWithout(const StateDifference& states) {
  DistinctState rest;
  for (const auto& bytes : states.all) {
    if (!rest.AddSerialized(bytes)) return std::nullopt;
  }
  DistinctState removed;
  if (!removed.AddSerialized(states.removed)) return std::nullopt;
  for (idx_t i = 0; i < duckdb::HyperLogLog::M; ++i) {
    const auto of_removed = removed.registers.GetRegister(i);
    if (of_removed > 0 && of_removed >= rest.registers.GetRegister(i)) return std::nullopt;
  }
  auto bytes = rest.Serialize();
  if (std::ranges::all_of(bytes, [](char value) { return value == 0; })) return std::nullopt;
  return bytes;
}

AggregateFunction MergeDistinctSketches() {
  return aggregate::Make<DistinctState, duckdb::string_t>(
      "approx_count_distinct", LogicalType::BLOB, LogicalType::BIGINT, FinalizeDistinct);
}

AggregateFunction JoinDistinctSketches() {
  return aggregate::Make<DistinctState, duckdb::string_t>("icefall_distinct_state",
                                                          LogicalType::BLOB, LogicalType::BLOB,
                                                          aggregate::FinalizeState<DistinctState>);
}

AggregateFunction JoinQuantileSketches() {
  auto function = aggregate::Make<QuantileState, duckdb::string_t>(
      "icefall_quantile_state", LogicalType::BLOB, LogicalType::BLOB,
      aggregate::FinalizeState<QuantileState>);
  function.SetStateDestructorCallback(DestroyQuantiles);
  return function;
}

AggregateFunction QuantileSketchState(const LogicalType& type) {
  auto function = OfNumber<MakeState>(type);
  function.SetStateDestructorCallback(DestroyQuantiles);
  return function;
}

AggregateFunction MergeQuantileSketches(const LogicalType& result) {
  auto function = OfNumber<MakeMerge>(ValueTypeOf(result));
  function.SetReturnType(result);
  function.SetStateDestructorCallback(DestroyQuantiles);
  return function;
}

duckdb::unique_ptr<duckdb::FunctionData> QuantilesOf(
    const duckdb::BoundAggregateExpression& aggregate) {
  const auto write = aggregate.function.GetSerializeCallback();
  if (aggregate.function.name != "approx_quantile" || aggregate.children.size() != 1 ||
      write == nullptr || aggregate.bind_info == nullptr) {
    return nullptr;
  }
  const auto& type = aggregate.children[0]->return_type;
  if (ValueTypeOf(aggregate.return_type) != type || !IsNumber(type)) return nullptr;
  try {
    // DuckDB does not show what it has bound in any other way.
    duckdb::MemoryStream stream;
    duckdb::BinarySerializer serializer(stream);
    serializer.Begin();
    write(serializer, aggregate.bind_info.get(), aggregate.function);
    serializer.End();
    stream.Rewind();
    duckdb::BinaryDeserializer deserializer(stream);
    deserializer.Begin();
    auto quantiles = deserializer.ReadProperty<duckdb::vector<float>>(100, "quantiles");
    deserializer.End();
    return duckdb::make_uniq<QuantileData>(std::move(quantiles));
  } catch (const std::exception&) {
    return nullptr;
  }
}

void UseQuantileSketch(duckdb::BoundAggregateExpression& aggregate) {
  auto quantiles = QuantilesOf(aggregate);
  if (quantiles == nullptr) return;
  aggregate.function = OfNumber<MakeDirect>(aggregate.children[0]->return_type);
  aggregate.function.SetReturnType(aggregate.return_type);
  aggregate.function.SetStateDestructorCallback(DestroyQuantiles);
  aggregate.bind_info = std::move(quantiles);
}

}  // namespace icefall
