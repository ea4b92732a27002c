// Statements that the bytes choose, on an icefall database and on plain DuckDB: each has the same
// outcome on both, and so have the tables, now and in the past, whatever maintenance comes between.
#include <iostream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "maintenance/check.h"
#include "sql/maintenance/parquet_reader.h"
#include "tests/crash/sample_database.h"
#include "tests/differential/engine_pair.h"
#include "tests/differential/statement_generator.h"
#include "tests/fuzz/fuzz_target.h"

namespace icefall::fuzz {
namespace {

constexpr size_t kStepsMax = 120;

// A state of a table that was the newest one once.
struct PastState {
  std::string table;
  uint64_t born;
  std::string sequence;
  std::string rows;
};

class DifferentialRun {
 public:
  DifferentialRun(Choices& choices, const std::string& directory)
      : choices_(choices),
        generator_(choices),
        pair_(directory, choices.Of({"", ", INLINE_ROW_LIMIT 0",
                                     ", INLINE_ROW_LIMIT 3, FRAGMENT_ROW_LIMIT 100"})) {}

  void Run() {
    for (size_t step = 0; step < kStepsMax && !choices_.done(); ++step) {
      const uint64_t kind = choices_.Below(16);
      if (kind == 0 && !generator_.tables().empty()) {
        Compare(generator_.Query());
      } else if (kind < 4 && !generator_.tables().empty() && !generator_.in_transaction()) {
        Disturb(kind);
      } else {
        Change();
      }
    }
    if (generator_.in_transaction()) {
      Compare("COMMIT");
    }
    CompareTables();
    for (const PastState& past : history_) LookBack(past);
  }

 private:
  void Fail(const std::string& what) {
    for (const std::string& statement : trail_) std::cerr << statement << ";\n";
    Require(false, what.c_str());
  }

  // Answers whether the statement succeeded, on both.
  bool Compare(const std::string& sql) {
    trail_.push_back(sql);
    const Outcome expected = pair_.Plain(sql);
    const Outcome found = pair_.Icefall(sql);
    if (found.error.find("INTERNAL") != std::string::npos) Fail(found.error);
    if (found.failed() != expected.failed() || found.rows != expected.rows) {
      Fail(fmt::format("DuckDB: {}\n{}\nicefall: {}\n{}", expected.error,
                       fmt::join(expected.rows, "\n"), found.error, fmt::join(found.rows, "\n")));
    }
    return !found.failed();
  }

  void Change() {
    const std::string sql = generator_.Next();
    if (!Compare(sql)) {
      generator_.Undo();
      if (generator_.in_transaction()) {
        // Some errors end a transaction in DuckDB, some do not.
        Compare("ROLLBACK");
        generator_.RollBack();
      }
    }
    CompareTables();
  }

  // What changes no answer.
  void Disturb(uint64_t kind) {
    const GeneratedTable& table = generator_.AnyTable();
    if (kind == 1) return Maintain(table);
    if (choices_.Percent(20)) {
      trail_.emplace_back("-- reopened");
      pair_.Reopen();
      return CompareTables();
    }
    if (history_.empty() || choices_.Percent(50)) return Remember(table);
    LookBack(history_[choices_.Below(history_.size())]);
  }

  void Maintain(const GeneratedTable& table) {
    const std::string sql =
        choices_.Of({fmt::format("CALL icefall_compact('{}')", table.name),
                     fmt::format("CALL icefall_optimize('{}', sort := 'grp, id DESC')", table.name),
                     fmt::format("CALL icefall_optimize('{}', z_order := 'id, grp')", table.name),
                     fmt::format("CALL icefall_gc('{}', retain_snapshots := 1)", table.name),
                     fmt::format("CREATE INDEX i{} ON {} (grp, id)", ++indexes_, table.name),
                     fmt::format("ALTER TABLE {} SET PARTITIONED BY (grp)", table.name),
                     fmt::format("ALTER TABLE {} SET SORTED BY (id DESC)", table.name)});
    trail_.push_back(sql);
    const Outcome outcome = pair_.Icefall(sql);
    if (outcome.failed()) Fail(outcome.error);
    if (sql.find("gc") != std::string::npos) {
      std::erase_if(history_, [&](const PastState& past) { return past.table == table.name; });
    }
    CompareTables();
  }

  void Remember(const GeneratedTable& table) {
    const Outcome sequence =
        pair_.Icefall(fmt::format("SELECT max(sequence) FROM icefall_snapshots('{}')", table.name));
    if (sequence.failed()) Fail(sequence.error);
    history_.push_back(
        {table.name, table.born, sequence.rows.at(0), pair_.DescribePlain(table.name)});
  }

  void LookBack(const PastState& past) {
    const auto table = generator_.tables().find(past.table);
    if (table == generator_.tables().end() || table->second.born != past.born) return;
    const std::string source = fmt::format("{} AT (VERSION => {})", past.table, past.sequence);
    const std::string found = pair_.DescribeIcefall(source);
    if (found != past.rows) Fail(fmt::format("{}:\n{}\nwas\n{}", source, found, past.rows));
  }

  void CompareTables() {
    for (const auto& [name, table] : generator_.tables()) {
      const std::string expected = pair_.DescribePlain(name);
      const std::string found = pair_.DescribeIcefall(name);
      if (found == expected) continue;
      Fail(fmt::format("table {}: DuckDB has\n{}icefall has\n{}", name, expected, found));
    }
  }

  Choices& choices_;
  StatementGenerator generator_;
  EnginePair pair_;
  std::vector<std::string> trail_;
  std::vector<PastState> history_;
  uint64_t indexes_ = 0;
};

// `check --data` of all tables.
void CheckAll(const std::string& directory) {
  static const auto reader = *MakeParquetReader();
  const auto database = Database::Open(directory, {});
  Require(database.has_value(), "the database does not open");
  const auto names = *(*(*database)->Begin())->Catalog();
  for (const auto& object : names->Tables()) {
    const auto report = CheckTable(**database, object->name, *reader, {.data = true});
    Require(report.has_value(), "a table that cannot be checked");
    for (const Finding& finding : report->findings) {
      if (finding.severity == Severity::kError) Require(false, finding.message.c_str());
    }
  }
}

}  // namespace
}  // namespace icefall::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace icefall;
  const TemporaryDirectory directory;
  Choices choices(data, size);
  fuzz::DifferentialRun(choices, directory.path()).Run();
  fuzz::CheckAll(directory.path());
  return 0;
}
