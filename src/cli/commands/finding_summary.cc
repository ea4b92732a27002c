#include "cli/commands/finding_summary.h"

#include <algorithm>

#include <fmt/format.h>

namespace icefall::cli {

void FindingSummary::Add(const std::string& part, const std::vector<Finding>& findings) {
  std::string counts;
  const auto add = [&](Severity severity, const char* name) {
    const auto count = std::ranges::count(findings, severity, &Finding::severity);
    if (count == 0) return;
    counts +=
        fmt::format("{}{} {}{}", counts.empty() ? "" : ", ", count, name, count == 1 ? "" : "s");
  };
  add(Severity::kError, "error");
  add(Severity::kWarning, "warning");
  add(Severity::kInfo, "note");
  lines_.push_back(fmt::format("{}: {}", part, counts.empty() ? "nothing found" : counts));
}

void FindingSummary::Print() const {
  for (const std::string& line : lines_) fmt::print("{}\n", line);
}

}  // namespace icefall::cli
