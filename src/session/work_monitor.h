// What a front end watches while work is under way: how far it is, and whether to stop it.
#pragma once

#include <chrono>
#include <optional>

#include "duckdb/main/pending_query_result.hpp"
#include "duckdb/main/stream_query_result.hpp"

#include "base/result.h"
#include "session/session.h"

namespace icefall {

// Of one session, on the thread that does its work. Reports as SessionOptions::progress says.
class WorkMonitor {
 public:
  explicit WorkMonitor(const SessionOptions& options) : options_(options) {}

  // From here on time counts. Error: kUnavailable "interrupted" when the session is to stop.
  Result<void> Begin();
  // Called often. `percent` is negative where it cannot be told. Error as for Begin.
  Result<void> Step(double percent);
  // Takes back what was shown. Work goes on when Step is called again.
  void Pause();

  // Does the statement's work until it has a first row or an end. Throws what ends it before.
  duckdb::unique_ptr<duckdb::QueryResult> Execute(duckdb::ClientContext& context,
                                                  duckdb::PendingQueryResult& pending);
  // Does the work for the next rows of a stream.
  duckdb::unique_ptr<duckdb::DataChunk> Fetch(duckdb::ClientContext& context,
                                              duckdb::QueryResult& result);

 private:
  using Clock = std::chrono::steady_clock;
  // A task of a running statement was done.
  void StepStatement(duckdb::ClientContext& context);
  bool must_stop() const { return options_.stop != nullptr && options_.stop->load(); }

  const SessionOptions& options_;
  Clock::time_point begin_;
  std::optional<Clock::time_point> shown_;
};

}  // namespace icefall
