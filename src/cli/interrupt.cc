#include "cli/interrupt.h"

#include <csignal>

namespace icefall::cli {

namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "set by a signal handler");

void OnInterrupt(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);
}

}  // namespace

const std::atomic<bool>& CatchInterrupts() {
  std::signal(SIGINT, OnInterrupt);
  return interrupted;
}

bool WasInterrupted() { return interrupted; }

}  // namespace icefall::cli
