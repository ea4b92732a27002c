// An icefall database and plain DuckDB in one process, driven by the same statements.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <duckdb.hpp>

namespace icefall {

// What a statement answered: its rows sorted, or its error.
struct Outcome {
  std::string error;  // empty: it succeeded
  std::vector<std::string> rows;

  bool failed() const { return !error.empty(); }
};

class EnginePair {
 public:
  // An icefall database in an empty directory. `options`: of its ATTACH, each behind a comma.
  EnginePair(std::string directory, std::string options);
  // Open transactions are rolled back.
  ~EnginePair();

  Outcome Icefall(const std::string& sql) { return Run(*icefall_, sql); }
  Outcome Plain(const std::string& sql) { return Run(*plain_, sql); }

  // Closes the icefall database and opens it again. No transaction may be open.
  void Reopen();

  // Names, types and rows of a table or of another FROM clause.
  static std::string Describe(duckdb::Connection& connection, const std::string& source);
  std::string DescribeIcefall(const std::string& source) { return Describe(*icefall_, source); }
  std::string DescribePlain(const std::string& source) { return Describe(*plain_, source); }

 private:
  static Outcome Run(duckdb::Connection& connection, const std::string& sql);
  void Attach();
  void Detach();

  const std::string directory_;
  const std::string options_;
  std::unique_ptr<duckdb::Connection> icefall_;
  std::unique_ptr<duckdb::Connection> plain_;
};

}  // namespace icefall
