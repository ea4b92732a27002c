// What planning costs over a table of many small data files: prints milliseconds for each question,
// planned the first time, planned again, and asked.
// Usage: plan_fragments DIRECTORY FRAGMENTS [repetitions [question]]; makes the database where it
// is missing.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/main/prepared_statement.hpp"
#include <fmt/format.h>

#include "sql/storage_extension.h"

namespace {

constexpr uint64_t kRowsOfFragment = 100;

using Milliseconds = std::chrono::duration<double, std::milli>;

template <typename Work>
double TimeOf(Work work) {
  const auto started = std::chrono::steady_clock::now();
  work();
  return Milliseconds(std::chrono::steady_clock::now() - started).count();
}

template <typename Work>
double MedianOf(size_t repetitions, Work work) {
  std::vector<double> times(repetitions);
  for (double& time : times) time = TimeOf(work);
  std::ranges::sort(times);
  return times[times.size() / 2];
}

void Run(duckdb::Connection& connection, const std::string& sql) {
  const auto result = connection.Query(sql);
  if (!result->HasError()) return;
  fmt::print(stderr, "{}\n", result->GetError());
  std::exit(1);
}

void Print(duckdb::Connection& connection, const std::string& sql, size_t repetitions) {
  const auto plan = [&] {
    const auto prepared = connection.Prepare(sql);
    if (prepared->HasError()) fmt::print(stderr, "{}\n", prepared->GetError());
  };
  const double first = TimeOf(plan);
  const double again = MedianOf(repetitions, plan);
  const double asked = MedianOf(repetitions, [&] { Run(connection, sql); });
  fmt::print("{:9.2f} {:9.2f} {:9.2f}  {}\n", first, again, asked, sql);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string directory = argv[1];
  const uint64_t fragments = std::strtoull(argv[2], nullptr, 10);
  const size_t repetitions = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 5;
  const uint64_t rows = fragments * kRowsOfFragment;
  duckdb::DuckDB db(nullptr);
  icefall::RegisterIcefall(*db.instance);
  duckdb::Connection connection(db);
  const bool is_new = !std::filesystem::exists(directory);
  Run(connection, fmt::format("ATTACH '{}' AS my (TYPE icefall, FRAGMENT_ROW_LIMIT {})", directory,
                              kRowsOfFragment));
  Run(connection, "USE my");
  if (is_new) {
    Run(connection, fmt::format("CREATE TABLE t AS SELECT range AS k, range % 1000 AS x, 'value ' "
                                "|| range % 997 AS s FROM range({})",
                                rows));
  }
  fmt::print("    first     again     asked\n");
  const auto ask = [&](const std::string& sql) { Print(connection, sql, repetitions); };
  if (argc > 4) {
    ask(argv[4]);
    return 0;
  }
  ask("SELECT count(*) FROM t");
  ask("SELECT min(k), max(k) FROM t");
  ask("SELECT min(s), max(x), count(x) FROM t");
  ask(fmt::format("SELECT count(*) FROM t WHERE k >= {}", rows / 2));
  ask(fmt::format("SELECT sum(x) FROM t WHERE k BETWEEN {} AND {}", rows / 2, rows / 2 + 1000));
  ask(fmt::format("SELECT x FROM t WHERE k = {}", rows / 3));
  ask(fmt::format("SELECT sum(x) FROM t WHERE k >= {}", rows - 50 * kRowsOfFragment));
  ask(fmt::format("SELECT k FROM t WHERE x = 7 AND k < {} LIMIT 3", rows / 2));
  ask("SELECT k, s FROM t ORDER BY k DESC LIMIT 5");
  return 0;
}
