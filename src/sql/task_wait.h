// Running a statement's tasks beside the threads that do so, too.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "duckdb/main/pending_query_result.hpp"

namespace icefall {

// Waits where other threads do all there is to do. DuckDB's own wait returns at once unless a task
// is blocked: its caller takes a core from the thread that works, and the lock that it needs. Of
// one statement and thread.
class TaskWait {
 public:
  // There was a task.
  void Reset() { begin_.reset(); }

  // There was none. Returns at once for a millisecond, as to wake up takes longer than what short
  // statements wait for; then after an eighth of the time for which there has been none, a
  // millisecond at most.
  void Wait() {
    const auto now = Clock::now();
    if (!begin_) begin_ = now;
    if (now - *begin_ < kMillisecond) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::min<Clock::duration>((now - *begin_) / 8, kMillisecond));
    }
  }

  // What has to be done behind ExecuteTask of `statement`, a pending one or a stream, which
  // answered `state` and has no result yet.
  template <typename Statement, typename State>
  void After(Statement& statement, State state) {
    if (state == State::NO_TASKS_AVAILABLE) {
      Wait();
    } else if (state == State::BLOCKED) {
      statement.WaitForTask();
    } else {
      Reset();
    }
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::duration kMillisecond = std::chrono::milliseconds(1);

  std::optional<Clock::time_point> begin_;
};

// Runs tasks of `pending` until it has a result or an error, and `step` before each of them, which
// may interrupt the connection. Throws what the tasks throw.
template <typename Step>
void RunToResult(duckdb::PendingQueryResult& pending, const Step& step) {
  TaskWait wait;
  for (;;) {
    step();
    const auto state = pending.ExecuteTask();
    if (duckdb::PendingQueryResult::IsResultReady(state)) return;
    wait.After(pending, state);
  }
}

}  // namespace icefall
