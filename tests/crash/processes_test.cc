// Several processes on one database, some of which die without warning.
#include <array>
#include <atomic>
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/crash/sample_database.h"
#include "tests/support/environment.h"

namespace icefall {
namespace {

// A number that processes share.
class SharedCounter {
 public:
  SharedCounter()
      : memory_(::mmap(nullptr, sizeof(Counter), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                       -1, 0)) {
    new (memory_) Counter(0);
  }
  ~SharedCounter() { ::munmap(memory_, sizeof(Counter)); }
  std::atomic<uint64_t>& value() { return *static_cast<Counter*>(memory_); }

 private:
  using Counter = std::atomic<uint64_t>;
  void* const memory_;
};

// One row into each of two tables: every reader must see as many in one as in the other.
Result<void> InsertIntoBoth(Transaction& transaction, uint64_t id) {
  ICEFALL_RETURN_IF_ERROR(Insert(transaction, "a", id));
  return Insert(transaction, "b", id);
}

class ProcessesTest : public testing::Test {
 protected:
  void SetUp() override {
    auto database = *Database::Open(directory_.path(), {.create_if_missing = true});
    ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) -> Result<void> {
      ICEFALL_RETURN_IF_ERROR(CreateTable(t, "a"));
      return CreateTable(t, "b");
    }));
  }

  // A process that opens the database and runs `body(database)`.
  template <typename Body>
  pid_t Fork(Body body) const {
    const pid_t child = ::fork();
    if (child != 0) return child;
    auto database = Database::Open(directory_.path(), {.manifest_interval_bytes = 4096});
    ::_exit(database && body(**database) ? 0 : 1);
  }

  static void ExpectSuccess(pid_t child) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }

  const TemporaryDirectory directory_;
};

TEST_F(ProcessesTest, KilledWriterLosesNothingThatItWasTold) {
  constexpr int kRounds = 20;
  SharedCounter told;
  for (int round = 1; round <= kRounds; ++round) {
    const uint64_t before = told.value();
    const pid_t child = Fork([&](Database& database) {
      while (true) {
        const uint64_t id = told.value() + 1;
        if (!Commit(database, [&](Transaction& t) { return InsertIntoBoth(t, id); })) return false;
        told.value() = id;
      }
    });
    // Killed at another point each time: the next commits are under way.
    while (told.value() < before + static_cast<uint64_t>(round)) ::sched_yield();
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    auto database = Database::Open(directory_.path(), {});
    ICEFALL_ASSERT_OK(database);
    const auto found = ReadContents(**database);
    ICEFALL_ASSERT_OK(found);
    ASSERT_EQ(found->at("a"), found->at("b"));
    ASSERT_GE(found->at("a"), told.value());
    ASSERT_LE(found->at("a"), told.value() + 1);
    told.value() = found->at("a");
    const auto store = *LocalStore::Open(directory_.path());
    ASSERT_THAT(VerifyDatabase(*store, **database), testing::IsEmpty());
  }
}

// A short number of rounds, or as many as a soak run asks for.
int KillRounds() {
  return static_cast<int>(NumberFromEnvironment("ICEFALL_KILL_ROUNDS").value_or(6));
}

// Writers with a table each and one for all.
class WritersTest : public ProcessesTest {
 protected:
  static constexpr size_t kWriters = 3;

  static std::string TableOf(size_t writer) { return "w" + std::to_string(writer); }

  void SetUp() override {
    auto database = *Database::Open(directory_.path(), {.create_if_missing = true});
    ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) -> Result<void> {
      for (size_t i = 0; i < kWriters; ++i) ICEFALL_RETURN_IF_ERROR(CreateTable(t, TableOf(i)));
      return CreateTable(t, "all");
    }));
  }

  enum class Into : bool { kItsOwnTable, kBothTables };

  pid_t StartWriter(size_t writer, Into into) {
    return Fork([&, writer, into](Database& database) {
      while (true) {
        const auto committed = Commit(database, [&](Transaction& t) -> Result<void> {
          ICEFALL_RETURN_IF_ERROR(Insert(t, TableOf(writer), told_[writer].value()));
          return into == Into::kBothTables ? Insert(t, "all", writer) : Result<void>();
        });
        if (!committed) return false;
        ++told_[writer].value();
      }
    });
  }

  // Every state that is read has as many rows in the common table as in all others.
  static bool AddsUp(const Contents& found) {
    uint64_t sum = 0;
    for (size_t i = 0; i < kWriters; ++i) sum += found.at(TableOf(i));
    return sum == found.at("all");
  }

  static void KillAndWait(pid_t child) {
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it had ended by itself";
  }

  // A dead writer's last commit may have happened without its hearing so.
  void CheckWriter(size_t writer, Into into) {
    auto database = Database::Open(directory_.path(), {});
    ICEFALL_ASSERT_OK(database);
    const auto found = ReadContents(**database);
    ICEFALL_ASSERT_OK(found);
    ASSERT_TRUE(into == Into::kItsOwnTable || AddsUp(*found));
    const uint64_t rows = found->at(TableOf(writer));
    ASSERT_GE(rows, told_[writer].value());
    ASSERT_LE(rows, told_[writer].value() + 1);
    told_[writer].value() = rows;
  }

  std::array<SharedCounter, kWriters> told_;
};

// One sync serves the commits of several processes, whichever of them dies.
TEST_F(WritersTest, KilledWritersOfTheirOwnTablesLoseNothing) {
  std::array<pid_t, kWriters> writers = {};
  for (size_t i = 0; i < kWriters; ++i) writers[i] = StartWriter(i, Into::kItsOwnTable);
  const int rounds = 4 * KillRounds();
  for (int round = 0; round < rounds && !HasFatalFailure(); ++round) {
    const size_t victim = static_cast<size_t>(round) % kWriters;
    const uint64_t enough = told_[victim].value() + 1 + static_cast<uint64_t>(round % 7);
    while (told_[victim].value() < enough) ::sched_yield();
    KillAndWait(writers[victim]);
    CheckWriter(victim, Into::kItsOwnTable);
    writers[victim] = StartWriter(victim, Into::kItsOwnTable);
  }
  for (const pid_t writer : writers) KillAndWait(writer);
  for (size_t i = 0; i < kWriters; ++i) CheckWriter(i, Into::kItsOwnTable);
  const auto store = *LocalStore::Open(directory_.path());
  auto database = *Database::Open(directory_.path(), {});
  EXPECT_THAT(VerifyDatabase(*store, *database), testing::IsEmpty());
}

// In each round another writer is killed while the others and a reader go on.
TEST_F(WritersTest, KilledWritersLoseNothingAmongOthers) {
  const pid_t reader = Fork([&](Database& database) {
    while (true) {
      const auto found = ReadContents(database);
      if (!found || !AddsUp(*found)) return false;
    }
  });
  std::array<pid_t, kWriters> writers = {};
  for (size_t i = 0; i < kWriters; ++i) writers[i] = StartWriter(i, Into::kBothTables);
  const int rounds = KillRounds();
  for (int round = 0; round < rounds && !HasFatalFailure(); ++round) {
    const size_t victim = static_cast<size_t>(round) % kWriters;
    const uint64_t enough = told_[victim].value() + 1 + static_cast<uint64_t>(round % 7);
    while (told_[victim].value() < enough) ::sched_yield();
    KillAndWait(writers[victim]);
    CheckWriter(victim, Into::kBothTables);
    writers[victim] = StartWriter(victim, Into::kBothTables);
  }
  for (const pid_t writer : writers) KillAndWait(writer);
  KillAndWait(reader);
  auto database = *Database::Open(directory_.path(), {});
  const auto found = ReadContents(*database);
  ICEFALL_ASSERT_OK(found);
  EXPECT_TRUE(AddsUp(*found));
  const auto store = *LocalStore::Open(directory_.path());
  EXPECT_THAT(VerifyDatabase(*store, *database), testing::IsEmpty());
  RecordProperty("rounds", rounds);
  RecordProperty("rows", static_cast<int>(found->at("all")));
}

TEST_F(ProcessesTest, TwoWritersAndAReaderAgree) {
  constexpr uint64_t kCommits = 100;
  std::vector<pid_t> children;
  for (uint64_t writer = 0; writer < 2; ++writer) {
    children.push_back(Fork([writer](Database& database) {
      for (uint64_t i = 0; i < kCommits; ++i) {
        const uint64_t id = writer * kCommits + i;
        if (!Commit(database, [&](Transaction& t) { return InsertIntoBoth(t, id); })) return false;
      }
      return true;
    }));
  }
  children.push_back(Fork([](Database& database) {
    uint64_t newest = 0;
    while (newest < 2 * kCommits) {
      const auto found = ReadContents(database);
      // Consistent over the tables, and never back in time.
      if (!found || found->at("a") != found->at("b") || found->at("a") < newest) return false;
      newest = found->at("a");
    }
    return true;
  }));
  for (const pid_t child : children) ExpectSuccess(child);
  auto database = *Database::Open(directory_.path(), {});
  EXPECT_EQ(*ReadContents(*database), (Contents{{"a", 200}, {"b", 200}}));
  const auto store = *LocalStore::Open(directory_.path());
  EXPECT_THAT(VerifyDatabase(*store, *database), testing::IsEmpty());
}

TEST_F(ProcessesTest, RacingCreationsMakeOneDatabase) {
  const TemporaryDirectory fresh;
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto database = Database::Open(fresh.path(), {.create_if_missing = true});
      ::_exit(database && Commit(**database,
                                 [&](Transaction& t) {
                                   return CreateTable(t, "t" + std::to_string(i));
                                 })
                  ? 0
                  : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) ExpectSuccess(child);
  auto database = *Database::Open(fresh.path(), {});
  EXPECT_EQ(ReadContents(*database)->size(), 4);
}

}  // namespace
}  // namespace icefall
