// What check says of files that only older snapshots need.
#include <memory>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "maintenance/doctor.h"
#include "maintenance/gc.h"
#include "tests/check/broken_database.h"

namespace icefall {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Codes(const CheckReport& report) {
  std::vector<std::string> codes;
  for (const Finding& finding : report.findings) codes.push_back(finding.code);
  return codes;
}

// The data file of 1000 rows, with its index, was removed by the newest commit, 7; snapshots 2 to 6
// have it.
class CheckPastTest : public testing::Test {
 protected:
  void SetUp() override {
    FillDatabase(directory_.path());
    file_ = DataFileOf(directory_.path());
    name_ = "t/data/" + std::filesystem::path(file_).filename().string();
    const auto session = *Session::Open(directory_.path(), {});
    auto statements = *session->Parse("DELETE FROM t WHERE id < 1000");
    const auto done = session->Run(std::move(statements.at(0)));
    ASSERT_TRUE(done) << done.error().message();
  }

  CheckReport Checksums() { return Check(directory_.path(), CheckOptions{.checksums = true}); }

  const TemporaryDirectory directory_;
  std::string file_;
  std::string name_;
};

TEST_F(CheckPastTest, FindsNothingInAWholeDatabase) {
  EXPECT_THAT(Check(directory_.path(), CheckOptions{}).findings, IsEmpty());
  EXPECT_THAT(Checksums().findings, IsEmpty());
  EXPECT_THAT(Check(directory_.path(), true).findings, IsEmpty());
}

TEST_F(CheckPastTest, AFlippedByteNamesTheFileAndTheSnapshotsThatNeedIt) {
  const std::string before = Sha256Hex(ReadWholeFile(file_));
  FlipByte(file_, 100);
  const auto found = Checksums().findings;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "DataFileChecksum");
  EXPECT_EQ(found[0].message,
            fmt::format("{}: table 't': expected SHA-256 {}, found {}; needed by snapshots 2 to 6",
                        name_, before, Sha256Hex(ReadWholeFile(file_))));
  EXPECT_THAT(Codes(Check(directory_.path(), CheckOptions{})), IsEmpty());
  EXPECT_THAT(Codes(Check(directory_.path(), CheckOptions{.data = true})),
              ElementsAre("DataFileChecksum"));
}

TEST_F(CheckPastTest, AMissingFileIsNamedWithoutReading) {
  std::filesystem::remove(file_);
  for (const bool checksums : {false, true}) {
    const auto found = Check(directory_.path(), CheckOptions{.checksums = checksums}).findings;
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].code, "DataFileMissing");
    EXPECT_EQ(found[0].message, name_ + ": not there; needed by snapshots 2 to 6");
  }
}

TEST_F(CheckPastTest, ALongerFileIsNamedWithoutReading) {
  const size_t size = std::filesystem::file_size(file_);
  Append(file_, "x");
  const auto found = Check(directory_.path(), CheckOptions{}).findings;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "DataFileSize");
  EXPECT_EQ(found[0].message, fmt::format("{}: expected {} bytes, found {}; needed by snapshots 2 "
                                          "to 6",
                                          name_, size, size + 1));
}

// What gc has given up is nobody's loss.
TEST_F(CheckPastTest, FilesThatGcGaveUpAreNotMissed) {
  FlipByte(file_, 100);
  {
    const auto database = *Database::Open(directory_.path(), {});
    ICEFALL_ASSERT_OK(
        CollectGarbage(*database, SystemClock(), {"main", "t"}, {.retain_snapshots = 1}));
  }
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_THAT(Checksums().findings, IsEmpty());
}

// Runs gc when the log has been read and the files have not.
class CollectingReader : public DataFileReader {
 public:
  explicit CollectingReader(const std::string& path)
      : inner_(*MakeParquetReader()), database_(*Database::Open(path, {})) {}

  Result<uint64_t> RowCount(const std::string& path) override {
    ICEFALL_RETURN_IF_ERROR(
        CollectGarbage(*database_, SystemClock(), {"main", "t"}, {.retain_snapshots = 1}));
    return inner_->RowCount(path);
  }
  Result<DataFileFacts> ReadAll(const std::string& path, const Schema& schema,
                                bool has_row_ids) override {
    return inner_->ReadAll(path, schema, has_row_ids);
  }
  Result<std::optional<std::string>> FindDuplicateKey(
      const std::string& location, const ObjectName& table,
      const std::vector<std::string>& columns) override {
    return inner_->FindDuplicateKey(location, table, columns);
  }
  Result<uint64_t> CountNulls(const std::string& location, const ObjectName& table,
                              const std::string& column) override {
    return inner_->CountNulls(location, table, column);
  }
  Result<uint64_t> CountViolations(const std::string& location, const ObjectName& table,
                                   const std::string& expression) override {
    return inner_->CountViolations(location, table, expression);
  }
  Result<std::vector<std::string>> FindWrongIndexes(const std::string& location,
                                                    const ObjectName& table) override {
    return inner_->FindWrongIndexes(location, table);
  }
  Result<std::vector<DamagedDerivedFile>> FindDamagedDerivedFiles(
      const std::string& location, const ObjectName& table,
      const std::map<std::string, std::string>& data_files, DerivedDepth depth) override {
    return inner_->FindDamagedDerivedFiles(location, table, data_files, depth);
  }

 private:
  const std::unique_ptr<DataFileReader> inner_;
  const std::unique_ptr<Database> database_;
};

TEST_F(CheckPastTest, GcMayComeInBetween) {
  AddFile(directory_.path(), "SELECT range + 5000 AS id, 'x' AS name FROM range(10)", 10,
          [](Fragment&) {});
  CollectingReader reader(directory_.path());
  const auto database = *Database::Open(directory_.path(), {.read_only = true});
  const auto report = CheckTable(*database, {"main", "t"}, reader, {.checksums = true});
  ICEFALL_ASSERT_OK(report);
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_THAT(report->findings, IsEmpty());
}

TEST_F(CheckPastTest, AnIndexOfAnOlderFileIsReadAndMended) {
  const std::string index = IndexOf(directory_.path());
  FlipByte(index, 5000);
  EXPECT_THAT(Codes(Checksums()), ElementsAre("IndexDiffers"));
  const auto reader = *MakeParquetReader();
  {
    const auto database = *Database::Open(directory_.path(), {.read_only = true});
    ICEFALL_ASSERT_OK(Repair(*database, {"main", "t"}, *reader));
  }
  EXPECT_FALSE(std::filesystem::exists(index));
  EXPECT_THAT(Checksums().findings, IsEmpty());
}

// Behind a damaged line there is what a manifest holds, as readers see it.
TEST_F(CheckPastTest, FilesBehindDamageAreReadToo) {
  AddFile(directory_.path(), "SELECT range + 5000 AS id, 'x' AS name FROM range(10)", 10,
          [](Fragment&) {});
  {
    const auto database = *Database::Open(directory_.path(), {.manifest_interval_bytes = 1});
    ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) { return Insert(t, "t", 6000); }));
  }
  FlipByte(SegmentOf(directory_.path()), 40);
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path("t/data"))) {
    files.insert(entry.path().string());
  }
  files.erase(file_);
  ASSERT_EQ(files.size(), 1U);
  FlipByte(*files.begin(), 100);
  EXPECT_THAT(Codes(Checksums()), testing::Contains("DataFileChecksum"));
}

}  // namespace
}  // namespace icefall
