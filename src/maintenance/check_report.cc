#include "maintenance/check_report.h"

#include <algorithm>
#include <utility>

namespace icefall {

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "ERROR";
    case Severity::kWarning:
      return "WARNING";
    case Severity::kInfo:
      return "INFO";
  }
  std::unreachable();
}

bool CheckReport::passed() const {
  return std::ranges::none_of(
      findings, [](const Finding& finding) { return finding.severity == Severity::kError; });
}

}  // namespace icefall
