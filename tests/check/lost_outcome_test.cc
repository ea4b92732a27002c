// Outcome files of transactions over several logs that media or people have lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "maintenance/doctor.h"
#include "tests/check/broken_database.h"

namespace icefall {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class LostOutcomeTest : public testing::Test {
 protected:
  // No manifest vouches for what the lines say: tables and sessions are too small for one.
  void SetUp() override {
    Execute("CREATE TABLE t (id BIGINT, name VARCHAR)", true);
    Execute("CREATE TABLE u (id BIGINT, name VARCHAR)");
    Execute("CREATE TABLE v (id BIGINT, name VARCHAR)");
    Execute("INSERT INTO t SELECT range, 'x' FROM range(100)");
    Execute("INSERT INTO u SELECT range, 'x' FROM range(10)");
  }

  void Execute(const std::string& sql, bool creates = false) {
    const auto session = Session::Open(directory_.path(), {.create_if_missing = creates});
    ICEFALL_ASSERT_OK(session);
    auto statements = *(*session)->Parse(sql);
    for (auto& statement : statements) {
      ICEFALL_ASSERT_OK((*session)->Run(std::move(statement)));
    }
  }
  void InsertIntoBoth() {
    Execute("BEGIN; INSERT INTO t VALUES (2000, 'a'); INSERT INTO u VALUES (2, 'a'); COMMIT");
  }
  // Of the last transaction that has one.
  void LoseOutcome() { std::filesystem::remove(FileIn(path("_transactions"), ".json")); }
  void RestartMachine() { std::filesystem::remove(path("_catalog/lock")); }
  std::string path(const std::string& name) const { return directory_.path(name); }

  // The number of rows, or why they cannot be told.
  std::string Read(const std::string& table) {
    const auto database = Database::Open(directory_.path(), {.read_only = true});
    if (!database) return database.error().message();
    const auto transaction = *(*database)->Begin();
    const auto read = transaction->Table(UuidOf(*transaction, table));
    if (read) return std::to_string((*read)->live_row_count);
    EXPECT_EQ(read.error().code(), ErrorCode::kCorruption);
    return read.error().message();
  }
  // Why a row cannot be inserted; empty when it can.
  std::string Write(const std::string& table) {
    const auto database = Database::Open(directory_.path(), {});
    if (!database) return database.error().message();
    const auto done = Commit(**database, [&](Transaction& t) { return Insert(t, table, 7000); });
    return done ? "" : done.error().message();
  }
  std::vector<Diagnosis> Diagnose() {
    auto found = ExamineDatabase(directory_.path(), **MakeParquetReader());
    EXPECT_TRUE(found) << (found ? "" : found.error().message());
    std::vector<Diagnosis> all;
    if (!found) return all;
    const auto take = [&](const DoctorReport& report) {
      for (const Diagnosis& diagnosis : report.diagnoses) {
        if (diagnosis.finding.severity == Severity::kError) all.push_back(diagnosis);
      }
    };
    take(found->database);
    for (const auto& [name, report] : found->tables) take(report);
    return all;
  }
  void Repair() { ICEFALL_ASSERT_OK(RepairDatabase(directory_.path(), **MakeParquetReader())); }

  // Nobody takes the transaction for anything, and nothing is written.
  void ExpectRefusal(const std::string& table, const std::string& why) {
    const auto says_it = AllOf(HasSubstr("_transactions/"), HasSubstr("changed t (sequence "),
                               HasSubstr("and u (sequence "), HasSubstr(why));
    Write("v");  // whoever recovers takes others for no reason, either
    const Files before = ReadFiles(directory_.path());
    for (int round = 0; round < 2; ++round) {
      EXPECT_THAT(Read(table), says_it);
      EXPECT_THAT(Write(table), says_it);
      EXPECT_EQ(Write("v"), "");
    }
    Files after = ReadFiles(directory_.path());
    for (Files* files : {&after}) {
      std::erase_if(*files,
                    [](const auto& file) { return file.first.find("/v/") != std::string::npos; });
    }
    for (const auto& [name, bytes] : after) EXPECT_EQ(before.at(name), bytes) << name;
  }
  void ExpectMendedTo(const std::string& rows_of_t, const std::string& rows_of_u) {
    const auto diagnoses = Diagnose();
    EXPECT_THAT(diagnoses, Not(IsEmpty()));
    for (const Diagnosis& diagnosis : diagnoses) {
      EXPECT_EQ(diagnosis.finding.code, "OutcomeMissing") << diagnosis.finding.message;
      EXPECT_EQ(diagnosis.remedy, Remedy::kRepair);
    }
    for (int round = 0; round < 2; ++round) {
      Repair();
      EXPECT_THAT(Diagnose(), IsEmpty());
      EXPECT_EQ(Read("t"), rows_of_t);
      EXPECT_EQ(Read("u"), rows_of_u);
    }
    EXPECT_EQ(Write("t"), "");
    EXPECT_EQ(Write("u"), "");
    EXPECT_THAT(Diagnose(), IsEmpty());
  }
  void ExpectExplainedAndLeftAlone(const std::string& at_stake) {
    const auto diagnoses = Diagnose();
    EXPECT_THAT(diagnoses, Contains(Field(&Diagnosis::finding,
                                          Field(&Finding::message, HasSubstr(at_stake)))));
    for (const Diagnosis& diagnosis : diagnoses) {
      EXPECT_EQ(diagnosis.finding.code, "OutcomeLost") << diagnosis.finding.message;
      EXPECT_EQ(diagnosis.remedy, Remedy::kImpossible);
      EXPECT_THAT(diagnosis.explanation, HasSubstr("would be lost"));
    }
    const Files before = ReadFiles(directory_.path());
    Repair();
    EXPECT_EQ(ReadFiles(directory_.path()), before);
  }

  const TemporaryDirectory directory_;
};

TEST_F(LostOutcomeTest, IsNoAbortBecauseOneOfItsLogsEndsThere) {
  InsertIntoBoth();
  Execute("INSERT INTO t VALUES (2001, 'behind')");
  LoseOutcome();
  ExpectRefusal("u", "t/_log/00000000000000000001.jsonl goes on behind it");
  RestartMachine();
  ExpectRefusal("u", "t/_log/00000000000000000001.jsonl goes on behind it");
  ExpectRefusal("t", "goes on behind it");
  ExpectMendedTo("102", "11");
}

// No log of the transaction goes on, but the database does.
TEST_F(LostOutcomeTest, IsNoAbortBecauseAllOfItsLogsEndThere) {
  InsertIntoBoth();
  LoseOutcome();
  ExpectRefusal("u", "the database went on after its commit");
  RestartMachine();
  ExpectRefusal("t", "the database went on after its commit");
  ExpectRefusal("u", "the database went on after its commit");
  ExpectExplainedAndLeftAlone("Of u: insert (inserted_rows 1)");
}

// While the machine runs, the shared page still knows that it was published.
TEST_F(LostOutcomeTest, OfTheNewestCommitIsKnownUntilTheMachineStops) {
  InsertIntoBoth();
  LoseOutcome();
  const std::string why = "the database went on";
  EXPECT_THAT(Read("u"), HasSubstr(why));
  EXPECT_THAT(Write("t"), HasSubstr(why));
  ExpectExplainedAndLeftAlone("Of t: insert (inserted_rows 1)");
}

TEST_F(LostOutcomeTest, AWriterThatDiedIsStillAbandoned) {
  InsertIntoBoth();
  LoseOutcome();
  RestartMachine();
  EXPECT_THAT(Diagnose(), IsEmpty());
  EXPECT_EQ(Read("u"), "10");
  EXPECT_EQ(Write("v"), "");
  EXPECT_EQ(Write("u"), "");
  EXPECT_EQ(Read("t"), "100");
  EXPECT_EQ(Read("u"), "11");
  EXPECT_THAT(Diagnose(), IsEmpty());
}

TEST_F(LostOutcomeTest, RepairAbandonsOneOfADeadWriterAndNoneThatWasLost) {
  InsertIntoBoth();
  LoseOutcome();
  RestartMachine();
  Repair();
  EXPECT_EQ(Read("t"), "100");
  InsertIntoBoth();
  LoseOutcome();
  Execute("INSERT INTO v VALUES (1, 'x')");
  RestartMachine();
  Repair();
  // Also who has no page to ask.
  RestartMachine();
  EXPECT_THAT(Read("t"), HasSubstr("went on"));
  EXPECT_THAT(Read("u"), HasSubstr("went on"));
}

// Its lines were in both logs, and it was aborted: what follows tells that, too.
TEST_F(LostOutcomeTest, OfAnAbandonedTransactionIsProvenByTheNextCommit) {
  InsertIntoBoth();
  LoseOutcome();
  RestartMachine();
  EXPECT_EQ(Write("t"), "");
  EXPECT_EQ(Read("t"), "101");
  LoseOutcome();
  RestartMachine();
  ExpectRefusal("u", "t/_log/");
  ExpectMendedTo("101", "10");
}

// Its line in u was never durable, and another commit has its place.
TEST_F(LostOutcomeTest, OfATransactionWhosePlaceAnotherOneHasIsNoSecret) {
  const std::string segment = FileIn(path("u/_log"), ".jsonl");
  const std::string before = ReadWholeFile(segment);
  InsertIntoBoth();
  LoseOutcome();
  WriteFile(segment, before);
  RestartMachine();
  EXPECT_EQ(Write("u"), "");
  LoseOutcome();
  RestartMachine();
  EXPECT_EQ(Read("t"), "100");
  EXPECT_EQ(Read("u"), "11");
  ExpectMendedTo("100", "11");
}

// Rows that are deleted fit whatever others deleted before.
TEST_F(LostOutcomeTest, ThatNothingProvesIsExplainedAndLeftAlone) {
  Execute("BEGIN; DELETE FROM t WHERE id = 5; DELETE FROM u WHERE id = 5; COMMIT");
  Execute("DELETE FROM t WHERE id = 7");
  LoseOutcome();
  RestartMachine();
  ExpectRefusal("u", "t/_log/");
  ExpectExplainedAndLeftAlone("Of u: delete (deleted_rows 1)");
  ExpectExplainedAndLeftAlone("proves nothing");
}

TEST_F(LostOutcomeTest, OfManyAreProvenByEachOther) {
  for (int i = 0; i < 9; ++i) {
    InsertIntoBoth();
    Execute("BEGIN; DELETE FROM t WHERE id = " + std::to_string(i) +
            "; INSERT INTO v VALUES (1, 'x'); COMMIT");
  }
  Execute("INSERT INTO u VALUES (1, 'last')");
  Execute("INSERT INTO v VALUES (1, 'last')");
  std::filesystem::remove_all(path("_transactions"));
  RestartMachine();
  ExpectMendedTo("100", "20");
}

TEST_F(LostOutcomeTest, OfACommitOfNamesKeepsTheDatabaseClosedUntilItIsMended) {
  Execute("BEGIN; ALTER TABLE t RENAME TO w; INSERT INTO u VALUES (2, 'a'); COMMIT");
  Execute("CREATE TABLE t (id BIGINT)");
  LoseOutcome();
  RestartMachine();
  EXPECT_THAT(Read("u"), AllOf(HasSubstr("_catalog (sequence "), HasSubstr("and")));
  EXPECT_THAT(Write("u"), HasSubstr("_transactions/"));
  ExpectMendedTo("0", "11");
  EXPECT_EQ(Read("w"), "100");
}

TEST_F(LostOutcomeTest, IsNotMissedByReadersThatAManifestBrings) {
  InsertIntoBoth();
  {
    const auto database = *Database::Open(directory_.path(), {.manifest_interval_bytes = 1});
    ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) { return Insert(t, "t", 7000); }));
  }
  LoseOutcome();
  RestartMachine();
  EXPECT_EQ(Read("t"), "102");
  EXPECT_EQ(Write("t"), "");
  ExpectRefusal("u", "t/_");
  ExpectMendedTo("103", "11");
}

}  // namespace
}  // namespace icefall
