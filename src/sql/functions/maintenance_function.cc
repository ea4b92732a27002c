#include "sql/functions/maintenance_function.h"

#include <thread>
#include <utility>

#include "duckdb/main/client_context.hpp"

#include "sql/stop_flag.h"

namespace icefall {
namespace {

struct CallData : public duckdb::TableFunctionData {
  MaintenanceCall call;
  const std::thread::id caller = std::this_thread::get_id();
};

struct CallState : public duckdb::GlobalTableFunctionState {
  RewriteProgress progress;
  bool is_run = false;
  MaintenanceRows rows;
  size_t next = 0;  // of `rows`
};

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> Start(duckdb::ClientContext& context,
                                                           duckdb::TableFunctionInitInput&) {
  auto state = duckdb::make_uniq<CallState>();
  state->progress.is_cancelled = [&context] { return StopFlag::MustStop(context); };
  return state;
}

void Run(duckdb::ClientContext& context, duckdb::TableFunctionInput& input,
         duckdb::DataChunk& output) {
  auto& state = input.global_state->Cast<CallState>();
  if (!std::exchange(state.is_run, true)) {
    const auto& data = input.bind_data->Cast<CallData>();
    state.progress.caller_waits = std::this_thread::get_id() != data.caller;
    state.rows = data.call.run(context, state.progress);
  }
  duckdb::idx_t count = 0;
  for (; state.next < state.rows.size() && count < STANDARD_VECTOR_SIZE; ++state.next, ++count) {
    const auto& row = state.rows[state.next];
    for (size_t i = 0; i < row.size(); ++i) output.SetValue(i, count, row[i]);
  }
  output.SetCardinality(count);
}

double Progress(duckdb::ClientContext&, const duckdb::FunctionData*,
                const duckdb::GlobalTableFunctionState* state) {
  const auto& progress = state->Cast<CallState>().progress;
  const auto total = static_cast<double>(progress.rows_total.load());
  return total == 0 ? -1 : 100 * static_cast<double>(progress.rows_done.load()) / total;
}

}  // namespace

duckdb::TableFunction MakeMaintenanceFunction(const std::string& name,
                                              duckdb::vector<duckdb::LogicalType> arguments,
                                              duckdb::table_function_bind_t bind) {
  duckdb::TableFunction function(name, std::move(arguments), Run, bind, Start);
  function.table_scan_progress = Progress;
  return function;
}

duckdb::unique_ptr<duckdb::FunctionData> BindMaintenance(MaintenanceCall call,
                                                         duckdb::vector<duckdb::LogicalType>& types,
                                                         duckdb::vector<duckdb::string>& names) {
  types = call.types;
  names = call.names;
  auto data = duckdb::make_uniq<CallData>();
  data->call = std::move(call);
  return data;
}

duckdb::Value NamedArgument(const duckdb::TableFunctionBindInput& input, const char* name) {
  const auto found = input.named_parameters.find(name);
  return found == input.named_parameters.end() ? duckdb::Value() : found->second;
}

bool IsSet(const duckdb::TableFunctionBindInput& input, const char* name) {
  const duckdb::Value value = NamedArgument(input, name);
  return !value.IsNull() && value.GetValue<bool>();
}

}  // namespace icefall
