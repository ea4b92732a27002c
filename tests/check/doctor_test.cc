// Each damage, diagnosed and, where nothing is lost, mended.
#include "maintenance/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/check/broken_database.h"

namespace icefall {
namespace {

using testing::IsEmpty;
using testing::Not;

class DoctorTest : public testing::Test {
 protected:
  void SetUp() override { FillDatabase(directory_.path()); }

  std::unique_ptr<Database> OpenReader() {
    return *Database::Open(directory_.path(), {.read_only = true});
  }
  DoctorReport Diagnose() {
    const auto reader = *MakeParquetReader();
    const auto database = OpenReader();
    auto report = Examine(*database, {"main", "t"}, *reader);
    EXPECT_TRUE(report) << (report ? "" : report.error().message());
    return report ? *std::move(report) : DoctorReport();
  }
  void RepairTable() {
    const auto database = OpenReader();
    ICEFALL_ASSERT_OK(Repair(*database, {"main", "t"}, **MakeParquetReader()));
  }
  const TemporaryDirectory directory_;
};

struct Damage {
  std::string name;
  void (*make)(const std::string& path);
};

class MendedDamageTest : public DoctorTest, public testing::WithParamInterface<Damage> {};

TEST_P(MendedDamageTest, LeavesTheRowsAndACleanCheck) {
  const Contents before = *ReadContents(*OpenReader());
  GetParam().make(directory_.path());
  const DoctorReport found = Diagnose();
  EXPECT_TRUE(found.Has(Remedy::kRepair));
  EXPECT_FALSE(found.Has(Remedy::kImpossible));
  for (const Diagnosis& diagnosis : found.diagnoses) EXPECT_THAT(diagnosis.explanation, Not(""));
  const Contents damaged = *ReadContents(*OpenReader());
  // Of all of them this one adds rows.
  if (GetParam().name != "MissingManifest") {
    EXPECT_EQ(damaged, before);
  }
  // Twice: a repair that was stopped is begun again.
  for (int round = 0; round < 2; ++round) {
    RepairTable();
    EXPECT_THAT(Check(directory_.path(), true).findings, IsEmpty());
    EXPECT_EQ(*ReadContents(*OpenReader()), damaged);
  }
  const auto writer = *Database::Open(directory_.path(), {});
  ICEFALL_ASSERT_OK(Commit(*writer, [](Transaction& t) { return Insert(t, "t", 6000); }));
  Contents next = damaged;
  ++next["t"];
  EXPECT_EQ(*ReadContents(*writer), next);
  EXPECT_TRUE(Check(directory_.path(), true).passed());
}

const Damage kMended[] = {
    {"TornTail", [](const std::string& path) { Append(SegmentOf(path), "{\"sequence\":"); }},
    {"TornTailOfTheCatalog",
     [](const std::string& path) { Append(FileIn(path + "/_catalog/_log", ".jsonl"), "{\"s"); }},
    {"AbandonedTransaction", LeaveTransactionOpen},
    {"LostOutcomeThatIsProven",
     [](const std::string& path) { std::filesystem::remove_all(path + "/_transactions"); }},
    {"TruncatedManifest",
     [](const std::string& path) {
       WriteFile(ManifestOf(path), ReadWholeFile(ManifestOf(path)).substr(0, 100));
     }},
    {"WrongManifest",
     [](const std::string& path) {
       Manifest manifest = *DecodeManifest(ReadWholeFile(ManifestOf(path)), "table");
       manifest.state["properties"]["checked"] = "no";
       WriteFile(ManifestOf(path), *EncodeManifest(manifest));
     }},
    {"MissingManifest", WriteLongLog},
    {"ForgedIndex", ForgeIndex},
    {"FlippedByteInAnIndex", [](const std::string& path) { FlipByte(IndexOf(path), 5000); }},
    {"TruncatedIndex",
     [](const std::string& path) {
       WriteFile(IndexOf(path), ReadWholeFile(IndexOf(path)).substr(0, 4096));
     }},
};

INSTANTIATE_TEST_SUITE_P(All, MendedDamageTest, testing::ValuesIn(kMended),
                         [](const testing::TestParamInfo<Damage>& test) {
                           return test.param.name;
                         });

class LastingDamageTest : public DoctorTest, public testing::WithParamInterface<Damage> {};

TEST_P(LastingDamageTest, IsExplainedAndLeftAlone) {
  GetParam().make(directory_.path());
  const Files before = ReadFiles(directory_.path());
  const DoctorReport found = Diagnose();
  EXPECT_TRUE(found.Has(Remedy::kImpossible));
  for (const Diagnosis& diagnosis : found.diagnoses) EXPECT_THAT(diagnosis.explanation, Not(""));
  RepairTable();
  EXPECT_EQ(ReadFiles(directory_.path()), before);
  EXPECT_FALSE(Diagnose().is_healthy());
}

const Damage kLasting[] = {
    {"FlippedByteInASegment", [](const std::string& path) { FlipByte(SegmentOf(path), 40); }},
    {"MissingLog",
     [](const std::string& path) {
       std::filesystem::remove_all(path + "/t/_log");
       std::filesystem::remove_all(path + "/t/_manifests");
     }},
    {"MissingDataFile", [](const std::string& path) { std::filesystem::remove(DataFileOf(path)); }},
    {"ForeignDataFile",
     [](const std::string& path) { WriteFile(DataFileOf(path), "not Parquet"); }},
    {"LostOutcome", LoseOutcome},
};

INSTANTIATE_TEST_SUITE_P(All, LastingDamageTest, testing::ValuesIn(kLasting),
                         [](const testing::TestParamInfo<Damage>& test) {
                           return test.param.name;
                         });

TEST_F(DoctorTest, FilesThatNothingUsesAreNoIssue) {
  WriteFile(directory_.path("t/data/left.parquet"), "x");
  WriteFile(directory_.path("t/_log/notes.txt"), "x");
  const DoctorReport found = Diagnose();
  EXPECT_EQ(found.diagnoses.size(), 2);
  EXPECT_TRUE(found.is_healthy());
}

TEST_F(DoctorTest, EveryFindingHasARemedy) {
  EXPECT_TRUE(Diagnose().is_healthy());
  for (const FindingCode& code : kFindingCodes) {
    EXPECT_THAT(DiagnoseFinding({code.severity, std::string(code.code), ""}).explanation, Not(""))
        << code.code;
  }
}

}  // namespace
}  // namespace icefall
