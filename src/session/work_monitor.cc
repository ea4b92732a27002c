#include "session/work_monitor.h"

#include "duckdb/main/client_context.hpp"

#include "sql/task_wait.h"

namespace icefall {

namespace {

constexpr std::chrono::milliseconds kRedrawPeriod(100);

std::unexpected<Error> Interrupted() { return Fail(ErrorCode::kUnavailable, "interrupted"); }

}  // namespace

Result<void> WorkMonitor::Begin() {
  begin_ = Clock::now();
  if (must_stop()) return Interrupted();
  return {};
}

Result<void> WorkMonitor::Step(double percent) {
  if (must_stop()) {
    Pause();
    return Interrupted();
  }
  if (!options_.progress) return {};
  const auto now = Clock::now();
  if (now - begin_ < std::chrono::milliseconds(options_.progress_delay_ms)) return {};
  if (shown_ && now - *shown_ < kRedrawPeriod) return {};
  shown_ = now;
  options_.progress(percent);
  return {};
}

void WorkMonitor::Pause() {
  if (shown_) options_.progress(std::nullopt);
  shown_.reset();
}

void WorkMonitor::StepStatement(duckdb::ClientContext& context) {
  // The statement answers the error itself, and undoes what it did.
  if (!Step(context.GetQueryProgress().GetPercentage()).has_value()) context.Interrupt();
}

duckdb::unique_ptr<duckdb::QueryResult> WorkMonitor::Execute(duckdb::ClientContext& context,
                                                             duckdb::PendingQueryResult& pending) {
  RunToResult(pending, [&] { StepStatement(context); });
  Pause();
  // Executing what has failed would answer that it cannot be executed.
  if (pending.HasError()) pending.ThrowError();
  auto result = pending.Execute();
  return result;
}

duckdb::unique_ptr<duckdb::DataChunk> WorkMonitor::Fetch(duckdb::ClientContext& context,
                                                         duckdb::QueryResult& result) {
  if (result.type == duckdb::QueryResultType::STREAM_RESULT) {
    auto& stream = result.Cast<duckdb::StreamQueryResult>();
    TaskWait wait;
    while (stream.IsOpen()) {
      StepStatement(context);
      const auto state = stream.ExecuteTask();
      if (duckdb::StreamQueryResult::IsChunkReady(state)) break;
      wait.After(stream, state);
    }
  }
  auto chunk = result.Fetch();
  Pause();
  return chunk;
}

}  // namespace icefall
