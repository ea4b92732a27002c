// Compares what a statement answered with what its script expects.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "duckdb/main/connection.hpp"
#include "duckdb/main/materialized_query_result.hpp"

#include "tests/sqllogic/script.h"

namespace icefall::sqllogic {

// What comparing needs to know beside the record; shared by the threads of a concurrent loop.
struct CheckContext {
  // Substitutes __TEST_DIR__, environment variables and loop iterators.
  std::function<std::string(const std::string&)> replace;
  duckdb::Connection& connection;
  // SQLite's own suite: floating point numbers are compared as integers.
  bool original = false;
  // More values than this are compared by their hash; 0: never.
  size_t hash_threshold = 0;
  // Rows in any order are right where the query has no ORDER BY.
  bool any_order = false;
};

// Hashes of labelled queries. Thread-safe.
class Labels {
 public:
  // False when the label has another hash.
  bool Match(const std::string& label, const std::string& hash);
  void Forget(const std::string& label);

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> hashes_;
};

// Both answer what is wrong, or nothing.
std::string CheckQuery(const Record& record, const CheckContext& context, Labels& labels,
                       duckdb::MaterializedQueryResult& result);
std::string CheckStatement(const Record& record, const CheckContext& context,
                           duckdb::MaterializedQueryResult& result);

}  // namespace icefall::sqllogic
