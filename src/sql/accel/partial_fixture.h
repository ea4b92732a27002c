// A database whose aggregates are answered from states from the first query on, for tests.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sql/sql_fixture.h"

namespace icefall {

class PartialAggregateSql : public SqlFixture {
 protected:
  PartialAggregateSql() { Set(); }

  void Set() {
    Run("SET icefall_metadata_aggregates = false");
    Run("SET icefall_partial_rows_min = 1");
    Run("SET icefall_partial_queries_min = 1");
    Run("SET icefall_partial_file_rows_min = 1");
  }
  // Forgets what is in memory.
  void Reattach(const std::string& options = "") {
    Run("USE memory");
    Run("DETACH my");
    Run("ATTACH '" + path() + "' AS my (TYPE icefall" + options + ")");
    Run("USE my");
  }

  // "kept, computed" units as EXPLAIN says; empty when states are not used.
  std::string States(const std::string& sql) {
    return Between(Plan(sql), "States: ", " computed").value_or("");
  }
  // How many of the kept ones have to do without rows that were deleted since.
  std::string Corrected(const std::string& sql) {
    return Between(Plan(sql), "Corrected: ", " of them").value_or("0");
  }
  // By a scan of all rows.
  std::string Scanned(const std::string& sql) {
    Run("SET icefall_partial_aggregates = false");
    auto rows = Rows(sql);
    Run("SET icefall_partial_aggregates = true");
    return rows;
  }
  void ExpectSame(const std::string& sql) { EXPECT_EQ(Rows(sql), Scanned(sql)) << sql; }

  std::string StateFolder() const { return path() + "/_cache/states"; }
  std::vector<std::filesystem::path> StateFilePaths() const {
    std::vector<std::filesystem::path> paths;
    std::error_code missing;
    for (const auto& file : std::filesystem::directory_iterator(StateFolder(), missing)) {
      paths.push_back(file.path());
    }
    return paths;
  }

 private:
  // What a plan says behind `label`, from its first digit on; absent when it does not.
  static std::optional<std::string> Between(const std::string& plan, const std::string& label,
                                            const std::string& end) {
    const auto found = plan.find(label);
    if (found == std::string::npos) return std::nullopt;
    const auto begin = plan.find_first_of("0123456789", found);
    return plan.substr(begin, plan.find(end, begin) - begin);
  }
};

}  // namespace icefall
