// Ctrl-C: ends the running statement in order, so that nothing of it stays.
#pragma once

#include <atomic>

namespace icefall::cli {

// The exit code of shells for a process that an interrupt ended.
inline constexpr int kExitInterrupted = 130;

// From now on the first interrupt from the keyboard sets the flag that this answers, and the second
// one ends the process at once.
const std::atomic<bool>& CatchInterrupts();

// An interrupt was caught.
bool WasInterrupted();

}  // namespace icefall::cli
