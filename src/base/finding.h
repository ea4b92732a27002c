// Something that a verification noticed about what is stored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace icefall {

enum class Severity : uint8_t {
  kError,    // what was committed is damaged or lost
  kWarning,  // something derived is damaged, no answer changes
  kInfo,     // as it can be after a crash; nothing is wrong
};

constexpr std::string_view SeverityName(Severity severity) {
  return severity == Severity::kError     ? "ERROR"
         : severity == Severity::kWarning ? "WARNING"
                                          : "INFO";
}

// `code` is stable, see docs/cli.md: "LogDamaged", "DataFileMissing", ...
struct Finding {
  Severity severity = Severity::kError;
  std::string code;
  std::string message;
};

}  // namespace icefall
