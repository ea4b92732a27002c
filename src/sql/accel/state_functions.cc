#include "sql/accel/state_functions.h"

#include <cmath>
#include <string_view>

#include "duckdb/common/exception.hpp"
#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/common/types/vector.hpp"

#include "accel/exact_sum.h"
#include "sql/accel/aggregate_template.h"

namespace icefall {
namespace {

using duckdb::AggregateFunction;
using duckdb::AggregateInputData;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;

using aggregate::Combine;
using aggregate::FinalizeEach;
using aggregate::FinalizeState;
using aggregate::Initialize;
using aggregate::Make;
using aggregate::SetNull;
using aggregate::Size;

struct SumState {
  ExactSum sum;

  void Add(double value) { sum.Add(value); }
  bool AddSerialized(std::string_view bytes) { return sum.AddSerialized(bytes); }
  void Merge(const SumState& other) { sum.Merge(other.sum); }
  bool Subtract(const SumState& other) { return sum.Subtract(other.sum); }
  std::string Serialize() const { return sum.Serialize(); }
};

struct MomentsState {
  ExactSum sum;
  ExactSum squares;

  void Add(double value) {
    sum.Add(value);
    squares.AddSquare(value);
  }
  // The length of the first in a byte, then both.
  std::string Serialize() const {
    const auto first = sum.Serialize();
    return std::string(1, static_cast<char>((first.size() - 10) / 4)) + first + squares.Serialize();
  }
  bool AddSerialized(std::string_view bytes) {
    if (bytes.empty()) return false;
    const size_t first = 10 + size_t{4} * static_cast<uint8_t>(bytes[0]);
    if (bytes.size() < 1 + first) return false;
    return sum.AddSerialized(bytes.substr(1, first)) &&
           squares.AddSerialized(bytes.substr(1 + first));
  }
  void Merge(const MomentsState& other) {
    sum.Merge(other.sum);
    squares.Merge(other.squares);
  }
  bool Subtract(const MomentsState& other) {
    return sum.Subtract(other.sum) && squares.Subtract(other.squares);
  }
};

struct CountState {
  int64_t count = 0;

  void Merge(const CountState& other) { count += other.count; }
};

struct AverageState {
  duckdb::hugeint_t sum{0};
  int64_t count = 0;

  void Merge(const AverageState& other) {
    sum += other.sum;
    count += other.count;
  }
};

struct ScaleData : public duckdb::FunctionData {
  explicit ScaleData(double value) : divisor(value) {}
  duckdb::unique_ptr<FunctionData> Copy() const override {
    return duckdb::make_uniq<ScaleData>(divisor);
  }
  bool Equals(const FunctionData& other) const override {
    return divisor == other.Cast<ScaleData>().divisor;
  }

  double divisor;
};

template <typename State>
std::optional<std::string> Without(const StateDifference& states) {
  State rest;
  for (const auto& bytes : states.all) {
    if (!rest.AddSerialized(bytes)) return std::nullopt;
  }
  State removed;
  if (!removed.AddSerialized(states.removed) || !rest.Subtract(removed)) return std::nullopt;
  if (rest.sum.count() == 0) return std::nullopt;
  return rest.Serialize();
}

void Take(SumState& state, double value) { state.Add(value); }
void Take(MomentsState& state, double value) { state.Add(value); }
void Take(CountState& state, int64_t count) { state.count += count; }

template <typename Find>
void AddAverages(Vector inputs[], idx_t count, Find find) {
  UnifiedVectorFormat sums;
  UnifiedVectorFormat counts;
  inputs[0].ToUnifiedFormat(count, sums);
  inputs[1].ToUnifiedFormat(count, counts);
  for (idx_t i = 0; i < count; ++i) {
    const auto place = sums.sel->get_index(i);
    if (!sums.validity.RowIsValid(place)) continue;
    AverageState& state = find(i);
    state.sum += UnifiedVectorFormat::GetData<duckdb::hugeint_t>(sums)[place];
    state.count += UnifiedVectorFormat::GetData<int64_t>(counts)[counts.sel->get_index(i)];
  }
}

void UpdateAverage(Vector inputs[], AggregateInputData&, idx_t, Vector& states, idx_t count) {
  UnifiedVectorFormat format;
  states.ToUnifiedFormat(count, format);
  const auto* found = UnifiedVectorFormat::GetData<AverageState*>(format);
  AddAverages(inputs, count,
              [&](idx_t i) -> AverageState& { return *found[format.sel->get_index(i)]; });
}

void UpdateOneAverage(Vector inputs[], AggregateInputData&, idx_t, duckdb::data_ptr_t state,
                      idx_t count) {
  auto& only = *reinterpret_cast<AverageState*>(state);
  AddAverages(inputs, count, [&](idx_t) -> AverageState& { return only; });
}

void SetDouble(Vector& result, idx_t row, double value) {
  duckdb::ConstantVector::GetData<double>(result)[row] = value;
}

template <bool is_average>
void FinalizeSum(Vector& states, AggregateInputData&, Vector& result, idx_t count, idx_t offset) {
  FinalizeEach<SumState>(states, result, count, offset, [](SumState& state, Vector& out, idx_t i) {
    if (state.sum.count() == 0) return SetNull(out, i);
    const double sum = state.sum.Round();
    SetDouble(out, i, is_average ? sum / static_cast<double>(state.sum.count()) : sum);
  });
}

enum class Spread : uint8_t {
  kSampleVariance,
  kVariance,
  kSampleDeviation,
  kDeviation,
  kStandardError
};

template <Spread spread>
void FinalizeSpread(Vector& states, AggregateInputData&, Vector& result, idx_t count,
                    idx_t offset) {
  FinalizeEach<MomentsState>(
      states, result, count, offset, [](MomentsState& state, Vector& out, idx_t row) {
        constexpr bool is_sample =
            spread == Spread::kSampleVariance || spread == Spread::kSampleDeviation;
        const auto n = state.sum.count();
        if (n == 0 || (is_sample && n == 1)) return SetNull(out, row);
        const auto sum = state.sum.RoundToQuad();
        const auto rows = static_cast<ExactSum::Quad>(n);
        auto deviations = state.squares.RoundToQuad() - sum * sum / rows;
        if (n == 1 && deviations == deviations) deviations = 0;
        // Below 0 only by what 113 bits cannot tell.
        double value = static_cast<double>(deviations / (is_sample ? rows - 1 : rows));
        if (value < 0) value = 0;
        if (spread == Spread::kSampleDeviation || spread == Spread::kDeviation ||
            spread == Spread::kStandardError) {
          value = std::sqrt(value);
        }
        if (spread == Spread::kStandardError) value /= std::sqrt(static_cast<double>(n));
        if (!std::isfinite(value)) throw duckdb::OutOfRangeException("the variance is too large");
        SetDouble(out, row, value);
      });
}

void FinalizeCount(Vector& states, AggregateInputData&, Vector& result, idx_t count, idx_t offset) {
  FinalizeEach<CountState>(states, result, count, offset,
                           [](CountState& state, Vector& out, idx_t row) {
                             duckdb::ConstantVector::GetData<int64_t>(out)[row] = state.count;
                           });
}

template <typename Float>
void FinalizeAverage(Vector& states, AggregateInputData& data, Vector& result, idx_t count,
                     idx_t offset) {
  const auto divisor = static_cast<Float>(data.bind_data->Cast<ScaleData>().divisor);
  FinalizeEach<AverageState>(
      states, result, count, offset, [&](AverageState& state, Vector& out, idx_t row) {
        if (state.count == 0) return SetNull(out, row);
        const auto sum = static_cast<Float>(duckdb::Hugeint::Cast<long double>(state.sum));
        const Float rows = static_cast<Float>(state.count) * divisor;
        SetDouble(out, row, static_cast<double>(sum / rows));
      });
}

}  // namespace

AggregateFunction DoubleSumState() {
  return Make<SumState, double>("icefall_sum_state", LogicalType::DOUBLE, LogicalType::BLOB,
                                FinalizeState<SumState>);
}

AggregateFunction DoubleMomentsState() {
  return Make<MomentsState, double>("icefall_moments_state", LogicalType::DOUBLE, LogicalType::BLOB,
                                    FinalizeState<MomentsState>);
}

std::optional<std::string> DoubleSumWithout(const StateDifference& states) {
  return Without<SumState>(states);
}

std::optional<std::string> DoubleMomentsWithout(const StateDifference& states) {
  return Without<MomentsState>(states);
}

AggregateFunction MergeDoubleSums(const std::string& name) {
  const auto finalize = name == "avg" ? FinalizeSum<true> : FinalizeSum<false>;
  return Make<SumState, duckdb::string_t>(name, LogicalType::BLOB, LogicalType::DOUBLE, finalize);
}

bool IsVariance(const std::string& name) {
  return name == "var_samp" || name == "variance" || name == "var_pop" || name == "stddev_samp" ||
         name == "stddev" || name == "stddev_pop" || name == "sem";
}

AggregateFunction MergeDoubleMoments(const std::string& name) {
  const auto finalize = name == "var_pop"         ? FinalizeSpread<Spread::kVariance>
                        : name == "stddev_pop"    ? FinalizeSpread<Spread::kDeviation>
                        : name == "sem"           ? FinalizeSpread<Spread::kStandardError>
                        : name.starts_with("var") ? FinalizeSpread<Spread::kSampleVariance>
                                                  : FinalizeSpread<Spread::kSampleDeviation>;
  return Make<MomentsState, duckdb::string_t>(name, LogicalType::BLOB, LogicalType::DOUBLE,
                                              finalize);
}

AggregateFunction JoinDoubleSums() {
  return Make<SumState, duckdb::string_t>("icefall_sum_state", LogicalType::BLOB, LogicalType::BLOB,
                                          FinalizeState<SumState>);
}

AggregateFunction JoinDoubleMoments() {
  return Make<MomentsState, duckdb::string_t>("icefall_moments_state", LogicalType::BLOB,
                                              LogicalType::BLOB, FinalizeState<MomentsState>);
}

AggregateFunction MergeCounts() {
  return Make<CountState, int64_t>("count", LogicalType::BIGINT, LogicalType::BIGINT,
                                   FinalizeCount);
}

AggregateFunction MergeAverages(const LogicalType& sum_type, bool is_short) {
  AggregateFunction function(
      "avg", {sum_type, LogicalType::BIGINT}, LogicalType::DOUBLE, Size<AverageState>,
      Initialize<AverageState>, UpdateAverage, Combine<AverageState>,
      is_short ? FinalizeAverage<double> : FinalizeAverage<long double>, UpdateOneAverage);
  function.SetOrderDependent(duckdb::AggregateOrderDependent::NOT_ORDER_DEPENDENT);
  return function;
}

duckdb::unique_ptr<duckdb::FunctionData> AverageScale(const LogicalType& sum_type) {
  double divisor = 1;
  if (sum_type.id() == duckdb::LogicalTypeId::DECIMAL) {
    divisor = std::pow(10.0, duckdb::DecimalType::GetScale(sum_type));
  }
  return duckdb::make_uniq<ScaleData>(divisor);
}

}  // namespace icefall
