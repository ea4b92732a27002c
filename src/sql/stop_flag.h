// How whoever runs a connection's statements asks the running one to stop, though that may be what
// the asking thread is busy with.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "duckdb/common/exception.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/main/client_context_state.hpp"

namespace icefall {

class StopFlag : public duckdb::ClientContextState {
 public:
  explicit StopFlag(const std::atomic<bool>& flag) : flag_(flag) {}

  // `flag` outlives the connection. Once it is true, MustStop is.
  static void Watch(duckdb::ClientContext& context, const std::atomic<bool>& flag) {
    context.registered_state->Insert(kName, duckdb::make_shared_ptr<StopFlag>(flag));
  }

  // DuckDB's own interrupt, or the flag. On any thread.
  static bool MustStop(duckdb::ClientContext& context) {
    if (context.IsInterrupted()) return true;
    const auto state = context.registered_state->Get<StopFlag>(kName);
    return state != nullptr && state->flag_;
  }

 private:
  static constexpr const char* kName = "icefall_stop_flag";

  const std::atomic<bool>& flag_;
};

// Ends a statement that was told to stop when not all that it did can be taken back: `kept` says
// so.
[[noreturn]] inline void ThrowStopped(const std::string& kept) {
  throw duckdb::Exception(duckdb::ExceptionType::INTERRUPT, kept);
}

}  // namespace icefall
