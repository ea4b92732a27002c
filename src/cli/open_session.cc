#include "cli/open_session.h"

#include <cstdlib>

#include "cli/interrupt.h"
#include "cli/terminal.h"

namespace icefall::cli {

Result<std::unique_ptr<Session>> OpenSession(const std::string& path, SessionOptions options) {
  options.progress = ProgressBar();
  if (const char* delay_ms = std::getenv("ICEFALLDB_PROGRESS_DELAY_MS")) {
    options.progress_delay_ms = std::strtoull(delay_ms, nullptr, 10);
  }
  options.stop = &CatchInterrupts();
  return Session::Open(path, options);
}

}  // namespace icefall::cli
