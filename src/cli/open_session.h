// Sessions for the length of a command.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "session/session.h"

namespace icefall::cli {

// Session::Open with a progress bar, which the environment's ICEFALLDB_PROGRESS_DELAY_MS lets show
// earlier or later than after a second; an interrupt from the keyboard ends the running statement.
Result<std::unique_ptr<Session>> OpenSession(const std::string& path, SessionOptions options = {});

}  // namespace icefall::cli
