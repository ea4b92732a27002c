// How many findings there are of each part of a database, a line each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/finding.h"

namespace icefall::cli {

inline constexpr const char* kDatabaseItself = "(catalog and folder)";

class FindingSummary {
 public:
  void Add(const std::string& part, const std::vector<Finding>& findings);
  // "orders: 1 error, 2 notes"
  void Print() const;

 private:
  std::vector<std::string> lines_;
};

}  // namespace icefall::cli
