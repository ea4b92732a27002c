// Runs the same statements on a plain DuckDB table and on ours, and compares.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "sql/storage_extension.h"

namespace icefall {

class WriteFixture : public ::testing::Test {
 protected:
  WriteFixture()
      : folder_(std::filesystem::temp_directory_path() /
                ("icefall-write-" + NewUuid(SystemClock()))),
        db_(nullptr) {
    RegisterIcefall(*db_.instance);
    plain_ = Connect();
    MustRun(*plain_, "ATTACH '" + folder_.string() + "' AS lake (TYPE icefall)");
    ours_ = Connect();
    MustRun(*ours_, "USE lake");
  }
  ~WriteFixture() override {
    plain_.reset();
    ours_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<duckdb::Connection> Connect() {
    return std::make_unique<duckdb::Connection>(db_);
  }

  static std::string MustRun(duckdb::Connection& connection, const std::string& sql) {
    auto result = connection.Query(sql);
    EXPECT_FALSE(result->HasError()) << sql << "\n" << result->GetError();
    return result->HasError() ? "error" : Rows(*result);
  }

  // One line per row, sorted.
  static std::string Rows(duckdb::MaterializedQueryResult& result) {
    std::vector<std::string> lines;
    for (size_t row = 0; row < result.RowCount(); ++row) {
      std::string line;
      for (size_t column = 0; column < result.ColumnCount(); ++column) {
        line += result.GetValue(column, row).ToSQLString() + "|";
      }
      lines.push_back(std::move(line));
    }
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    return text;
  }

  // The same rows (a count, or what RETURNING answers) in both, or an error in both.
  void Both(const std::string& sql) {
    auto expected = plain_->Query(sql);
    auto found = ours_->Query(sql);
    ASSERT_EQ(expected->HasError(), found->HasError())
        << sql << "\nplain: " << (expected->HasError() ? expected->GetError() : "no error")
        << "\nours: " << (found->HasError() ? found->GetError() : "no error");
    if (!expected->HasError()) {
      EXPECT_EQ(Rows(*expected), Rows(*found)) << sql;
    }
  }

  // Both fail, with these words in ours.
  void BothFail(const std::string& sql, const std::string& words) {
    EXPECT_TRUE(plain_->Query(sql)->HasError()) << sql;
    auto found = ours_->Query(sql);
    ASSERT_TRUE(found->HasError()) << sql;
    EXPECT_THAT(found->GetError(), ::testing::HasSubstr(words)) << sql;
  }

  // The table has the same rows in both, as many times.
  void ExpectSame(const std::string& table) {
    for (const std::string sides : {"memory.main.|lake.main.", "lake.main.|memory.main."}) {
      const auto bar = sides.find('|');
      auto rest = ours_->Query("SELECT count(*) FROM (FROM " + sides.substr(0, bar) + table +
                               " EXCEPT ALL FROM " + sides.substr(bar + 1) + table + ")");
      ASSERT_FALSE(rest->HasError()) << rest->GetError();
      EXPECT_EQ(rest->GetValue(0, 0).GetValue<int64_t>(), 0) << sides << table;
    }
  }

  // A single value of ours.
  std::string Ours(const std::string& sql) { return MustRun(*ours_, sql); }

  const std::filesystem::path folder_;
  duckdb::DuckDB db_;
  std::unique_ptr<duckdb::Connection> plain_;
  std::unique_ptr<duckdb::Connection> ours_;
};

}  // namespace icefall
