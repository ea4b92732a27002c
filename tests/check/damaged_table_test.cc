// A table whose log is damaged stands in nobody's way but its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/check/broken_database.h"

namespace icefall {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

struct Damage {
  std::string name;
  std::string message;  // part of what a reader of the table is told
  void (*make)(const std::string& path);
};

const Damage kDamages[] = {
    {"FlippedByte", "t/_log/00000000000000000001.jsonl: line 1 (sequence 1)",
     [](const std::string& path) {
       std::filesystem::remove_all(path + "/t/_manifests");
       FlipByte(SegmentOf(path), 40);
     }},
    {"BrokenChain", "line 2 (sequence 2)",
     [](const std::string& path) {
       std::filesystem::remove_all(path + "/t/_manifests");
       const std::string bytes = ReadWholeFile(SegmentOf(path));
       const size_t second = bytes.find('\n') + 1;
       WriteFile(SegmentOf(path),
                 bytes.substr(0, second) + bytes.substr(bytes.find('\n', second) + 1));
     }},
    {"MissingLog", "there is no log 't'",
     [](const std::string& path) {
       std::filesystem::remove_all(path + "/t/_log");
       std::filesystem::remove_all(path + "/t/_manifests");
     }},
    {"MissingTable", "there is no log 't'",
     [](const std::string& path) { std::filesystem::remove_all(path + "/t"); }},
    {"MissingSegment", "t/_log/00000000000000000001.jsonl is missing",
     [](const std::string& path) { std::filesystem::remove_all(path + "/t/_log"); }},
    {"FolderForASegment", "t/_log/00000000000000000001.jsonl",
     [](const std::string& path) {
       const std::string segment = SegmentOf(path);
       std::filesystem::remove(segment);
       std::filesystem::create_directory(segment);
     }},
    {"LostOutcome", "_transactions/",
     [](const std::string& path) {
       std::filesystem::remove_all(path + "/t/_manifests");
       // That of u vouches for what it holds.
       std::filesystem::remove_all(path + "/_transactions");
     }},
    {"NewerFormat", "7",
     [](const std::string& path) {
       std::filesystem::remove_all(path + "/t/_manifests");
       const std::string bytes = ReadWholeFile(SegmentOf(path));
       std::string line = bytes.substr(0, bytes.find(",\"crc32\""));
       const std::string version = "\"format_version\":1";
       line.replace(line.find(version), version.size(), "\"format_version\":7");
       WriteFile(SegmentOf(path), fmt::format("{},\"crc32\":\"{:08x}\"}}\n", line, Crc32(line)) +
                                      bytes.substr(bytes.find('\n') + 1));
     }},
};

class DamagedTableTest : public testing::TestWithParam<Damage> {
 protected:
  void SetUp() override {
    FillDatabase(directory_.path());
    highest_ = HighestSequence();
    GetParam().make(directory_.path());
    // As after a restart of the machine, when everything is read from the logs.
    std::filesystem::remove(directory_.path("_catalog/lock"));
  }

  // The number of the newest commit of t.
  DatabaseSequence HighestSequence() {
    const auto database = *Database::Open(directory_.path(), {.read_only = true});
    const auto transaction = *database->Begin();
    return (*transaction->Table(UuidOf(*transaction, "t")))->database_sequence;
  }

  // The error; empty when there is none.
  static std::string Run(Session& session, const std::string& sql) {
    const auto done = session.Execute(sql);
    return done ? "" : done.error().message();
  }

  static std::vector<std::string> Rows(Session& session, const std::string& sql) {
    std::vector<std::string> texts;
    auto result = session.Query(sql);
    EXPECT_TRUE(result) << (result ? "" : result.error().message());
    if (!result) return texts;
    for (std::vector<Row> rows; result->FetchRows(rows) && !rows.empty();) {
      for (const Row& row : rows) texts.push_back(std::get<std::string>(row.at(0)));
    }
    return texts;
  }

  const TemporaryDirectory directory_;
  DatabaseSequence highest_;
};

TEST_P(DamagedTableTest, OthersAreReadAndWritten) {
  for (int round = 0; round < 2; ++round) {
    auto session = Session::Open(directory_.path(), {});
    ICEFALL_ASSERT_OK(session);
    EXPECT_EQ(Run(**session, "INSERT INTO u VALUES (2, 'after')"), "");
    EXPECT_EQ(Run(**session, "UPDATE u SET name = 'x' WHERE id = 2"), "");
    EXPECT_EQ(Run(**session, fmt::format("CREATE TABLE v{} AS SELECT * FROM u", round)), "");
    EXPECT_EQ(Rows(**session, "SELECT count(*)::VARCHAR FROM u WHERE name = 'x'"),
              std::vector<std::string>{std::to_string(round + 1)});
  }
  // Nothing that t has is given a number again.
  const auto database = *Database::Open(directory_.path(), {.read_only = true});
  const auto transaction = *database->Begin();
  const auto u = *transaction->Table(UuidOf(*transaction, "u"));
  if (GetParam().name != "MissingLog" && GetParam().name != "MissingTable") {
    EXPECT_GT(u->database_sequence, highest_);
  }
}

TEST_P(DamagedTableTest, ItSaysWhatIsDamaged) {
  const auto session = *Session::Open(directory_.path(), {});
  for (const char* sql : {"SELECT * FROM t", "INSERT INTO t VALUES (1, 'x')", "DELETE FROM t",
                          "UPDATE t SET name = 'x'", "ALTER TABLE t ADD COLUMN more INTEGER",
                          "SELECT * FROM u JOIN t USING (id)"}) {
    EXPECT_THAT(Run(*session, sql), HasSubstr(GetParam().message)) << sql;
  }
  if (GetParam().name != "NewerFormat" && GetParam().name != "FolderForASegment") {
    EXPECT_THAT(Run(*session, "FROM t"),
                AllOf(HasSubstr("put a copy of the file that is named back"), HasSubstr("doctor")));
  }
  // What a newer version wrote is refused, and not called damage.
  if (GetParam().name == "NewerFormat") return;
  EXPECT_FALSE(Check(directory_.path(), false).passed());
}

TEST_P(DamagedTableTest, FunctionsOfSqlSayWhatIsDamaged) {
  if (GetParam().name == "NewerFormat") return;
  const auto session = *Session::Open(directory_.path(), {});
  const auto found = Check(directory_.path(), true);
  std::vector<std::string> codes, messages;
  for (const Finding& finding : found.findings) {
    codes.push_back(finding.code);
    messages.push_back(finding.message);
  }
  EXPECT_EQ(Rows(*session, "SELECT code FROM icefall_check('t', data := true)"), codes);
  EXPECT_EQ(Rows(*session, "SELECT message FROM icefall_doctor('main.t')"), messages);
  const auto left = Rows(*session, "SELECT remedy FROM icefall_doctor('t', repair := true)");
  if (GetParam().name == "LostOutcome") {
    EXPECT_THAT(left, ElementsAre());  // the manifest of u proves it
  } else {
    EXPECT_THAT(left, testing::Contains("impossible"));
  }
  EXPECT_THAT(Rows(*session, "SELECT code FROM icefall_check('u', data := true)"), ElementsAre());
  EXPECT_THAT(Run(*session, "CALL icefall_check('nope')"), HasSubstr("table 'nope' not found"));
}

TEST_P(DamagedTableTest, ListsNameIt) {
  const auto session = *Session::Open(directory_.path(), {});
  EXPECT_THAT(Rows(*session, "SHOW TABLES"), ElementsAre("t", "u"));
  EXPECT_THAT(Rows(*session,
                   "SELECT DISTINCT table_name FROM duckdb_columns() "
                   "WHERE NOT internal AND schema_name = 'main'"),
              ElementsAre("u"));
  EXPECT_THAT(Rows(*session, "SELECT count(*)::VARCHAR FROM duckdb_indexes()"), ElementsAre("0"));
  // Nothing is left out of a copy without a word.
  EXPECT_NE(Run(*session, "EXPORT DATABASE '" + directory_.path() + "-copy'"), "");
  std::filesystem::remove_all(directory_.path() + "-copy");
}

INSTANTIATE_TEST_SUITE_P(All, DamagedTableTest, testing::ValuesIn(kDamages),
                         [](const testing::TestParamInfo<Damage>& test) {
                           return test.param.name;
                         });

}  // namespace
}  // namespace icefall
