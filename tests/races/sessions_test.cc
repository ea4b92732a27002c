// Processes that read and write one database on disk by SQL, some of which are killed; what they
// saw is held against the isolation level.
#include <array>
#include <atomic>
#include <csignal>
#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "session/session.h"
#include "tests/crash/sample_database.h"
#include "tests/races/history_checker.h"
#include "tests/races/session_log.h"
#include "tests/support/environment.h"

namespace icefall {
namespace {

constexpr uint64_t kRegisters = 4;

uint64_t KillCount() { return NumberFromEnvironment("ICEFALL_SESSION_KILLS").value_or(4); }

// What the processes share: a clock for the history, and how many transactions ended.
struct Shared {
  std::atomic<uint64_t> ticks = 0;
  std::atomic<uint64_t> ended = 0;
};

// One process. Every statement that fails ends its transaction.
class SqlProcess {
 public:
  SqlProcess(const std::string& path, const std::string& log, Shared& shared, std::string name,
             const std::string& isolation)
      : shared_(shared),
        log_(log),
        name_(std::move(name)),
        random_(std::hash<std::string>()(name_)),
        session_(*Session::Open(
            path, {.create_if_missing = true, .memory_limit_bytes = 256 << 20, .threads = 1})) {
    Must("SET icefall_isolation = '" + isolation + "'");
  }

  void Write() {
    Begin();
    const auto done = [&]() -> Result<void> {
      ICEFALL_RETURN_IF_ERROR(Read("t0"));
      if (OneIn(2)) ICEFALL_RETURN_IF_ERROR(Read("t1"));
      const std::string table = rows_.contains("t1") && OneIn(2) ? "t1" : "t0";
      ICEFALL_RETURN_IF_ERROR(Change(table));
      if (rows_.size() == 2 && OneIn(3)) {
        ICEFALL_RETURN_IF_ERROR(Change(table == "t0" ? "t1" : "t0"));
      }
      return Do(fmt::format("INSERT INTO ledger VALUES ('{}')", transaction_));
    }();
    End(done);
  }

  void Look() {
    Begin();
    const auto done = [&]() -> Result<void> {
      ICEFALL_RETURN_IF_ERROR(Read("t1"));
      return Read("t0");
    }();
    End(done);
  }

  void Maintain() {
    const std::string table = OneIn(2) ? "t0" : "t1";
    const char* const calls[] = {"CALL icefall_compact('{}')", "CALL icefall_optimize('{}')",
                                 "CALL icefall_gc('{}', retain_snapshots => 1)"};
    const auto done = Do(fmt::format(fmt::runtime(calls[random_() % 3]), table));
    if (!done && done.error().code() != ErrorCode::kConflict) Die(done.error());
    ++shared_.ended;
  }

  Result<void> Do(const std::string& sql) {
    ICEFALL_RETURN_IF_ERROR(session_->Execute(sql));
    return {};
  }
  void Must(const std::string& sql) {
    if (const auto done = Do(sql); !done) Die(done.error());
  }
  Session& session() { return *session_; }

 private:
  bool OneIn(uint64_t count) { return random_() % count == 0; }

  [[noreturn]] void Die(const Error& error) {
    fmt::print(stderr, "{}: {}: {}\n", name_, ErrorCodeName(error.code()), error.message());
    ::_exit(1);
  }

  void Begin() {
    rows_.clear();
    transaction_ = fmt::format("{}.{}", name_, ++transactions_);
    log_.Begin(transaction_, ++shared_.ticks);
    Must("BEGIN");
  }

  Result<void> Read(const std::string& table) {
    ICEFALL_ASSIGN_OR_RETURN(QueryResult result,
                             session_->Query(fmt::format("SELECT id, v FROM {}", table)));
    auto& found = rows_[table];
    std::vector<Row> rows;
    do {
      ICEFALL_RETURN_IF_ERROR(result.FetchRows(rows));
      for (const Row& row : rows) {
        const int64_t id = std::get<int64_t>(row[0]);
        found.push_back(id);
        log_.Read(fmt::format("{}/{}", table, id), std::get<std::string>(row[1]));
      }
    } while (!rows.empty());
    // Only now: who dies before has not seen all of it.
    log_.Scan(table + "/");
    return {};
  }

  // Updates some row, or inserts or deletes one of those that come and go.
  Result<void> Change(const std::string& table) {
    const std::string value = fmt::format("{}.{}", transaction_, table);
    const auto& rows = rows_.at(table);
    const int64_t known = rows[random_() % rows.size()];
    if (OneIn(4)) {
      const int64_t id = static_cast<int64_t>(random_() >> 16);
      log_.Write(fmt::format("{}/{}", table, id), value);
      return Do(fmt::format("INSERT INTO {} VALUES ({}, '{}')", table, id, value));
    }
    const bool deletes = static_cast<uint64_t>(known) >= kRegisters && OneIn(2);
    log_.Write(fmt::format("{}/{}", table, known), deletes ? "-" : value);
    return Do(deletes ? fmt::format("DELETE FROM {} WHERE id = {}", table, known)
                      : fmt::format("UPDATE {} SET v = '{}' WHERE id = {}", table, value, known));
  }

  void End(const Result<void>& done) {
    Result<void> outcome = done ? Do("COMMIT") : done;
    if (!done) static_cast<void>(Do("ROLLBACK"));
    if (!outcome && outcome.error().code() != ErrorCode::kConflict) Die(outcome.error());
    log_.End(++shared_.ticks, outcome ? "committed" : "conflict");
    ++shared_.ended;
  }

  Shared& shared_;
  SessionLog log_;
  const std::string name_;
  std::mt19937_64 random_;
  std::unique_ptr<Session> session_;
  std::string transaction_;
  uint64_t transactions_ = 0;
  std::map<std::string, std::vector<int64_t>> rows_;
};

class SessionsTest : public testing::TestWithParam<std::string> {
 protected:
  SessionsTest()
      : shared_(new (::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Shared()) {}
  ~SessionsTest() override { ::munmap(shared_, sizeof(Shared)); }

  std::string LogOf(size_t session) const { return logs_.path(std::to_string(session)); }

  // DuckDB's threads do not survive a fork, so only children have sessions.
  template <typename Body>
  pid_t Start(Body body) {
    const size_t session = session_count_++;
    const pid_t child = ::fork();
    if (child != 0) return child;
    {
      SqlProcess process(database_.path(), LogOf(session), *shared_, fmt::format("s{}", session),
                         GetParam());
      body(process);
    }
    ::_exit(0);
  }

  pid_t StartWriter() {
    return Start([](SqlProcess& process) {
      while (true) process.Write();
    });
  }

  void RunToEnd(pid_t child) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
  }

  void Kill(pid_t child) {
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it had ended by itself";
  }

  void WaitForTransactions(uint64_t count) {
    const uint64_t before = shared_->ended;
    while (shared_->ended < before + count) ::sched_yield();
  }

  void Fill() {
    RunToEnd(Start([](SqlProcess& process) {
      for (const std::string table : {"t0", "t1"}) {
        process.Must(fmt::format("CREATE TABLE {} (id BIGINT, v VARCHAR)", table));
        process.Must(fmt::format("INSERT INTO {0} SELECT range, '{0}.' || range FROM range({1})",
                                 table, kRegisters));
      }
      process.Must("CREATE TABLE ledger (name VARCHAR)");
    }));
  }

  // Numbers of the commits by the transactions' names, from the rows that each of them inserted.
  std::map<std::string, uint64_t> ReadLedger() {
    const auto session = *Session::Open(database_.path(), {.read_only = true});
    auto result = *session->Query("SELECT name, snapshot_sequence FROM ledger");
    std::map<std::string, uint64_t> commits;
    std::vector<Row> rows;
    do {
      EXPECT_TRUE(result.FetchRows(rows));
      for (const Row& row : rows) {
        const auto number = static_cast<uint64_t>(std::get<int64_t>(row[1]));
        EXPECT_TRUE(commits.emplace(std::get<std::string>(row[0]), number).second);
      }
    } while (!rows.empty());
    return commits;
  }

  History Collect() {
    const auto commits = ReadLedger();
    History history;
    RecordedTransaction setup;
    setup.name = "setup";
    setup.commit = 1;
    for (const std::string table : {"t0", "t1"}) {
      for (uint64_t i = 0; i < kRegisters; ++i) {
        setup.writes[fmt::format("{}/{}", table, i)] = fmt::format("{}.{}", table, i);
      }
    }
    history.push_back(std::move(setup));
    for (size_t session = 0; session < session_count_; ++session) {
      for (LoggedTransaction& logged : ReadSessionLog(LogOf(session), session)) {
        const auto found = commits.find(logged.record.name);
        const bool is_there = found != commits.end();
        const bool is_told = logged.outcome == "committed" && !logged.record.writes.empty();
        EXPECT_TRUE(is_there || !is_told) << logged.record.name << " was acknowledged";
        EXPECT_FALSE(is_there && logged.outcome == "conflict") << logged.record.name;
        if (logged.outcome.empty()) ++cut_off_;
        if (is_there) logged.record.commit = found->second;
        history.push_back(std::move(logged.record));
      }
    }
    return history;
  }

  const TemporaryDirectory database_, logs_;
  Shared* const shared_;
  size_t session_count_ = 0;
  int cut_off_ = 0;  // transactions of which nobody was told
};

TEST_P(SessionsTest, KilledProcessesLeaveAHistoryThatHolds) {
  Fill();
  ASSERT_FALSE(HasFatalFailure());
  std::array<pid_t, 3> writers = {};
  for (pid_t& writer : writers) writer = StartWriter();
  const pid_t reader = Start([](SqlProcess& process) {
    while (true) process.Look();
  });
  const pid_t maintainer = Start([](SqlProcess& process) {
    while (true) process.Maintain();
  });
  for (uint64_t kill = 0; kill < KillCount() && !HasFatalFailure(); ++kill) {
    WaitForTransactions(40 + kill % 7);
    pid_t& victim = writers[kill % writers.size()];
    Kill(victim);
    victim = StartWriter();
  }
  WaitForTransactions(60);
  for (const pid_t child : writers) Kill(child);
  Kill(reader);
  Kill(maintainer);
  RunToEnd(Start([](SqlProcess& process) { process.Look(); }));
  ASSERT_FALSE(HasFatalFailure());
  const History history = Collect();
  HistoryChecker checker(history);
  for (const Violation& violation : checker.CheckSnapshotIsolation()) {
    ADD_FAILURE() << violation.text;
  }
  if (GetParam() == "serializable") {
    for (const Violation& violation : checker.CheckSerializability()) {
      ADD_FAILURE() << violation.text;
    }
  }
  const auto store = *LocalStore::Open(database_.path());
  const auto database = *Database::Open(database_.path(), {});
  EXPECT_THAT(VerifyDatabase(*store, *database), testing::IsEmpty());
  size_t operations = 0;
  for (const auto& record : history) operations += record.reads.size() + record.writes.size();
  RecordProperty("kills", static_cast<int>(KillCount()));
  RecordProperty("transactions", static_cast<int>(history.size()));
  RecordProperty("cut_off", cut_off_);
  RecordProperty("operations", static_cast<int>(operations));
}

INSTANTIATE_TEST_SUITE_P(Isolation, SessionsTest, testing::Values("snapshot", "serializable"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace icefall
