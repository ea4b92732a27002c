// A DuckDB instance with an IcefallDB database attached as "my", for tests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/main/materialized_query_result.hpp"
#include <gtest/gtest.h>
#include <unistd.h>

#include "sql/storage_extension.h"

namespace icefall {

class SqlFixture : public testing::Test {
 protected:
  SqlFixture() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(info->test_suite_name()) + "." + info->name();
    for (auto& character : name) {
      if (character == '/') character = '_';
    }
    directory_ = std::filesystem::temp_directory_path() /
                 ("icefall-" + name + "-" + std::to_string(::getpid()));
    std::filesystem::remove_all(directory_);
    Open();
  }
  ~SqlFixture() override {
    Close();
    std::filesystem::remove_all(directory_);
  }

  void Close() {
    connection_.reset();
    db_.reset();
  }
  // A new process, as far as DuckDB can tell.
  void Open(const std::string& options = "") {
    Close();
    db_ = std::make_unique<duckdb::DuckDB>(nullptr);
    RegisterIcefall(*db_->instance);
    connection_ = std::make_unique<duckdb::Connection>(*db_);
    Run("ATTACH '" + path() + "' AS my (TYPE icefall" + options + ")");
    Run("USE my");
  }

  std::string path() const { return directory_.string(); }
  duckdb::Connection& connection() { return *connection_; }
  duckdb::DuckDB& db() { return *db_; }

  duckdb::unique_ptr<duckdb::MaterializedQueryResult> Run(const std::string& sql) {
    auto result = connection_->Query(sql);
    if (result->HasError()) ADD_FAILURE() << sql << "\n" << result->GetError();
    return result;
  }
  // Rows as text: values separated by '|', rows by a newline.
  std::string Rows(const std::string& sql) {
    auto result = Run(sql);
    std::string text;
    if (result->HasError()) return text;
    for (duckdb::idx_t row = 0; row < result->RowCount(); ++row) {
      if (row > 0) text += '\n';
      for (duckdb::idx_t column = 0; column < result->ColumnCount(); ++column) {
        text += (column > 0 ? "|" : "") + result->GetValue(column, row).ToString();
      }
    }
    return text;
  }
  // The error's kind and message; empty when there was none.
  std::string ErrorOf(const std::string& sql) {
    const auto result = connection_->Query(sql);
    return result->HasError() ? result->GetError() : "";
  }
  // What EXPLAIN prints of the physical plan.
  std::string Plan(const std::string& sql) {
    auto result = Run("EXPLAIN " + sql);
    return result->HasError() ? "" : result->GetValue(1, 0).ToString();
  }
  // "read/total" files as EXPLAIN ANALYZE reports them; empty when nothing was scanned.
  std::string FilesRead(const std::string& sql) {
    auto result = Run("EXPLAIN ANALYZE " + sql);
    if (result->HasError()) return "";
    const auto plan = result->GetValue(1, 0).ToString();
    const auto found = plan.find("Files: ");
    if (found == std::string::npos) return "";
    const auto begin = found + 7;
    return plan.substr(begin, plan.find_first_not_of("0123456789/", begin) - begin);
  }

 private:
  std::filesystem::path directory_;
  std::unique_ptr<duckdb::DuckDB> db_;
  std::unique_ptr<duckdb::Connection> connection_;
};

}  // namespace icefall
