// What check and doctor say of a whole database, and of one whose catalog is lost.
#include "maintenance/check_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "maintenance/doctor.h"
#include "tests/check/broken_database.h"

namespace icefall {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class CheckDatabaseTest : public testing::Test {
 protected:
  void SetUp() override { FillDatabase(path()); }
  std::string path(const std::string& key = "") { return directory_.path(key); }

  DatabaseReport CheckAll(const CheckOptions& options = {.data = true}) {
    const auto database = *Database::Open(path(), {.read_only = true});
    auto report = CheckDatabase(*database, **MakeParquetReader(), options);
    EXPECT_TRUE(report) << (report ? "" : report.error().message());
    return report ? *std::move(report) : DatabaseReport();
  }
  DatabaseDiagnoses Diagnose() { return *ExamineDatabase(path(), **MakeParquetReader()); }
  void Mend() { ICEFALL_ASSERT_OK(RepairDatabase(path(), **MakeParquetReader())); }
  Contents Rows() { return *ReadContents(**Database::Open(path(), {.read_only = true})); }
  uint64_t Execute(const std::string& sql) {
    const auto done = (*Session::Open(path(), {}))->Execute(sql);
    EXPECT_TRUE(done) << (done ? "" : done.error().message());
    return done.value_or(0);
  }
  static std::vector<std::string> Codes(const DoctorReport& report) {
    std::vector<std::string> codes;
    for (const Diagnosis& diagnosis : report.diagnoses) codes.push_back(diagnosis.finding.code);
    return codes;
  }

  const TemporaryDirectory directory_;
};

TEST_F(CheckDatabaseTest, NamesEveryTableAndFindsNothing) {
  const DatabaseReport report = CheckAll();
  EXPECT_TRUE(report.passed());
  EXPECT_THAT(report.database.findings, IsEmpty());
  ASSERT_EQ(report.tables.size(), 2);
  for (const CheckedTable& table : report.tables) {
    EXPECT_THAT(table.report.findings, IsEmpty());
  }
  EXPECT_EQ(TextOf(report.tables[0].table), "t");
  EXPECT_EQ(TextOf({"sales", "a.b"}), "sales.\"a.b\"");
}

TEST_F(CheckDatabaseTest, FindsDamageInWhicheverPart) {
  fs::remove(DataFileOf(path()));
  FlipByte(path("u/_log/00000000000000000001.jsonl"), 40);
  Append(FileIn(path("_catalog/_log"), ".jsonl"), "{\"s");
  const DatabaseReport report = CheckAll();
  EXPECT_FALSE(report.passed());
  EXPECT_THAT(report.database.findings, ElementsAre(Field(&Finding::code, "TornTail")));
  EXPECT_THAT(report.tables[0].report.findings, Contains(Field(&Finding::code, "DataFileMissing")));
  EXPECT_THAT(report.tables[1].report.findings, Contains(Field(&Finding::code, "LogDamaged")));
}

TEST_F(CheckDatabaseTest, NotesWhatBelongsToNobody) {
  const std::string uuid = "019aa4b7-2f60-7000-bad1-9471e3dc836b";
  fs::create_directories(path("photos/2024"));
  fs::create_directories(path("half/_log"));
  fs::create_directories(path("t/deletes"));
  for (const std::string& file :
       {std::string("notes.txt"), std::string("photos/2024/a.jpg"), std::string("_catalog/x"),
        std::string("_transactions/x.txt"), std::string("_transactions/") + uuid + ".json",
        std::string("half/_log/00000000000000000001.jsonl"), std::string("t/x.txt"),
        std::string("t/deletes/x.txt"), "t/deletes/" + uuid + ".dv",
        "t/indexes/1/data/" + uuid + ".parquet.idx"}) {
    WriteFile(path(file), "x");
  }
  const DatabaseReport report = CheckAll({});
  EXPECT_TRUE(report.passed());
  const auto note = [](const char* code, const std::string& text) {
    return AllOf(Field(&Finding::severity, Severity::kInfo), Field(&Finding::code, code),
                 Field(&Finding::message, HasSubstr(text)));
  };
  EXPECT_THAT(report.database.findings,
              UnorderedElementsAre(
                  note("UnknownFile", "notes.txt: no file of a database"),
                  note("UnknownFile", "photos (1 files, 1 bytes) is no table's folder"),
                  note("UnknownFile", "_catalog/x"), note("UnknownFile", "_transactions/x.txt"),
                  note("UnknownFile", "no outcome of a transaction, and no line needs it"),
                  note("UnusedFile", "half (1 files, 1 bytes) is a table that no line")));
  EXPECT_THAT(
      report.tables[0].report.findings,
      UnorderedElementsAre(note("UnknownFile", "t/x.txt"), note("UnknownFile", "t/deletes/x.txt"),
                           note("UnusedFile", "t/deletes/" + uuid),
                           note("UnusedFile", "t/indexes/1/data/" + uuid)));
  // The index, of which the bytes are looked at.
  EXPECT_FALSE(Diagnose().Has(Remedy::kImpossible));
  Mend();
  EXPECT_TRUE(Diagnose().is_healthy());
}

TEST_F(CheckDatabaseTest, DroppedTablesAreNotStrange) {
  Execute("DROP TABLE u");
  EXPECT_THAT(CheckAll().database.findings, IsEmpty());
}

TEST_F(CheckDatabaseTest, ATableWhoseLineTheCatalogHasLostIsAnError) {
  const std::string segment = FileIn(path("_catalog/_log"), ".jsonl");
  const std::string before = ReadWholeFile(segment);
  Execute("CREATE TABLE late AS SELECT 1 AS x");
  Execute("INSERT INTO late VALUES (2)");
  WriteFile(segment, before);
  const DatabaseReport report = CheckAll({});
  EXPECT_THAT(report.database.findings, ElementsAre(Field(&Finding::code, "NameLost")));
  EXPECT_FALSE(report.passed());
}

TEST_F(CheckDatabaseTest, ADamagedOutcomeIsAnErrorOfWhoeverNeedsIt) {
  WriteFile(FileIn(path("_transactions"), ".json"), "{\"format_version\":1}");
  const DatabaseReport report = CheckAll();
  EXPECT_THAT(report.database.findings, ElementsAre(Field(&Finding::code, "TransactionDamaged")));
  EXPECT_FALSE(report.tables[0].report.passed());
  EXPECT_FALSE(Diagnose().is_healthy());
}

TEST_F(CheckDatabaseTest, RepairMendsAllTables) {
  const Contents before = Rows();
  for (const std::string table : {"t", "u", "_catalog"}) {
    Append(FileIn(path(table + "/_log"), ".jsonl"), "{\"s");
  }
  EXPECT_TRUE(Diagnose().Has(Remedy::kRepair));
  Mend();
  EXPECT_TRUE(CheckAll().passed());
  EXPECT_TRUE(Diagnose().is_healthy());
  EXPECT_EQ(Rows(), before);
}

class LostCatalogTest : public CheckDatabaseTest {};

TEST_F(LostCatalogTest, IsToldByWhoeverOpensTheDatabase) {
  fs::remove_all(path("_catalog/_log"));
  const auto opened = Database::Open(path(), {.create_if_missing = true});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message(), HasSubstr("doctor"));
  EXPECT_EQ(opened.error().code(), ErrorCode::kCorruption);
}

TEST_F(LostCatalogTest, TablesAreFoundAndNamedAgain) {
  Execute("CREATE SCHEMA sales; CREATE TABLE sales.\"a.b\" AS SELECT 7 AS x");
  Execute("CREATE TABLE former (a INTEGER); ALTER TABLE former RENAME TO later");
  const Contents before = Rows();
  for (const std::string lost : {"_catalog/_log", "_catalog"}) {
    fs::remove_all(path(lost));
    const DatabaseDiagnoses found = Diagnose();
    EXPECT_THAT(Codes(found.database), ElementsAre("CatalogLost", "NamelessTable", "NamelessTable",
                                                   "NamelessTable", "NamelessTable"));
    EXPECT_THAT(found.tables, IsEmpty());
    EXPECT_FALSE(found.Has(Remedy::kImpossible));
    Mend();
    EXPECT_TRUE(Diagnose().is_healthy());
    Contents after = before;
    after.extract("later");
    after["former"] = 0;
    Contents named = Rows();
    EXPECT_EQ(named["t"], after.at("t"));
    EXPECT_EQ(named["u"], after.at("u"));
    EXPECT_TRUE(named.contains("former"));
    EXPECT_EQ(Execute("INSERT INTO sales.\"a.b\" VALUES (8)"), 1);
  }
  ICEFALL_ASSERT_OK(
      Commit(**Database::Open(path(), {}), [](Transaction& t) { return Insert(t, "t", 7000); }));
  EXPECT_TRUE(CheckAll().passed());
}

TEST_F(LostCatalogTest, TheNewestTableKeepsAName) {
  Execute("DROP TABLE u; CREATE TABLE u AS SELECT 1 AS x; DROP TABLE u");
  Execute("CREATE TABLE u AS SELECT 2 AS newest");
  fs::remove_all(path("_catalog"));
  Mend();
  EXPECT_EQ(Execute("INSERT INTO u BY NAME SELECT 3 AS newest"), 1);
  const DatabaseReport report = CheckAll();
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(report.tables.size(), 4);
}

TEST_F(LostCatalogTest, WhatCannotBeReadIsLeftAlone) {
  WriteFile(path("u/_log/00000000000000000001.jsonl"), "x\n");
  fs::remove_all(path("u/_manifests"));
  fs::remove_all(path("_catalog"));
  EXPECT_THAT(Codes(Diagnose().database),
              ElementsAre("CatalogLost", "NamelessTable", "LogMissing"));
  Mend();
  EXPECT_EQ(ReadWholeFile(path("u/_log/00000000000000000001.jsonl")), "x\n");
  const DatabaseReport left = CheckAll();
  EXPECT_EQ(left.tables.size(), 1);
  EXPECT_THAT(left.database.findings, ElementsAre(Field(&Finding::code, "UnusedFile")));
}

TEST_F(LostCatalogTest, ACatalogThatIsDamagedIsLeftAlone) {
  const std::string segment = FileIn(path("_catalog/_log"), ".jsonl");
  FlipByte(segment, 40);
  const std::string damaged = ReadWholeFile(segment);
  EXPECT_TRUE(Diagnose().Has(Remedy::kImpossible));
  EXPECT_FALSE(RepairDatabase(path(), **MakeParquetReader()));
  EXPECT_EQ(ReadWholeFile(segment), damaged);
}

}  // namespace
}  // namespace icefall
