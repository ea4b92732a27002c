// One run of readers, writers and maintenance over a database in memory, in an order that a seed
// decides, with the history of what they saw.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "database/database.h"
#include "tests/races/history.h"
#include "tests/races/scheduled_store.h"
#include "tests/races/stored_rows.h"

namespace icefall {

struct InterleavingOptions {
  uint64_t seed = 0;
  Isolation isolation = Isolation::kSnapshot;
  // Otherwise every commit is an object of its own, and there is no lock.
  bool can_append = true;
};

// A clock on which time passes with every look.
class SteppingClock : public Clock {
 public:
  TimestampMicros NowMicros() override { return now_ += 1000; }

 private:
  std::atomic<TimestampMicros> now_ = 1'700'000'000'000'000;
};

// Tables t0 and t1 have rows 0 to 2, which are updated and sometimes deleted and inserted again,
// and others that come and go. Writers change one or both; others compact, flush, alter, index,
// create and drop, collect garbage, and read the present and the past.
class Interleaving {
 public:
  explicit Interleaving(const InterleavingOptions& options)
      : options_(options), scheduler_(options.seed), store_(clock_, options.can_append) {}

  void Run();

  const History& history() const { return history_; }
  // What went wrong besides what the history shows.
  const std::vector<std::string>& failures() const { return failures_; }
  // How often each kind of transaction committed, lost a race, …
  const std::map<std::string, uint64_t>& counts() const { return counts_; }
  uint64_t switches() const { return scheduler_.switches(); }

 private:
  struct TableView {
    std::string name;
    std::string uuid;
    std::string directory;
    std::vector<StoredRow> rows;
    RowId next_row_id;  // before the transaction changed anything
  };
  // A transaction under way.
  struct Work {
    RecordedTransaction record;
    std::unique_ptr<Transaction> transaction;
    std::vector<TableView> tables;  // that were read
  };
  // Called after the seed has decided on nothing but the number of the session.
  using Session = void (Interleaving::*)(uint64_t session);

  DatabaseOptions MakeOptions();
  void Setup();
  void Finish();
  void CheckTables();
  void CheckThatNothingIsLeftOver();

  void Write(uint64_t session);
  void Read(uint64_t session);
  void ReadThePast(uint64_t session);
  void Maintain(uint64_t session);
  void CollectGarbageOf(uint64_t session);
  void Alter(uint64_t session);
  void CreateAndDrop(uint64_t session);

  Work Begin(const std::string& kind, uint64_t session);
  Result<void> ReadTable(Work& work, const std::string& name);
  Result<void> WriteRows(Work& work, TableView& table);
  Result<void> MoveRowsOf(Work& work, const std::string& name);
  Result<void> AlterTable(Work& work, const std::string& name);
  Result<void> CheckOwnView(Work& work);
  void SetValue(Work& work, const TableView& table, uint64_t key, const std::string& value);
  // Commits, or rolls back after an error, and records it.
  void End(Work work, const Result<void>& done);
  void Record(Work work);
  void Fail(const std::string& what, const Error& error);
  bool OneIn(uint64_t count) { return scheduler_.Random(count) == 0; }
  std::string SomeTable() { return OneIn(2) ? "t0" : "t1"; }
  std::string NewValue() { return "v" + std::to_string(++values_); }

  const InterleavingOptions options_;
  Scheduler scheduler_;
  SteppingClock clock_;
  ScheduledStore store_;
  std::unique_ptr<Database> database_;
  History history_;
  std::vector<std::string> failures_;
  std::map<std::string, uint64_t> counts_;
  uint64_t values_ = 0;
  uint64_t keys_ = 1000;
  uint64_t names_ = 0;
};

}  // namespace icefall
