// A table of several data files with replicas, and a copy of it that DuckDB keeps by itself.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sql/sql_fixture.h"

namespace icefall {

class ReplicaFixture : public SqlFixture {
 protected:
  static constexpr int kRows = 20'000;

  void SetUp() override {
    Open(", INLINE_ROW_LIMIT 10");
    Settle();
  }
  void Settle() {
    Run("SET icefall_result_cache = false");
    Run("SET icefall_partial_aggregates = false");
    Run("SET icefall_metadata_aggregates = false");
    Run("SET icefall_replica_rows_min = 1000");
    Run("SET icefall_replicate_at_commit = false");
    Run("SET threads = 4");
  }
  // `t` has four data files; `memory.main.t` the same rows.
  void CreateTable() {
    Run("CREATE TABLE t (i INTEGER, g SMALLINT, s VARCHAR, d DOUBLE, m DECIMAL(12,2), day DATE, "
        "l INTEGER[], o STRUCT(a INTEGER, b VARCHAR)) WITH (replica = 'duckdb')");
    Run("CREATE TABLE memory.main.t AS FROM t");
    for (int from = 0; from < kRows; from += kRows / 4) Insert(from, from + kRows / 4);
  }
  void Insert(int from, int to) {
    const std::string rows =
        " SELECT i, (hash(i) % 97)::SMALLINT, CASE WHEN i % 11 = 0 THEN NULL ELSE 'v' || (i * 31 % "
        "500) END, i / 7.0, (i % 10007)::DECIMAL(12,2) / 4, DATE '2020-01-01' + (i // "
        "50)::INTEGER, "
        "[i, i % 3, NULL], {'a': i % 13, 'b': 's' || (i % 17)} FROM range(" +
        std::to_string(from) + ", " + std::to_string(to) + ") r(i)";
    Change("INSERT INTO %" + rows);
  }
  // To both tables; '%' stands for the name.
  void Change(std::string sql) {
    const auto name = sql.find('%');
    auto copy = sql;
    Run(sql.replace(name, 1, "t"));
    Run(copy.replace(name, 1, "memory.main.t"));
  }
  // The same answer from replicas, from Parquet files and from DuckDB's own table; "FROM %" and
  // "JOIN %" stand for the table.
  void ExpectSame(const std::string& sql, const std::string& note = "") {
    const auto with = [&](const char* table) {
      auto text = sql;
      for (const std::string place : {"FROM %", "JOIN %"}) {
        for (size_t at = text.find(place); at != std::string::npos; at = text.find(place)) {
          text.replace(at + 5, 1, table);
        }
      }
      return Rows(text);
    };
    const auto from_replicas = with("t");
    Run("SET icefall_replicas = false");
    EXPECT_EQ(from_replicas, with("t")) << sql << "\n" << note;
    Run("SET icefall_replicas = true");
    EXPECT_EQ(from_replicas, with("memory.main.t")) << sql << "\n" << note;
  }
  void ExpectSameTable(const std::string& note = "") {
    ExpectSame("SELECT count(*), sum(hash(x)::HUGEINT) FROM % x", note);
    ExpectSame("SELECT g, count(*), sum(i), min(s), max(day) FROM % GROUP BY g ORDER BY g", note);
    ExpectSame("SELECT i, o.b FROM % WHERE i % 1000 BETWEEN 5 AND 9 AND s > 'v2' ORDER BY i", note);
    ExpectSame("SELECT count(*) FROM %", note);
  }
  std::string Replicate() {
    return Rows("SELECT built_files, kept_files, removed_files FROM icefall_replicate('t')");
  }
  // How many files a query reads from replicas.
  int ReplicasRead(const std::string& sql) {
    const auto plan = Run("EXPLAIN ANALYZE " + sql)->GetValue(1, 0).ToString();
    const auto found = plan.find("Replicas: ");
    return found == std::string::npos ? 0 : std::stoi(plan.substr(found + 10));
  }
  std::vector<std::filesystem::path> ReplicaFiles() const {
    std::vector<std::filesystem::path> files;
    const auto folder = std::filesystem::path(path()) / "_cache" / "replicas";
    if (!std::filesystem::exists(folder)) return files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    return files;
  }
};

}  // namespace icefall
