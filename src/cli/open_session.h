// Sessions for the length of a command.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "session/session.h"

namespace icefall::cli {

// Session::Open with a progress bar; an interrupt from the keyboard cancels the session's running
// statement. One session at a time.
Result<std::unique_ptr<Session>> OpenSession(const std::string& path, SessionOptions options = {});

}  // namespace icefall::cli
