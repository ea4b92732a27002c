#include "tests/differential/engine_pair.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "sql/storage_extension.h"

namespace icefall {
namespace {

// One for all pairs of the process, because starting it takes longer than most statements.
duckdb::DuckDB& Host() {
  static auto& host = *[] {
    duckdb::DBConfig config;
    config.options.maximum_threads = 2;
    auto* made = new duckdb::DuckDB(nullptr, &config);
    RegisterIcefall(*made->instance);
    return made;
  }();
  return host;
}

std::string RowText(duckdb::MaterializedQueryResult& result, duckdb::idx_t row) {
  std::string text;
  for (duckdb::idx_t column = 0; column < result.ColumnCount(); ++column) {
    text += (column > 0 ? ", " : "") + result.GetValue(column, row).ToSQLString();
  }
  return text;
}

void MustRun(duckdb::Connection& connection, const std::string& sql) {
  const auto result = connection.Query(sql);
  if (result->HasError()) throw std::runtime_error(sql + ": " + result->GetError());
}

}  // namespace

EnginePair::EnginePair(std::string directory, std::string options)
    : directory_(std::move(directory)),
      options_(std::move(options)),
      plain_(std::make_unique<duckdb::Connection>(Host())) {
  MustRun(*plain_, "ATTACH ':memory:' AS plain");
  MustRun(*plain_, "USE plain");
  Attach();
}

EnginePair::~EnginePair() {
  Detach();
  if (plain_->HasActiveTransaction()) plain_->Query("ROLLBACK");
  plain_->Query("USE memory");
  plain_->Query("DETACH plain");
}

void EnginePair::Attach() {
  icefall_ = std::make_unique<duckdb::Connection>(Host());
  MustRun(*icefall_, fmt::format("ATTACH '{}' AS lake (TYPE icefall{})", directory_, options_));
  MustRun(*icefall_, "USE lake");
}

void EnginePair::Detach() {
  if (icefall_->HasActiveTransaction()) icefall_->Query("ROLLBACK");
  icefall_->Query("USE memory");
  icefall_->Query("DETACH lake");
  icefall_.reset();
}

void EnginePair::Reopen() {
  Detach();
  Attach();
}

Outcome EnginePair::Run(duckdb::Connection& connection, const std::string& sql) {
  const auto result = connection.Query(sql);
  Outcome outcome;
  if (result->HasError()) {
    outcome.error = result->GetError();
    return outcome;
  }
  for (duckdb::idx_t row = 0; row < result->RowCount(); ++row) {
    outcome.rows.push_back(RowText(*result, row));
  }
  std::ranges::sort(outcome.rows);
  return outcome;
}

std::string EnginePair::Describe(duckdb::Connection& connection, const std::string& source) {
  const auto result = connection.Query(fmt::format("SELECT * FROM {} ORDER BY ALL", source));
  if (result->HasError()) return result->GetError();
  std::string text;
  for (duckdb::idx_t i = 0; i < result->ColumnCount(); ++i) {
    text += fmt::format("{} {}\n", result->names[i], result->types[i].ToString());
  }
  for (duckdb::idx_t row = 0; row < result->RowCount(); ++row) text += RowText(*result, row) + "\n";
  return text;
}

}  // namespace icefall
