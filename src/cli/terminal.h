// What the streams of the process are connected to.
#pragma once

#include <cstddef>

#include "session/session.h"

namespace icefall::cli {

bool StandardOutputIsTerminal();

// Columns of the terminal at standard output; 0 when it is none.
size_t TerminalWidth();

// Draws a bar on standard error; empty when that is no terminal.
ProgressFunction ProgressBar();

}  // namespace icefall::cli
