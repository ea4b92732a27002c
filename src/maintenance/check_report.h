// What a check found.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.h"

namespace icefall {

struct FindingCode {
  std::string_view code;
  Severity severity;
};

// Every code that a check reports, in the order of docs/cli.md.
inline constexpr FindingCode kFindingCodes[] = {
    {"CatalogLost", Severity::kError},
    {"NamelessTable", Severity::kError},
    {"NameLost", Severity::kError},
    {"LogMissing", Severity::kError},
    {"LogDamaged", Severity::kError},
    {"SegmentUnreached", Severity::kError},
    {"ManifestUnreached", Severity::kError},
    {"ManifestDamaged", Severity::kError},
    {"ManifestDiffers", Severity::kError},
    {"ManifestMissing", Severity::kWarning},
    {"TransactionDamaged", Severity::kError},
    {"OutcomeMissing", Severity::kError},
    {"OutcomeLost", Severity::kError},
    {"TornTail", Severity::kInfo},
    {"UnsettledTransaction", Severity::kInfo},
    {"UnknownFile", Severity::kInfo},
    {"DataFileMissing", Severity::kError},
    {"DataFileSize", Severity::kError},
    {"DataFileUnreadable", Severity::kError},
    {"DataFileChecksum", Severity::kError},
    {"ChecksumMissing", Severity::kInfo},
    {"RowCount", Severity::kError},
    {"RowId", Severity::kError},
    {"RowIdTwice", Severity::kError},
    {"Statistics", Severity::kError},
    {"DuplicateKey", Severity::kError},
    {"UnexpectedNull", Severity::kError},
    {"CheckViolated", Severity::kError},
    {"IndexDiffers", Severity::kError},
    {"KeysUnread", Severity::kError},
    {"DerivedFileDamaged", Severity::kWarning},
    {"DerivedFileUnread", Severity::kWarning},
    {"UnusedFile", Severity::kInfo},
};

struct CheckReport {
  std::vector<Finding> findings;

  void Add(Severity severity, std::string code, std::string message) {
    findings.push_back({severity, std::move(code), std::move(message)});
  }
  // No finding is an error.
  bool passed() const {
    return std::ranges::none_of(
        findings, [](const Finding& finding) { return finding.severity == Severity::kError; });
  }
};

}  // namespace icefall
