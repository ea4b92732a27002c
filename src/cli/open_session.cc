#include "cli/open_session.h"

#include <atomic>
#include <csignal>

#include "cli/terminal.h"

namespace icefall::cli {

namespace {

std::atomic<Session*> running_session = nullptr;

// The second interrupt ends the process: the first one may wait for a system call.
void CancelOnInterrupt(int signal) {
  if (Session* session = running_session.exchange(nullptr)) {
    session->Cancel();
  } else {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

}  // namespace

Result<std::unique_ptr<Session>> OpenSession(const std::string& path, SessionOptions options) {
  options.progress = ProgressBar();
  auto session = Session::Open(path, options);
  if (session.has_value()) {
    running_session = session->get();
    std::signal(SIGINT, CancelOnInterrupt);
  }
  return session;
}

}  // namespace icefall::cli
