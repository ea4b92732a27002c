#include "sql/maintenance/inner_statement.h"

#include <thread>

#include "duckdb/execution/executor.hpp"
#include "duckdb/parallel/task_scheduler.hpp"

#include "sql/task_wait.h"

namespace icefall {
namespace {

// Runs tasks as DuckDB's own threads do, until there will be no more of them or the statement is
// interrupted, before each after `step`. A task leaves its error with the executor, which is there
// until somebody asks for the result.
template <typename Step>
void Work(duckdb::ClientContext& context, duckdb::Executor& executor, const Step& step) {
  auto& scheduler = duckdb::TaskScheduler::GetScheduler(context);
  TaskWait wait;
  duckdb::shared_ptr<duckdb::Task> task;
  while (!executor.ExecutionIsFinished() && !context.IsInterrupted()) {
    step();
    if (!task && !scheduler.GetTaskFromProducer(executor.GetToken(), task)) {
      wait.Wait();
      continue;
    }
    wait.Reset();
    const auto result = task->Execute(duckdb::TaskExecutionMode::PROCESS_PARTIAL);
    if (result == duckdb::TaskExecutionResult::TASK_NOT_FINISHED) continue;
    if (result == duckdb::TaskExecutionResult::TASK_BLOCKED) task->Deschedule();
    task.reset();
  }
}

}  // namespace

void RunInnerStatement(duckdb::Connection& connection, duckdb::PendingQueryResult& pending,
                       const RewriteProgress& progress) {
  auto& context = *connection.context;
  const auto step = [&] {
    if (progress.is_cancelled && progress.is_cancelled()) context.Interrupt();
  };
  // Where one of DuckDB's threads runs the function, the one that asked waits and has nothing to
  // do: of two threads one would work. Another takes its place.
  if (progress.caller_waits) {
    auto& executor = context.GetExecutor();
    const std::jthread other([&] { Work(context, executor, [] {}); });
    Work(context, executor, step);
  }
  RunToResult(pending, step);
}

}  // namespace icefall
