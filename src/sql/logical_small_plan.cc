#include "sql/logical_small_plan.h"

#include <algorithm>
#include <array>

#include "duckdb/main/client_config.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/bound_parameter_map.hpp"

namespace icefall {

bool MayOptimizeSmallPlan(duckdb::ClientContext& context) {
  using duckdb::OptimizerType;
  const auto& disabled = duckdb::DBConfig::GetConfig(context).options.disabled_optimizers;
  return std::ranges::none_of(std::array{OptimizerType::FILTER_PUSHDOWN,
                                         OptimizerType::UNUSED_COLUMNS, OptimizerType::EXTENSION},
                              [&](const OptimizerType pass) { return disabled.contains(pass); });
}

bool MayBecomeSmallPlan(duckdb::PlannerExtensionInput& input) {
  if (!duckdb::ClientConfig::GetConfig(input.context).enable_optimizer) return false;
  auto parameters = input.binder.GetParameters();
  if (parameters && !parameters->GetParameters().empty()) return false;
  return MayOptimizeSmallPlan(input.context);
}

}  // namespace icefall
