// A table "t" of ours, and one of DuckDB's that has the same rows.
#pragma once

#include <string>

#include <fmt/format.h>

#include "sql/sql_fixture.h"

namespace icefall {

// In statements and questions "{}" or "{0}" stands for the table.
class TwinFixture : public SqlFixture {
 protected:
  static constexpr const char* kPlain = "memory.main.plain";

  // `definition`: what follows the name in CREATE TABLE.
  void CreateBoth(const std::string& definition) { Change("CREATE TABLE {}" + definition); }

  void Change(const std::string& statement) {
    for (const std::string table : {"t", kPlain}) Run(fmt::format(fmt::runtime(statement), table));
  }

  void ExpectSame(const std::string& question) {
    EXPECT_EQ(Rows(fmt::format(fmt::runtime(question), "t")),
              Rows(fmt::format(fmt::runtime(question), kPlain)))
        << question;
  }
};

}  // namespace icefall
