#include "cli/terminal.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace icefall::cli {

namespace {

void DrawProgress(std::optional<double> percent) {
  constexpr size_t kBarWidth = 40;
  constexpr std::string_view kEraseLine = "\r\x1b[K";
  std::string line(kEraseLine);
  if (percent && *percent < 0) {
    line += "working ...";
  } else if (percent) {
    const double part = std::clamp(*percent, 0.0, 100.0) / 100;
    const auto done = static_cast<size_t>(part * kBarWidth);
    line += fmt::format("[{}{}] {:3.0f} %", std::string(done, '#'),
                        std::string(kBarWidth - done, ' '), part * 100);
  }
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace

bool StandardOutputIsTerminal() { return ::isatty(STDOUT_FILENO) == 1; }

size_t TerminalWidth() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

ProgressFunction ProgressBar() {
  if (::isatty(STDERR_FILENO) != 1) return {};
  return DrawProgress;
}

}  // namespace icefall::cli
