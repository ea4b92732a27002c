// What a check found.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace icefall {

enum class Severity : uint8_t { kError, kWarning, kInfo };

std::string_view SeverityName(Severity severity);  // "ERROR", "WARNING", "INFO"

// `code` is stable, see docs/cli.md: "LogDamaged", "DataFileMissing", …
struct Finding {
  Severity severity = Severity::kError;
  std::string code;
  std::string message;
};

struct CheckReport {
  std::vector<Finding> findings;

  void Add(Severity severity, std::string code, std::string message) {
    findings.push_back({severity, std::move(code), std::move(message)});
  }
  // No finding is an error.
  bool passed() const;
};

}  // namespace icefall
