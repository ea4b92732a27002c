#include "database/running_transactions.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

class RunningTransactionsTest : public testing::Test {
 protected:
  std::string path() const { return directory_.path("running"); }

  TemporaryDirectory directory_;
};

TEST_F(RunningTransactionsTest, AnswersTheOldestOfSeveralObjects) {
  RunningTransactions a(path()), b(path());
  EXPECT_FALSE(a.Oldest()->pin.has_value());
  a.AddPin(DatabaseSequence(7));
  b.AddPin(DatabaseSequence(5));
  b.AddPin(DatabaseSequence(9));
  EXPECT_EQ(a.Oldest()->pin, DatabaseSequence(5));
  EXPECT_EQ(b.Oldest()->pin, DatabaseSequence(5));
  b.RemovePin(DatabaseSequence(5));
  EXPECT_EQ(b.Oldest()->pin, DatabaseSequence(7));
  a.RemovePin(DatabaseSequence(7));
  EXPECT_EQ(a.Oldest()->pin, DatabaseSequence(9));
  EXPECT_FALSE(a.Oldest()->begin.has_value());
}

TEST_F(RunningTransactionsTest, KeepsPinsAndBeginsApart) {
  RunningTransactions a(path()), b(path());
  a.AddBegin(1'700'000'000'000'000);
  EXPECT_EQ(b.Oldest()->begin, 1'700'000'000'000'000);
  EXPECT_FALSE(b.Oldest()->pin.has_value());
  a.RemoveBegin(1'700'000'000'000'000);
  EXPECT_FALSE(b.Oldest()->begin.has_value());
}

TEST_F(RunningTransactionsTest, FindsTheLowestOfManyProcesses) {
  constexpr int kProcesses = 8;
  int ready[2], end[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(end), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(end[1]);
      RunningTransactions running(path());
      running.AddPin(DatabaseSequence(100 - static_cast<uint64_t>(i)));
      char byte = 0;
      if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
      static_cast<void>(::read(end[0], &byte, 1));  // until the parent closes, or for ever
      ::_exit(0);
    }
    children.push_back(child);
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  }
  RunningTransactions running(path());
  EXPECT_EQ(running.Oldest()->pin, DatabaseSequence(93));
  ASSERT_EQ(::kill(children.back(), SIGKILL), 0);
  ::waitpid(children.back(), nullptr, 0);
  children.pop_back();
  EXPECT_EQ(running.Oldest()->pin, DatabaseSequence(94)) << "what died needs nothing";
  ::close(end[1]);
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(running.Oldest()->pin.has_value());
}

TEST_F(RunningTransactionsTest, WithoutAFileKnowsItsOwn) {
  RunningTransactions running("");
  running.AddPin(DatabaseSequence(3));
  EXPECT_EQ(running.Oldest()->pin, DatabaseSequence(3));
}

TEST_F(RunningTransactionsTest, SaysWhenOthersCannotBeKnown) {
  RunningTransactions running(directory_.path("missing/running"));
  const auto oldest = running.Oldest();
  ASSERT_FALSE(oldest.has_value());
  EXPECT_EQ(oldest.error().code(), ErrorCode::kPermissionDenied);
}

}  // namespace
}  // namespace icefall
