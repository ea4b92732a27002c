// Each damage to what is kept below `_cache`: it is named, changes no answer, and goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "maintenance/check_database.h"
#include "maintenance/doctor.h"
#include "tests/check/broken_database.h"

namespace icefall {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kQuestion =
    "SELECT g, sum(i), max(s), count(n) FROM t WHERE i % 3 <> 1 "
    "GROUP BY g ORDER BY g";

// Table t with a replica, states, facts and a kept answer of it.
void FillWithDerived(const std::string& path) {
  auto session = *Session::Open(path, {.create_if_missing = true});
  for (const char* sql : {
           "SET icefall_replica_rows_min = 1000",
           "SET icefall_facts_rows_min = 1000",
           "SET icefall_partial_file_rows_min = 1",
           "SET icefall_result_file_ms_min = 0",
           "CREATE TABLE t (i BIGINT, g BIGINT, s VARCHAR, n INTEGER) "
           "WITH (replica = 'duckdb', aggregates = 'sum(i) by g')",
           "INSERT INTO t SELECT range, range % 7, 'n' || range, nullif(range % 5, 2) "
           "FROM range(20000)",
           kQuestion,
       }) {
    const auto done = session->Execute(sql);
    ASSERT_TRUE(done) << sql << ": " << done.error().message();
  }
  auto answer = session->Query(kQuestion);
  std::vector<Row> rows;
  while (answer->FetchRows(rows) && !rows.empty()) {
  }
}

std::string Ask(const std::string& path) {
  auto session = *Session::Open(path, {.read_only = true});
  auto answer = session->Query(kQuestion);
  if (!answer) return answer.error().message();
  std::string text;
  std::vector<Row> rows;
  while (answer->FetchRows(rows) && !rows.empty()) {
    for (const Row& row : rows) {
      for (const auto& value : row) {
        if (const auto* number = std::get_if<int64_t>(&value)) text += std::to_string(*number);
        if (const auto* word = std::get_if<std::string>(&value)) text += *word;
        text += '|';
      }
    }
  }
  return text;
}

struct Derived {
  std::string name;
  std::string ending;
  std::string what;        // in the message
  size_t flipped_percent;  // of the file, where a byte is changed
};

std::string FileOf(const std::string& path, const Derived& derived) {
  for (const auto& entry : fs::recursive_directory_iterator(path + "/_cache")) {
    if (entry.path().string().ends_with(derived.ending)) return entry.path().string();
  }
  ADD_FAILURE() << "no file " << derived.ending;
  return "";
}

DatabaseReport CheckAll(const std::string& path, const CheckOptions& options) {
  const auto database = *Database::Open(path, {.read_only = true});
  return *CheckDatabase(*database, **MakeParquetReader(), options);
}

std::vector<Finding> FindingsOf(const DatabaseReport& report) {
  std::vector<Finding> findings = report.database.findings;
  for (const CheckedTable& table : report.tables) {
    findings.insert(findings.end(), table.report.findings.begin(), table.report.findings.end());
  }
  return findings;
}

void RepairAll(const std::string& path) {
  ICEFALL_ASSERT_OK(RepairDatabase(path, **MakeParquetReader()));
}

class DerivedDamageTest : public testing::TestWithParam<Derived> {
 protected:
  void SetUp() override {
    FillWithDerived(path_);
    file_ = FileOf(path_, GetParam());
    answer_ = Ask(path_);
    ASSERT_THAT(FindingsOf(CheckAll(path_, {.data = true})), IsEmpty());
    ASSERT_THAT(FindingsOf(CheckAll(path_, {})), IsEmpty());
  }
  // By readers who know nothing of the file yet.
  void ExpectNamedAndMended(const CheckOptions& options) {
    const std::string key = fs::relative(file_, path_).string();
    const DatabaseReport report = CheckAll(path_, options);
    EXPECT_TRUE(report.passed());
    EXPECT_THAT(
        FindingsOf(report),
        ElementsAre(AllOf(Field(&Finding::severity, Severity::kWarning),
                          Field(&Finding::code, "DerivedFileDamaged"),
                          Field(&Finding::message, HasSubstr(key + ": " + GetParam().what)))));
    EXPECT_EQ(Ask(path_), answer_);
    RepairAll(path_);
    EXPECT_THAT(FindingsOf(CheckAll(path_, {.data = true})), IsEmpty());
    EXPECT_EQ(Ask(path_), answer_);
  }

  const TemporaryDirectory directory_;
  const std::string path_ = directory_.path("db");
  std::string file_;
  std::string answer_;
};

TEST_P(DerivedDamageTest, AFlippedByteIsNamedWhereBytesAreRead) {
  FlipByte(file_, fs::file_size(file_) * GetParam().flipped_percent / 100);
  ExpectNamedAndMended({.checksums = true});
}

TEST_P(DerivedDamageTest, AFlippedByteIsMendedByDoctor) {
  FlipByte(file_, fs::file_size(file_) * GetParam().flipped_percent / 100);
  const auto reader = *MakeParquetReader();
  const auto found = *ExamineDatabase(path_, *reader);
  EXPECT_TRUE(found.Has(Remedy::kRepair));
  EXPECT_FALSE(found.Has(Remedy::kImpossible));
  ICEFALL_ASSERT_OK(RepairDatabase(path_, *reader));
  EXPECT_FALSE(fs::exists(file_));
  EXPECT_TRUE(ExamineDatabase(path_, *reader)->is_healthy());
}

TEST_P(DerivedDamageTest, ACutOneIsNamed) {
  WriteFile(file_, ReadWholeFile(file_).substr(0, fs::file_size(file_) - 100));
  ExpectNamedAndMended({.checksums = true});
}

TEST_P(DerivedDamageTest, AForeignOneIsNamed) {
  WriteFile(file_, "no such file");
  ExpectNamedAndMended({.checksums = true});
}

TEST_P(DerivedDamageTest, AnEmptyOneIsNamed) {
  WriteFile(file_, "");
  ExpectNamedAndMended({.data = true});
}

TEST_P(DerivedDamageTest, AMissingOneIsNotMissed) {
  fs::remove(file_);
  EXPECT_THAT(FindingsOf(CheckAll(path_, {.data = true})), IsEmpty());
  EXPECT_EQ(Ask(path_), answer_);
}

const Derived kDerived[] = {
    {"Replica", ".duckdb", "replica of t/data/", 20},
    {"States", ".agg", "states of aggregates, table 't'", 5},
    {"StatesDescription", ".agg", "states of aggregates, table 't'", 95},
    {"FactsHead", ".facts", "facts about columns of t/data/", 1},
    {"Facts", ".facts", "facts about columns of t/data/", 90},
    {"Answer", ".arrows", "kept answer", 30},
};

INSTANTIATE_TEST_SUITE_P(All, DerivedDamageTest, testing::ValuesIn(kDerived),
                         [](const testing::TestParamInfo<Derived>& test) {
                           return test.param.name;
                         });

class DerivedFilesTest : public testing::Test {
 protected:
  void SetUp() override { FillWithDerived(path_); }
  // The messages of findings that are notes.
  std::vector<std::string> Notes() {
    std::vector<std::string> notes;
    for (const Finding& finding : FindingsOf(CheckAll(path_, {}))) {
      if (finding.severity == Severity::kInfo) notes.push_back(finding.message);
    }
    return notes;
  }
  std::string Replica() { return FileOf(path_, {"", ".duckdb", "", 0}); }

  const TemporaryDirectory directory_;
  const std::string path_ = directory_.path("db");
};

TEST_F(DerivedFilesTest, AReplicaOfOtherRowsIsNamed) {
  {
    duckdb::DuckDB replica(Replica());
    duckdb::Connection connection(replica);
    ASSERT_FALSE(connection.Query("UPDATE rows SET c0 = 12 WHERE c0 = 11")->HasError());
    ASSERT_FALSE(connection.Query("CHECKPOINT")->HasError());
  }
  EXPECT_THAT(Check(path_, {.checksums = true}).findings, IsEmpty());
  EXPECT_THAT(Check(path_, {.data = true}).findings,
              ElementsAre(Field(&Finding::message, HasSubstr("some are not those of the data"))));
  RepairAll(path_);
  EXPECT_THAT(Check(path_, {.data = true}).findings, IsEmpty());
}

TEST_F(DerivedFilesTest, TheReplicaOfADamagedDataFileStays) {
  const std::string replica = Replica();
  for (const bool is_gone : {false, true}) {
    if (is_gone) {
      fs::remove(DataFileOf(path_));
    } else {
      FlipByte(DataFileOf(path_), 1000);
    }
    EXPECT_THAT(Check(path_, true).findings,
                Not(Contains(Field(&Finding::code, "DerivedFileDamaged"))));
    RepairAll(path_);
    EXPECT_TRUE(fs::exists(replica));
  }
}

TEST_F(DerivedFilesTest, AReplicaUnderTheNameOfAnotherIsNamed) {
  {
    auto session = *Session::Open(path_, {});
    ASSERT_TRUE(session->Execute("SET icefall_replica_rows_min = 1000"));
    ASSERT_TRUE(session->Execute("INSERT INTO t SELECT range, 1, '', 1 FROM range(3000)"));
  }
  const fs::path one = Replica();
  fs::path other;
  for (const auto& entry : fs::directory_iterator(one.parent_path())) {
    if (entry.path() != one) other = entry.path();
  }
  fs::copy_file(one, other, fs::copy_options::overwrite_existing);
  EXPECT_THAT(Check(path_, false).findings,
              ElementsAre(Field(&Finding::message, HasSubstr("expected the rows of 'replica 1"))));
}

TEST_F(DerivedFilesTest, WhatIsLeftOverIsNoted) {
  EXPECT_THAT(Notes(), IsEmpty());
  const std::string nobody = "019aa4b7-2f60-7000-bad1-9471e3dc836b";
  const std::string cache = path_ + "/_cache/";
  fs::create_directories(cache + "replicas/" + nobody);
  fs::copy_file(Replica(),
                cache + "replicas/" + nobody + "/0123456789abcdef0123456789abcdef.duckdb");
  WriteFile(cache + "states/" + nobody + "-" + nobody + ".agg", "x");
  WriteFile(cache + "facts/" + nobody + ".facts", "x");
  WriteFile(cache + "facts/" + nobody + ".facts.12.1", "x");
  WriteFile(cache + "notes.txt", "x");
  WriteFile(Replica() + ".12.1.unfinished", "x");
  EXPECT_THAT(Notes(), testing::UnorderedElementsAre(
                           HasSubstr("is a replica of a table that is not there"),
                           HasSubstr("has states of a table that is not there"),
                           HasSubstr("is about a data file that is in no commit"),
                           HasSubstr(".facts.12.1 (1 bytes) is unfinished"),
                           HasSubstr("_cache/notes.txt: no derived file has such a name"),
                           HasSubstr(".unfinished (1 bytes) is unfinished")));
}

TEST_F(DerivedFilesTest, ReplicasOfFormerDataFilesAreNoted) {
  ASSERT_TRUE((*Session::Open(path_, {}))->Execute("DELETE FROM t"));
  EXPECT_THAT(Notes(),
              ElementsAre(HasSubstr("is a replica of a data file that the table does not")));
}

}  // namespace
}  // namespace icefall
