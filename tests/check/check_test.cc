// Every finding that check can report, each on a database that is broken in that way only.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/check/broken_database.h"

namespace icefall {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A commit of inline rows as SQL would refuse them.
void InsertText(const std::string& path, const std::string& rows) {
  CommitUnchecked(path, [&](Transaction&, const std::string&, const Snapshot& table) {
    ChangeSet change = InsertRow(table, 0);
    InlineBatch batch = *change.added_inline[0];
    batch.rows = rows;
    change.added_inline[0] = std::make_shared<const InlineBatch>(batch);
    return change;
  });
}

// A file of 10 rows of which `column` is all that is said.
void AddFileWith(const std::string& path, const ColumnStatistics& column,
                 const std::string& name = "x") {
  AddFile(path, fmt::format("SELECT range + 5000 AS id, '{}' AS name FROM range(10)", name), 10,
          [&](Fragment& fragment) { fragment.statistics.push_back(column); });
}

struct Damage {
  std::string code;
  bool data;            // found by reading the data files only
  std::string message;  // part of what is said
  void (*make)(const std::string& path);
};

const Damage kDamages[] = {
    {"LogMissing", false, "t: neither the first segment",
     [](const std::string& path) {
       std::filesystem::remove_all(path + "/t/_log");
       std::filesystem::remove_all(path + "/t/_manifests");
     }},
    {"LogDamaged", false, "line 1 (sequence 1)",
     [](const std::string& path) { FlipByte(SegmentOf(path), 40); }},
    {"SegmentUnreached", false, "t/_log/00000000000000000099.jsonl",
     [](const std::string& path) { WriteFile(path + "/t/_log/00000000000000000099.jsonl", ""); }},
    {"ManifestUnreached", false, "t/_manifests/00000000000000000099.json",
     [](const std::string& path) {
       std::filesystem::copy(ManifestOf(path), path + "/t/_manifests/00000000000000000099.json");
     }},
    {"ManifestDamaged", false, "t/_manifests/",
     [](const std::string& path) {
       WriteFile(ManifestOf(path), ReadWholeFile(ManifestOf(path)).substr(0, 100));
     }},
    {"ManifestDiffers", false, "holds another state",
     [](const std::string& path) {
       Manifest manifest = *DecodeManifest(ReadWholeFile(ManifestOf(path)), "table");
       manifest.state["properties"]["checked"] = "no";
       WriteFile(ManifestOf(path), *EncodeManifest(manifest));
     }},
    {"ManifestMissing", false, "bytes of lines behind the newest manifest", WriteLongLog},
    {"OutcomeMissing", false, "It was committed: t/_manifests/",
     [](const std::string& path) { std::filesystem::remove_all(path + "/_transactions"); }},
    {"OutcomeLost", false, "Of t: delete (deleted_rows 1)", LoseOutcome},
    {"TornTail", false, "t/_log/",
     [](const std::string& path) { Append(SegmentOf(path), "{\"sequence\":"); }},
    {"UnsettledTransaction", false, "t/_log/", LeaveTransactionOpen},
    {"UnknownFile", false, "notes.txt",
     [](const std::string& path) { WriteFile(path + "/t/_log/notes.txt", "x"); }},
    {"DataFileMissing", false, ".parquet",
     [](const std::string& path) { std::filesystem::remove(DataFileOf(path)); }},
    {"DataFileSize", false, ".parquet",
     [](const std::string& path) { Append(DataFileOf(path), "x"); }},
    {"DataFileUnreadable", false, ".parquet",
     [](const std::string& path) {
       WriteFile(DataFileOf(path), std::string(std::filesystem::file_size(DataFileOf(path)), 'x'));
     }},
    {"DataFileChecksum", true, ".parquet: table 't': expected SHA-256 ",
     [](const std::string& path) { FlipByte(DataFileOf(path), 100); }},
    {"ChecksumMissing", true, "t: 1 data files",
     [](const std::string& path) {
       AddFile(path, "SELECT range + 5000 AS id, 'x' AS name FROM range(10)", 10,
               [](Fragment& fragment) { fragment.sha256.clear(); });
     }},
    {"RowCount", false, "expected 11 rows, found 10",
     [](const std::string& path) {
       AddFile(path, "SELECT range + 5000 AS id, 'x' AS name FROM range(10)", 11, [](Fragment&) {});
     }},
    {"RowId", true, "past the table's next one",
     [](const std::string& path) {
       AddFile(path,
               "SELECT range + 5000 AS id, 'x' AS name, range + 1000000 AS _row_id FROM range(10)",
               10, [](Fragment& fragment) { fragment.has_row_ids = true; });
     }},
    {"RowIdTwice", false, "row id 1 is in",
     [](const std::string& path) {
       AddFile(path, "SELECT range + 5000 AS id, 'x' AS name FROM range(10)", 10,
               [](Fragment& fragment) { fragment.first_row_id = RowId(1); });
     }},
    {"Statistics", true, "the minimum is 1 in the statistics, 5000 in the file",
     [](const std::string& path) {
       AddFileWith(path, {.field = FieldId(1), .lower_bound = "1", .lower_is_exact = true});
     }},
    {"DuplicateKey", true, "1000 is the key of more than one live row",
     [](const std::string& path) { InsertText(path, R"([[1000,"again"]])"); }},
    {"UnexpectedNull", true, "column 'id' must not be NULL, and is in 1 live rows",
     [](const std::string& path) { InsertText(path, R"([[null,"x"]])"); }},
    {"CheckViolated", true, "1 live rows are not (id >= 0)",
     [](const std::string& path) { InsertText(path, R"([[-1,"x"]])"); }},
    {"IndexDiffers", true, "t/indexes/1/data/", ForgeIndex},
    {"KeysUnread", true, ".parquet",
     [](const std::string& path) { std::filesystem::remove(DataFileOf(path)); }},
    {"DerivedFileDamaged", false, ".facts: facts about columns of t/data/",
     [](const std::string& path) {
       std::filesystem::create_directories(path + "/_cache/facts");
       const std::filesystem::path file = DataFileOf(path);
       WriteFile(path + "/_cache/facts/" + file.stem().string() + ".facts", "x");
     }},
    {"UnusedFile", false, "t/data/left.parquet",
     [](const std::string& path) { WriteFile(path + "/t/data/left.parquet", "x"); }},
};

class CheckTest : public testing::Test {
 protected:
  void SetUp() override { FillDatabase(directory_.path()); }
  const TemporaryDirectory directory_;
};

class CheckDamageTest : public CheckTest, public testing::WithParamInterface<Damage> {};

TEST_P(CheckDamageTest, IsFound) {
  const Damage& damage = GetParam();
  GetParam().make(directory_.path());
  const CheckReport report = Check(directory_.path(), damage.data);
  EXPECT_THAT(report.findings,
              Contains(AllOf(Field(&Finding::code, damage.code),
                             Field(&Finding::message, HasSubstr(damage.message)))));
  const auto* listed = std::ranges::find(kFindingCodes, damage.code, &FindingCode::code);
  ASSERT_NE(listed, std::end(kFindingCodes));
  for (const Finding& finding : report.findings) {
    if (finding.code != damage.code) continue;
    EXPECT_EQ(finding.severity, listed->severity);
  }
  // What is no error does not come with one.
  EXPECT_EQ(report.passed(), listed->severity != Severity::kError);
}

INSTANTIATE_TEST_SUITE_P(All, CheckDamageTest, testing::ValuesIn(kDamages),
                         [](const testing::TestParamInfo<Damage>& test) {
                           return test.param.code;
                         });

TEST_F(CheckTest, FindsNothingInAWholeDatabase) {
  for (const std::string table : {"t", "u"}) {
    EXPECT_THAT(Check(directory_.path(), false, table).findings, IsEmpty());
    EXPECT_THAT(Check(directory_.path(), true, table).findings, IsEmpty());
  }
}

TEST_F(CheckTest, FindsTextsThatAreLongerThanStatisticsSay) {
  AddFileWith(directory_.path(), {.field = FieldId(2), .text_size_max = 2}, "xyz");
  const CheckReport report = Check(directory_.path(), true);
  EXPECT_THAT(report.findings,
              Contains(Field(&Finding::message, HasSubstr("its longest text has 3 bytes, at most "
                                                          "2 in the statistics"))));
}

TEST(CheckCodesTest, EachHasADamage) {
  // Those of a whole database are in check_database_test.cc.
  std::set<std::string> listed,
      made{"CatalogLost", "NamelessTable", "NameLost", "TransactionDamaged", "DerivedFileUnread"};
  for (const FindingCode& code : kFindingCodes) listed.emplace(code.code);
  for (const Damage& damage : kDamages) made.insert(damage.code);
  EXPECT_EQ(made, listed);
}

TEST_F(CheckTest, AFlippedByteInAPageIsFoundByItsChecksumAlone) {
  const std::string file = DataFileOf(directory_.path());
  const std::string before = Sha256Hex(ReadWholeFile(file));
  FlipByte(file, 100);
  EXPECT_THAT(Check(directory_.path(), CheckOptions{}).findings, IsEmpty());
  const auto found = Check(directory_.path(), CheckOptions{.checksums = true}).findings;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "DataFileChecksum");
  EXPECT_EQ(found[0].message, fmt::format("t/data/{}: table 't': expected SHA-256 {}, found {}; "
                                          "needed by snapshots 2 to 6, which is the newest",
                                          std::filesystem::path(file).filename().string(), before,
                                          Sha256Hex(ReadWholeFile(file))));
}

TEST_F(CheckTest, BrokenChainNamesTheLine) {
  const std::string segment = SegmentOf(directory_.path());
  const std::string bytes = ReadWholeFile(segment);
  const size_t second = bytes.find('\n') + 1;
  WriteFile(segment, bytes.substr(0, second) + bytes.substr(bytes.find('\n', second) + 1));
  EXPECT_THAT(Check(directory_.path(), false).findings,
              Contains(Field(&Finding::message, HasSubstr("line 2 (sequence 2)"))));
}

TEST_F(CheckTest, DeletedRowPastTheEndOfItsFileIsDamage) {
  CommitUnchecked(directory_.path(), [](Transaction&, const std::string&, const Snapshot&) {
    ChangeSet change;
    change.operation = "delete";
    change.deleted_rows[FragmentId(1)].Add(9);
    return change;
  });
  DeletionVector before, past;
  before.Add(9);
  past.Add(1000);
  ForgeLastLine(SegmentOf(directory_.path()), Base64Encode(before.Serialize()),
                Base64Encode(past.Serialize()));
  EXPECT_THAT(Check(directory_.path(), false).findings,
              Contains(AllOf(Field(&Finding::code, "LogDamaged"),
                             Field(&Finding::message, HasSubstr("deleted_rows")))));
}

TEST_F(CheckTest, MissingFileOfDeletedRowsIsDamage) {
  AddFile(directory_.path(), "SELECT range + 5000 AS id, 'x' AS name FROM range(100000)", 100000,
          [](Fragment&) {});
  CommitUnchecked(directory_.path(), [](Transaction&, const std::string&, const Snapshot&) {
    ChangeSet change;
    change.operation = "delete";
    for (uint64_t position = 0; position < 100000; position += 3) {
      change.deleted_rows[FragmentId(2)].Add(position);
    }
    return change;
  });
  const std::string file = FileIn(directory_.path("t/deletes"), ".dv");
  EXPECT_THAT(Check(directory_.path(), true).findings, IsEmpty());
  const auto expect_named = [&] {
    EXPECT_THAT(Check(directory_.path(), false).findings,
                Contains(AllOf(Field(&Finding::code, "LogDamaged"),
                               Field(&Finding::message, HasSubstr("deletion file 't/deletes/")))));
  };
  FlipByte(file, 50);
  expect_named();
  std::filesystem::remove(file);
  expect_named();
}

// They hold the rows of the commits that cannot be read.
TEST_F(CheckTest, FilesBehindADamagedLineAreNotCalledUnused) {
  std::filesystem::remove_all(directory_.path("t/_manifests"));
  const std::string segment = SegmentOf(directory_.path());
  FlipByte(segment, ReadWholeFile(segment).find('\n') + 40);
  const auto findings = Check(directory_.path(), false).findings;
  EXPECT_THAT(findings, Contains(Field(&Finding::code, "LogDamaged")));
  EXPECT_THAT(findings, Not(Contains(Field(&Finding::code, "UnusedFile"))));
}

TEST_F(CheckTest, SaysWhichUnusedFilesGcLeaves) {
  WriteFile(directory_.path("t/data/notes.txt"), "x");
  const std::string of_ours = DataFileOf(directory_.path());
  std::filesystem::copy(
      of_ours, directory_.path("t/data/0192b2a9-e797-7116-8fca-9f8f631ecfb6") + ".parquet");
  EXPECT_THAT(
      Check(directory_.path(), false).findings,
      testing::UnorderedElementsAre(
          Field(&Finding::message, HasSubstr("notes.txt (1 bytes) is in no commit, and has no name "
                                             "that data files are given: gc leaves it")),
          Field(&Finding::message,
                HasSubstr("is in no commit: gc deletes it once it is an hour old"))));
}

TEST_F(CheckTest, SaysInOneLineWhyAFileCannotBeRead) {
  WriteFile(DataFileOf(directory_.path()), "");
  for (const Finding& finding : Check(directory_.path(), true).findings) {
    EXPECT_EQ(finding.message.find('\n'), std::string::npos) << finding.message;
  }
}

TEST_F(CheckTest, MoreNullsThanRowsAreFoundWithoutReading) {
  AddFileWith(directory_.path(), {.field = FieldId(2), .null_count = 11});
  EXPECT_THAT(Check(directory_.path(), false).findings,
              Contains(Field(&Finding::code, "Statistics")));
}

TEST_F(CheckTest, RowIdOfAnInlineRowThatAFileHasIsFound) {
  CommitUnchecked(directory_.path(), [](Transaction&, const std::string&, const Snapshot& table) {
    ChangeSet change = InsertRow(table, 7000);
    InlineBatch batch = *change.added_inline[0];
    batch.row_ids = {RowId(3)};
    change.added_inline[0] = std::make_shared<const InlineBatch>(batch);
    return change;
  });
  EXPECT_THAT(Check(directory_.path(), false).findings,
              Contains(AllOf(Field(&Finding::code, "RowIdTwice"),
                             Field(&Finding::message, HasSubstr("inline row")))));
}

TEST_F(CheckTest, DamagedManifestOfTheCatalogIsFound) {
  {
    const auto database = *Database::Open(directory_.path(), {.manifest_interval_bytes = 1});
    ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) { return CreateTable(t, "late"); }));
  }
  const std::string manifest = FileIn(directory_.path("_catalog/_manifests"), ".json");
  FlipByte(manifest, 60);
  EXPECT_THAT(Check(directory_.path(), false).findings,
              Contains(AllOf(Field(&Finding::code, "ManifestDamaged"),
                             Field(&Finding::message, HasSubstr("_catalog")))));
}

TEST_F(CheckTest, LostOutcomeThatCommitsFollowIsDamageForReadersAndWriters) {
  std::filesystem::remove_all(directory_.path("_transactions"));
  std::filesystem::remove_all(directory_.path("t/_manifests"));
  EXPECT_THAT(Check(directory_.path(), false).findings,
              Contains(AllOf(Field(&Finding::code, "OutcomeMissing"),
                             Field(&Finding::message, HasSubstr("_transactions/")))));
  std::filesystem::remove(directory_.path("_catalog/lock"));
  const auto reopened = Database::Open(directory_.path(), {});
  ICEFALL_ASSERT_OK(reopened);
  const auto changed =
      Commit(**reopened, [](Transaction& t) { return t.Change(UuidOf(t, "t"), DeleteRow(0)); });
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code(), ErrorCode::kCorruption);
  // Nothing was aborted by the attempts.
  EXPECT_FALSE(std::filesystem::exists(directory_.path("_transactions")));
}

TEST_F(CheckTest, DamagedManifestWithNoLinesBeforeItIsALoss) {
  {
    const auto database = *Database::Open(
        directory_.path(), {.manifest_interval_bytes = 1, .segment_size_bytes_max = 1});
    for (uint64_t id = 5000; id < 5003; ++id) {
      ICEFALL_ASSERT_OK(Commit(*database, [&](Transaction& t) { return Insert(t, "t", id); }));
    }
  }
  // What stands in the first segment goes with it.
  std::filesystem::remove(directory_.path("t/_log/00000000000000000001.jsonl"));
  const auto store = *LocalStore::Open(directory_.path());
  const auto manifests = *ListManifests(*store, "t");
  std::string oldest;
  for (const Sequence sequence : manifests) {
    const std::string path = directory_.path(ManifestKey("t", sequence));
    const Manifest manifest = *DecodeManifest(ReadWholeFile(path), "table");
    if (manifest.cursor.segment == Sequence(1)) {
      std::filesystem::remove(path);
    } else if (oldest.empty()) {
      oldest = path;
    }
  }
  EXPECT_TRUE(Check(directory_.path(), true).passed());
  FlipByte(oldest, 60);
  EXPECT_THAT(Check(directory_.path(), true).findings,
              Contains(AllOf(Field(&Finding::code, "LogDamaged"),
                             Field(&Finding::message, HasSubstr("_manifests/")))));
}

// Behind a manifest readers do not see the damage; the rows of now are checked all the same.
TEST_F(CheckTest, RowsBehindDamageAreCheckedWhereReadersSeeThem) {
  FlipByte(SegmentOf(directory_.path()), 40);
  InsertText(directory_.path(), R"([[1000,"again"]])");
  EXPECT_THAT(Check(directory_.path(), true).findings,
              AllOf(Contains(Field(&Finding::code, "LogDamaged")),
                    Contains(Field(&Finding::code, "DuplicateKey"))));
}

}  // namespace
}  // namespace icefall
