#include "sql/accel/state_merge.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/exception.hpp"

#include "sql/accel/state_columns.h"

namespace icefall {

StateMerge::StateMerge(duckdb::ClientContext& context, const PartialPlan& plan,
                       std::vector<std::string> kinds)
    : context_(context), plan_(plan), kinds_(std::move(kinds)) {}

const std::optional<std::vector<duckdb::AggregateObject>>& StateMerge::Functions() {
  if (std::exchange(are_found_, true)) return functions_;
  std::vector<duckdb::AggregateObject> functions;
  for (size_t i = 0; i < kinds_.size(); ++i) {
    auto join = JoinOfStates(context_, kinds_[i], plan_.types[plan_.shape.keys.size() + i]);
    if (join == nullptr || !join->function.simple_update) return functions_;
    functions.emplace_back(join.get());
  }
  functions_ = std::move(functions);
  return functions_;
}

StateRowsPointer StateMerge::Run(const StateSet& set, std::span<const StatePart> parts) {
  if (context_.interrupted) throw duckdb::InterruptException();
  auto joined = plan_.ComputedOf(set);
  if (set.has_states()) {
    const auto& functions = Functions();
    if (!functions) return nullptr;
    joined.aggregates = *functions;
    joined.argument_types.assign(
        plan_.types.begin() + static_cast<ptrdiff_t>(joined.first_argument), plan_.types.end());
  }
  try {
    auto result = std::make_shared<StateRows>();
    UnitAggregate aggregate(context_, std::move(joined));
    uint64_t row_count = 0;
    for (const auto& part : parts) row_count += part.rows->row_count;
    duckdb::DataChunk rows;
    rows.Initialize(context_, plan_.types,
                    std::clamp<uint64_t>(row_count, 1, STANDARD_VECTOR_SIZE));
    PartReader reader(parts);
    for (bool is_end = false; !is_end;) {
      rows.Reset();
      is_end = reader.Read(rows);
      aggregate.Add(rows);
    }
    aggregate.Take(*result);
    return result;
  } catch (const duckdb::OutOfRangeException&) {
    return nullptr;
  }
}

}  // namespace icefall
