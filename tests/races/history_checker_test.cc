// The checker is shown each anomaly, and what looks like one and is none.
#include "tests/races/history_checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall {
namespace {

using testing::HasSubstr;

// Transaction `name` ran from tick `begun` to tick `ended`.
RecordedTransaction Ran(const std::string& name, uint64_t session, uint64_t begun, uint64_t ended) {
  RecordedTransaction transaction;
  transaction.name = name;
  transaction.session = session;
  transaction.begun = begun;
  transaction.ended = ended;
  return transaction;
}

struct Case {
  std::string name;
  History history;
  std::optional<Anomaly> isolation;  // that snapshot isolation forbids
  bool is_serializable = true;
};

RecordedTransaction Reads(RecordedTransaction transaction,
                          std::vector<std::pair<RegisterKey, RegisterValue>> reads) {
  transaction.reads = std::move(reads);
  return transaction;
}

RecordedTransaction Writes(RecordedTransaction transaction, uint64_t commit,
                           std::map<RegisterKey, RegisterValue> writes) {
  transaction.commit = commit;
  transaction.writes = std::move(writes);
  return transaction;
}

RecordedTransaction Aborted(RecordedTransaction transaction,
                            std::map<RegisterKey, RegisterValue> writes) {
  transaction.writes = std::move(writes);
  return transaction;
}

RecordedTransaction Replaced(RecordedTransaction transaction, const RegisterValue& value) {
  transaction.replaced = {value};
  return transaction;
}

RecordedTransaction Scans(RecordedTransaction transaction, const std::string& prefix) {
  transaction.scans = {prefix};
  return transaction;
}

RecordedTransaction AtPast(RecordedTransaction transaction, uint64_t past) {
  transaction.past = past;
  return transaction;
}

const RecordedTransaction kSetup = Writes(Ran("setup", 0, 1, 2), 1, {{"t/x", "x0"}, {"t/y", "y0"}});

// Of reads alone.
std::vector<Case> ReadCases() {
  std::vector<Case> cases;
  cases.push_back({"OneAfterTheOther",
                   {kSetup, Writes(Reads(Ran("a", 1, 3, 4), {{"t/x", "x0"}}), 2, {{"t/x", "x1"}}),
                    Writes(Reads(Ran("b", 2, 5, 6), {{"t/x", "x1"}}), 3, {{"t/x", "x2"}}),
                    Reads(Ran("c", 1, 7, 8), {{"t/x", "x2"}, {"t/y", "y0"}})},
                   {}});
  cases.push_back({"AbortedRead",
                   {kSetup, Aborted(Ran("a", 1, 3, 6), {{"t/x", "x1"}}),
                    Reads(Ran("b", 2, 4, 5), {{"t/x", "x1"}})},
                   Anomaly::kDirtyRead});
  cases.push_back({"IntermediateRead",
                   {kSetup, Replaced(Writes(Ran("a", 1, 3, 6), 2, {{"t/x", "x2"}}), "x1"),
                    Reads(Ran("b", 2, 4, 7), {{"t/x", "x1"}})},
                   Anomaly::kDirtyRead});
  cases.push_back(
      {"ValueOfNobody", {kSetup, Reads(Ran("a", 1, 3, 4), {{"t/x", "x9"}})}, Anomaly::kDirtyRead});
  cases.push_back({"HalfOfACommit",
                   {kSetup, Writes(Ran("a", 1, 3, 6), 2, {{"t/x", "x1"}, {"t/y", "y1"}}),
                    Reads(Ran("b", 2, 4, 7), {{"t/x", "x1"}, {"t/y", "y0"}})},
                   Anomaly::kFracturedRead,
                   false});
  cases.push_back({"UnrepeatableRead",
                   {kSetup, Writes(Ran("a", 1, 3, 6), 2, {{"t/x", "x1"}}),
                    Reads(Ran("b", 2, 4, 7), {{"t/x", "x0"}, {"t/x", "x1"}})},
                   Anomaly::kFracturedRead,
                   false});
  // Two writers that know nothing of each other, seen by two readers in different orders.
  cases.push_back({"LongFork",
                   {kSetup, Writes(Ran("a", 1, 3, 9), 2, {{"t/x", "x1"}}),
                    Writes(Ran("b", 2, 3, 9), 3, {{"t/y", "y1"}}),
                    Reads(Ran("c", 3, 4, 8), {{"t/x", "x1"}, {"t/y", "y0"}}),
                    Reads(Ran("d", 4, 4, 8), {{"t/x", "x0"}, {"t/y", "y1"}})},
                   Anomaly::kFracturedRead,
                   false});
  return cases;
}

// Of writes that know too little, and of time.
std::vector<Case> WriteCases() {
  std::vector<Case> cases;
  cases.push_back({"LostUpdate",
                   {kSetup, Writes(Reads(Ran("a", 1, 3, 6), {{"t/x", "x0"}}), 2, {{"t/x", "x1"}}),
                    Writes(Reads(Ran("b", 2, 4, 7), {{"t/x", "x0"}}), 3, {{"t/x", "x2"}})},
                   Anomaly::kLostUpdate,
                   false});
  cases.push_back({"StaleRead",
                   {kSetup, Writes(Ran("a", 1, 3, 4), 2, {{"t/x", "x1"}}),
                    Reads(Ran("b", 2, 5, 6), {{"t/x", "x0"}})},
                   Anomaly::kStaleRead});
  cases.push_back(
      {"SessionThatWentBack",
       {kSetup, Writes(Ran("a", 1, 3, 9), 2, {{"t/x", "x1"}}),
        Reads(Ran("b", 2, 4, 5), {{"t/x", "x1"}}), Reads(Ran("c", 2, 6, 7), {{"t/x", "x0"}})},
       Anomaly::kSessionWentBack});
  cases.push_back({"ReadOfTheFuture",
                   {kSetup, Reads(Ran("b", 2, 3, 4), {{"t/x", "x1"}}),
                    Writes(Ran("a", 1, 5, 6), 2, {{"t/x", "x1"}})},
                   Anomaly::kFutureRead});
  cases.push_back(
      {"WriteSkew",
       {kSetup,
        Writes(Reads(Ran("a", 1, 3, 6), {{"t/x", "x0"}, {"t/y", "y0"}}), 2, {{"t/x", "x1"}}),
        Writes(Reads(Ran("b", 2, 4, 7), {{"t/x", "x0"}, {"t/y", "y0"}}), 3, {{"t/y", "y1"}})},
       {},
       false});
  // Each inserts what the other's scan would have found.
  cases.push_back({"WriteSkewByPhantoms",
                   {kSetup, Scans(Writes(Ran("a", 1, 3, 6), 2, {{"u/1", "v1"}}), "u/"),
                    Scans(Writes(Ran("b", 2, 4, 7), 3, {{"u/2", "v2"}}), "u/")},
                   {},
                   false});
  // A reader sees the second of two updates that depend on each other the other way round.
  cases.push_back(
      {"ReadOnlyAnomaly",
       {kSetup,
        Writes(Reads(Ran("a", 1, 3, 9), {{"t/x", "x0"}, {"t/y", "y0"}}), 3, {{"t/x", "x1"}}),
        Writes(Reads(Ran("b", 2, 4, 5), {{"t/y", "y0"}}), 2, {{"t/y", "y1"}}),
        Reads(Ran("c", 3, 6, 7), {{"t/x", "x0"}, {"t/y", "y1"}})},
       {},
       false});
  cases.push_back({"PhantomInAScan",
                   {kSetup, Writes(Ran("a", 1, 3, 4), 2, {{"t/z", "z1"}}),
                    Scans(Reads(Ran("b", 2, 5, 6), {{"t/x", "x0"}, {"t/y", "y0"}}), "t/")},
                   Anomaly::kStaleRead});
  return cases;
}

// Of what comes and goes, and of the past.
std::vector<Case> AbsenceCases() {
  std::vector<Case> cases;
  cases.push_back({"DeletedAndInsertedAgain",
                   {kSetup, Writes(Reads(Ran("a", 1, 3, 4), {{"t/x", "x0"}}), 2, {{"t/x", ""}}),
                    Writes(Reads(Ran("b", 1, 5, 6), {{"t/x", ""}}), 3, {{"t/x", "x1"}}),
                    Writes(Reads(Ran("c", 2, 7, 8), {{"t/x", "x1"}}), 4, {{"t/x", ""}}),
                    Reads(Ran("d", 1, 9, 10), {{"t/x", ""}})},
                   {}});
  // What c did not find had come and gone, or had not come yet when a had not replaced t/y.
  cases.push_back(
      {"AbsentBeforeOrAfter",
       {kSetup,
        Scans(Writes(Reads(Ran("a", 1, 3, 5), {{"t/x", "x0"}, {"t/y", "y0"}}), 2, {{"t/z", "z1"}}),
              "t/"),
        Writes(Reads(Ran("b", 1, 6, 7), {{"t/z", "z1"}}), 3, {{"t/z", ""}}),
        Scans(Writes(Reads(Ran("c", 2, 4, 8), {{"t/x", "x0"}, {"t/y", "y0"}}), 4, {{"t/y", "y1"}}),
              "t/")},
       {}});
  cases.push_back({"ThePastAsItWas",
                   {kSetup, Writes(Ran("a", 1, 3, 4), 2, {{"t/x", "x1"}}),
                    AtPast(Reads(Ran("b", 1, 5, 6), {{"t/x", "x0"}}), 1)},
                   {}});
  cases.push_back({"ThePastAsItWasNot",
                   {kSetup, Writes(Ran("a", 1, 3, 4), 2, {{"t/x", "x1"}}),
                    AtPast(Reads(Ran("b", 1, 5, 6), {{"t/x", "x1"}}), 1)},
                   Anomaly::kFracturedRead});
  return cases;
}

std::vector<Case> AllCases() {
  std::vector<Case> cases = ReadCases();
  for (Case& more : WriteCases()) cases.push_back(std::move(more));
  for (Case& more : AbsenceCases()) cases.push_back(std::move(more));
  return cases;
}

class HistoryCheckerTest : public testing::TestWithParam<Case> {};

TEST_P(HistoryCheckerTest, FindsWhatIsForbiddenAndNothingElse) {
  HistoryChecker checker(GetParam().history);
  const auto found = checker.CheckSnapshotIsolation();
  if (!GetParam().isolation) {
    EXPECT_TRUE(found.empty()) << found.front().text;
  } else {
    ASSERT_EQ(found.size(), 1);
    EXPECT_EQ(found.front().anomaly, *GetParam().isolation) << found.front().text;
  }
  const auto cycles = checker.CheckSerializability();
  EXPECT_EQ(cycles.empty(), GetParam().is_serializable);
}

INSTANTIATE_TEST_SUITE_P(Histories, HistoryCheckerTest, testing::ValuesIn(AllCases()),
                         [](const auto& test) { return test.param.name; });

TEST(HistoryCheckerMessageTest, NamesTransactionsAndRegister) {
  HistoryChecker checker(
      {kSetup, Writes(Reads(Ran("a", 1, 3, 6), {{"t/x", "x0"}, {"t/y", "y0"}}), 2, {{"t/x", "x1"}}),
       Writes(Reads(Ran("b", 2, 4, 7), {{"t/x", "x0"}, {"t/y", "y0"}}), 3, {{"t/y", "y1"}})});
  const auto cycles = checker.CheckSerializability();
  ASSERT_EQ(cycles.size(), 1);
  EXPECT_EQ(cycles.front().text,
            "a: a read the t/y that was replaced by b read the t/x that was replaced by a");
}

}  // namespace
}  // namespace icefall
