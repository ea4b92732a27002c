// Statements about one row in a C++ process: IcefallDB through its session, and a table of DuckDB,
// on the same rows. Both tables are compared before a time is printed.
// Usage: session_rows FOLDER ROWS [REPETITIONS [THREADS]]; the folder must not be there.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "duckdb.hpp"
#include <fmt/format.h>

#include "session/session.h"

namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

[[noreturn]] void Stop(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(1);
}

class Engine {
 public:
  virtual ~Engine() = default;
  // Answers the text in the first column of the last row, if there is one.
  virtual std::string Run(const std::string& sql) = 0;
};

class IcefallDb : public Engine {
 public:
  IcefallDb(const std::string& path, uint32_t threads) {
    auto session = icefall::Session::Open(path, {.create_if_missing = true, .threads = threads});
    if (!session) Stop(session.error().message());
    session_ = *std::move(session);
  }
  std::string Run(const std::string& sql) override {
    auto result = session_->Query(sql);
    std::string text;
    std::vector<icefall::Row> rows;
    do {
      if (!result) Stop(fmt::format("{}: {}", sql, result.error().message()));
      if (auto fetched = result->FetchRows(rows); !fetched) Stop(fetched.error().message());
      if (rows.empty()) break;
      if (const auto* last = std::get_if<std::string>(&rows.back().front())) text = *last;
    } while (!rows.empty());
    return text;
  }

 private:
  std::unique_ptr<icefall::Session> session_;
};

class DuckdbTable : public Engine {
 public:
  DuckdbTable(const std::string& path, uint32_t threads) : database_(path, Config(threads).get()) {}
  std::string Run(const std::string& sql) override {
    auto result = connection_.Query(sql);
    if (result->HasError()) Stop(fmt::format("{}: {}", sql, result->GetError()));
    if (result->RowCount() == 0) return "";
    return result->GetValue(0, result->RowCount() - 1).ToString();
  }

 private:
  static std::unique_ptr<duckdb::DBConfig> Config(uint32_t threads) {
    auto config = std::make_unique<duckdb::DBConfig>();
    if (threads > 0) config->SetOptionByName("threads", duckdb::Value::UBIGINT(threads));
    return config;
  }

  duckdb::DuckDB database_;
  duckdb::Connection connection_{database_};
};

using Make = std::function<std::unique_ptr<Engine>()>;
using Text = std::function<std::string(uint64_t key)>;

std::vector<std::pair<std::string, Text>> Statements(uint64_t rows) {
  const auto row = [](uint64_t key) {
    return fmt::format("{}, 7, 1.5, 'new', TIMESTAMP '2021-01-01'", key);
  };
  return {
      {"insert",
       [=](uint64_t key) { return fmt::format("INSERT INTO k VALUES ({})", row(rows + key)); }},
      {"delete by key",
       [](uint64_t key) { return fmt::format("DELETE FROM k WHERE id = {}", key); }},
      {"update by key",
       [](uint64_t key) { return fmt::format("UPDATE k SET v = v + 1 WHERE id = {}", key); }},
      {"upsert",
       [=](uint64_t key) {
         return fmt::format(
             "INSERT INTO k VALUES ({}) ON CONFLICT (id) DO UPDATE SET g = excluded.g, "
             "v = excluded.v, s = excluded.s, ts = excluded.ts",
             row(key));
       }},
  };
}

constexpr const char* kDigest =
    "SELECT count(*) || ' ' || sum(hash(id, g, v, s, ts)::HUGEINT) FROM k";

struct Outcome {
  std::vector<double> medians;  // of each statement
  std::vector<std::string> digests;
};

Outcome Measure(const Make& make, uint64_t rows, size_t repetitions) {
  auto engine = make();
  engine->Run(
      "CREATE TABLE k (id BIGINT PRIMARY KEY, g INTEGER, v DOUBLE, s VARCHAR, ts TIMESTAMP)");
  engine->Run(fmt::format(
      "INSERT INTO k SELECT i, (hash(i) % 1000)::INTEGER, (hash(i) % 1000000) / 100.0, "
      "'text ' || (hash(i) % 100000), TIMESTAMP '2020-01-01' + INTERVAL (i % 31536000) SECOND "
      "FROM range({}) r(i)",
      rows));
  engine.reset();
  engine = make();
  std::mt19937_64 random(1);
  std::unordered_set<uint64_t> asked;
  Outcome outcome;
  for (const auto& [label, text] : Statements(rows)) {
    std::vector<double> times;
    for (size_t i = 0; i < repetitions; ++i) {
      uint64_t key = random() % rows;
      while (!asked.insert(key).second) key = random() % rows;
      const auto sql = text(key);
      const auto begin = std::chrono::steady_clock::now();
      engine->Run(sql);
      times.push_back(Milliseconds(std::chrono::steady_clock::now() - begin).count());
    }
    std::ranges::nth_element(times, times.begin() + static_cast<ptrdiff_t>(repetitions / 2));
    outcome.medians.push_back(times[repetitions / 2]);
    outcome.digests.push_back(engine->Run(kDigest));
  }
  return outcome;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string folder = argv[1];
  const uint64_t rows = std::strtoull(argv[2], nullptr, 10);
  const size_t repetitions = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 1000;
  const auto threads = static_cast<uint32_t>(argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 0);
  if (!std::filesystem::create_directories(folder)) Stop(folder + ": is there already");
  const auto ours = Measure(
      [&] { return std::make_unique<IcefallDb>(folder + "/icefall", threads); }, rows, repetitions);
  const auto theirs =
      Measure([&] { return std::make_unique<DuckdbTable>(folder + "/table.duckdb", threads); },
              rows, repetitions);
  if (ours.digests != theirs.digests) Stop("the tables differ");
  fmt::print("| one row of {}, C++ | IcefallDB, ms | DuckDB table, ms | ratio |\n", rows);
  fmt::print("|---|---|---|---|\n");
  const auto statements = Statements(rows);
  for (size_t i = 0; i < statements.size(); ++i) {
    fmt::print("| {} | {:.2f} | {:.2f} | {:.2f} |\n", statements[i].first, ours.medians[i],
               theirs.medians[i], ours.medians[i] / theirs.medians[i]);
  }
  return 0;
}
