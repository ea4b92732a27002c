#include "sql/accel/facts_files.h"

#include <fstream>
#include <iterator>

#include "duckdb/common/checksum.hpp"
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/endian.h"
#include "sql/sql_fixture.h"

namespace icefall {
namespace {

namespace fs = std::filesystem;

class FactsSql : public SqlFixture {
 protected:
  FactsSql() { Start(); }

  // Another process, as far as memory tells.
  void Start() {
    Open(", RESULT_CACHE false");
    Run("SET icefall_partial_aggregates = false");
    Run("SET icefall_facts_rows_min = 1");
  }

  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(path() + "/_cache/facts", none)) {
      files.push_back(entry.path());
    }
    return files;
  }

  int Uses() { return std::stoi(Rows("SELECT hits FROM icefall_cache() WHERE kind = 'facts'")); }

  // What a scan answers, and whether facts told it without one.
  void ExpectNoted(const std::string& question, bool noted = true) {
    const auto before = Uses();
    EXPECT_EQ(FilesRead(question), noted ? "" : FilesRead(question)) << question;
    const auto found = Rows(question);
    EXPECT_EQ(Uses() > before, noted) << question;
    ExpectSame(question, found);
  }

  void ExpectSame(const std::string& question, const std::string& found) {
    Run("SET icefall_metadata_aggregates = false");
    EXPECT_EQ(found, Rows(question)) << question;
    Run("SET icefall_metadata_aggregates = true");
  }
};

std::string Value(const std::string& text) {
  return "CASE WHEN hash(i) % 3 > 0 THEN " + text + " END";
}

TEST_F(FactsSql, TellTheNextBoundsOfEveryTypeAfterDeletes) {
  Run("CREATE TABLE t AS SELECT i, " + Value("(i % 100)::TINYINT") + " AS a, " +
      Value("(hash(i) % 60000)::USMALLINT") + " AS b, " + Value("(i % 7)::DECIMAL(30,2)") +
      " AS c, " + Value("'text ' || hash(i)") + " AS d, " + Value("(hash(i, 2)::VARCHAR)::BLOB") +
      " AS e, " + Value("(hash(i, 3) % 1000)::DOUBLE / 7") + " AS f, " +
      Value("DATE '2000-01-01' + (hash(i, 4) % 5000)::INTEGER") + " AS g, " +
      Value("TIMESTAMP '2000-01-01' + INTERVAL (hash(i, 5) % 500000) SECOND") + " AS h, " +
      Value("i % 2 = 0") + " AS o, " + Value("TIME '00:00:00' + INTERVAL (i % 3600) SECOND") +
      " AS p, " + Value("(hash(i, 6) % 77)::FLOAT - 5") + " AS q FROM range(300000) t(i)");
  ASSERT_EQ(Files().size(), 1U);
  for (const std::string column : {"a", "b", "c", "d", "e", "f", "g", "h", "o", "p", "q"}) {
    Start();
    const auto question =
        fmt::format("SELECT min({0}), max({0}), count({0}), count(*) FROM t", column);
    Run(
        fmt::format("DELETE FROM t WHERE i IN (SELECT arg_min(i, {0}) FROM t UNION ALL SELECT "
                    "arg_max(i, {0}) FROM t UNION ALL SELECT min(i) FROM t WHERE {0} IS NULL)",
                    column));
    Start();
    ExpectNoted(question);
    for (int i = 0; i < 3; ++i) {
      Run(fmt::format("DELETE FROM t WHERE {0} = (SELECT min({0}) FROM t) AND i < 150000", column));
      ExpectSame(question, Rows(question));
    }
  }
}

TEST_F(FactsSql, TellLongTextsWithoutAScan) {
  Run("CREATE TABLE t AS SELECT i, repeat('x', 200 + (i % 200)::INTEGER) || i AS s, repeat('y', "
      "i::INTEGER % 3000) AS l FROM range(5000) r(i)");
  ExpectNoted("SELECT min(s), max(s) FROM t");
  // The largest ones are longer than what is noted.
  ExpectNoted("SELECT min(l) FROM t");
  const std::string longest = "SELECT length(max(l)) FROM t";
  EXPECT_EQ(Rows(longest), "2999");
  Run("DELETE FROM t WHERE i % 3000 IN (0, 1, 2, 2999)");
  ExpectSame("SELECT min(l), length(max(l)), min(s), max(s) FROM t",
             Rows("SELECT min(l), length(max(l)), min(s), max(s) FROM t"));
}

TEST_F(FactsSql, OfEveryStatementThatWritesFiles) {
  Run("CREATE TABLE t (k INTEGER, p INTEGER, s VARCHAR, PRIMARY KEY (k)) PARTITIONED BY (p)");
  Run("INSERT INTO t SELECT i, i % 3, CASE WHEN i % 4 > 0 THEN 's' || i END FROM range(200000) "
      "r(i)");
  EXPECT_EQ(Files().size(), 3U);
  Run("UPDATE t SET s = s || '!', k = k + 1000000 WHERE k < 1000");
  EXPECT_EQ(Files().size(), 6U);
  Run("DELETE FROM t WHERE k IN (1000999, 1000000, 199999, 1000) OR s = 's199997'");
  Start();
  ExpectNoted("SELECT min(k), max(k), count(s), min(s), max(s) FROM t");
  Run("CALL icefall_compact('t')");
  Run("DELETE FROM t WHERE k >= 1000998 OR s IS NULL AND k % 1000 = 500");
  Start();
  ExpectNoted("SELECT min(k), max(k), count(s), min(s), max(s) FROM t");
}

TEST_F(FactsSql, HoldForTheTypesThatWereWritten) {
  Run("CREATE TABLE t AS SELECT i::INTEGER AS k, i::INTEGER AS n FROM range(20000) r(i)");
  Run("ALTER TABLE t ALTER n TYPE BIGINT");
  Run("ALTER TABLE t ADD COLUMN m INTEGER DEFAULT 5");
  Run("ALTER TABLE t RENAME k TO renamed");
  Run("DELETE FROM t WHERE renamed IN (0, 19999)");
  const std::string question =
      "SELECT min(renamed), max(renamed), min(n), max(n), count(n), min(m), count(m) FROM t";
  ExpectSame(question, Rows(question));
  EXPECT_EQ(Rows(question), "1|19998|1|19998|19998|5|19998");
}

// The same facts as the first version of the format had them.
std::string AsFirstVersion(std::string bytes) {
  const auto number = [&](size_t place) { return LoadLittleEndian<uint64_t>(&bytes[place]); };
  const auto put = [&](size_t place, std::string_view of) {
    std::string copy(of);
    std::string stored;
    auto* data = reinterpret_cast<uint8_t*>(copy.data());
    AppendLittleEndian<uint64_t>(duckdb::Checksum(data, copy.size()), stored);
    bytes.replace(place, stored.size(), stored);
  };
  constexpr size_t kHead = 24;
  const size_t parts = kHead + number(16);
  size_t place = kHead;
  for (int i = 0; i < 3; ++i) place += 8 + number(place);
  while (place < parts) {
    place += 8;
    place += 8 + number(place);
    for (int i = 0; i < 2; ++i, place += 24) {
      put(place + 16, std::string_view(bytes).substr(parts + number(place), number(place + 8)));
    }
  }
  put(8, std::string_view(bytes).substr(kHead, parts - kHead));
  return bytes.replace(0, 8, "ICEFCT01");
}

TEST_F(FactsSql, FilesOfTheFirstVersionAreRead) {
  Run("CREATE TABLE t AS SELECT i AS k, CASE WHEN i % 7 > 0 THEN 's' || i END AS s FROM "
      "range(50000) r(i)");
  Run("DELETE FROM t WHERE k IN (0, 49999, 14)");
  ASSERT_EQ(Files().size(), 1U);
  const auto file = Files().front();
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  Close();
  const auto first = AsFirstVersion(bytes);
  ASSERT_NE(first, bytes);
  std::ofstream(file, std::ios::binary) << first;
  Start();
  ExpectNoted("SELECT min(k), max(k), min(s), max(s), count(s) FROM t");
  EXPECT_EQ(Rows("SELECT count(s) FROM t"), "42856");
}

TEST_F(FactsSql, DamagedOrMissingFilesAreNotUsed) {
  Run("CREATE TABLE t AS SELECT i AS k, hash(i) % 1000 AS n, CASE WHEN i % 7 > 0 THEN 's' || i END "
      "AS s FROM range(50000) r(i)");
  Run("DELETE FROM t WHERE k IN (0, 49999, 14) OR n = 999 OR s = 's1'");
  const std::string question =
      "SELECT min(k), max(k), min(n), max(n), min(s), max(s), count(s) FROM t";
  Start();
  ExpectNoted(question);
  ASSERT_EQ(Files().size(), 1U);
  const auto file = Files().front();
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto expected = Rows(question);
  const auto expect_with = [&](const std::string& content) {
    Close();
    fs::remove(file);
    if (!content.empty()) std::ofstream(file, std::ios::binary) << content;
    Start();
    EXPECT_EQ(Rows(question), expected) << content.size();
  };
  for (size_t i = 3; i < bytes.size(); i += bytes.size() / 40) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 16);
    expect_with(damaged);
    if (i % 3 == 0) expect_with(bytes.substr(0, i));
  }
  expect_with("");
  ExpectNoted(question, false);
}

TEST_F(FactsSql, GoWithTheirDataFiles) {
  Run("CREATE TABLE t AS SELECT i AS k FROM range(50000) r(i)");
  Run("CREATE TABLE dropped AS SELECT i AS k FROM range(50000) r(i)");
  EXPECT_EQ(Files().size(), 2U);
  EXPECT_THAT(Rows("SELECT size_bytes > 1000, detail FROM icefall_cache() WHERE kind = 'facts'"),
              "true|2 files");
  Run("UPDATE t SET k = k + 1");
  Run("DROP TABLE dropped");
  EXPECT_EQ(Files().size(), 3U);
  Run("CALL icefall_gc('t', retain_snapshots := 1)");
  Run("CALL icefall_gc('dropped', retain_snapshots := 1)");
  EXPECT_EQ(Files().size(), 1U);
  EXPECT_EQ(Rows("SELECT min(k), max(k) FROM t"), "1|50000");
}

TEST_F(FactsSql, AreNotMadeOfFewRowsOrWithoutABudget) {
  Run("SET icefall_facts_rows_min = 1000");
  Run("CREATE TABLE t AS SELECT i AS k FROM range(999) r(i)");
  EXPECT_TRUE(Files().empty());
  Run("INSERT INTO t SELECT i FROM range(1000) r(i)");
  EXPECT_EQ(Files().size(), 1U);
  Run("SET icefall_facts_mib = 0");
  Run("INSERT INTO t SELECT i FROM range(1000) r(i)");
  EXPECT_EQ(Files().size(), 1U);
}

}  // namespace
}  // namespace icefall
