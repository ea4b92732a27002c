// What check and doctor answer of a finding.
#pragma once

#include <optional>
#include <string>

#include "duckdb/common/types/value.hpp"

#include "base/finding.h"

namespace icefall {

// Severity, code and message, behind `first` when there is one.
inline duckdb::vector<duckdb::Value> FindingRow(const Finding& finding,
                                                const std::optional<duckdb::Value>& first) {
  duckdb::vector<duckdb::Value> row;
  if (first) row.push_back(*first);
  row.push_back(duckdb::Value(std::string(SeverityName(finding.severity))));
  row.push_back(duckdb::Value(finding.code));
  row.push_back(duckdb::Value(finding.message));
  return row;
}

}  // namespace icefall
