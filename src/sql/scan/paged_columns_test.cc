// Single values read from the pages of data files, compared with a DuckDB table of the same rows.
#include "sql/write/write_fixture.h"

namespace icefall {
namespace {

class PagedColumnsTest : public WriteFixture {
 protected:
  static constexpr auto kColumns =
      "k BIGINT PRIMARY KEY, b BOOLEAN, i1 TINYINT, i2 SMALLINT, i4 INTEGER, u1 UTINYINT, "
      "u2 USMALLINT, u4 UINTEGER, u8 UBIGINT, f FLOAT, d DOUBLE, few VARCHAR, many VARCHAR, "
      "bytes BLOB, day DATE, moment TIMESTAMP, zone TIMESTAMPTZ, price DECIMAL(9, 2), "
      "pair STRUCT(x INTEGER, y VARCHAR), list INTEGER[]";

  // Values without an order, which are stored plain, and few ones, which make a dictionary; every
  // `null_share`th is NULL.
  static std::string Rows(int64_t count, int null_share) {
    const auto value = [&](const std::string& text) {
      return "CASE WHEN hash(i) % " + std::to_string(null_share) + " > 0 THEN " + text + " END, ";
    };
    return "SELECT i, " + value("i % 3 = 0") + value("(i % 200 - 100)::TINYINT") +
           value("(i % 60000 - 30000)::SMALLINT") + value("(i * 7919 - 1000000)::INTEGER") +
           value("(i % 256)::UTINYINT") + value("(i % 65536)::USMALLINT") +
           value("(4294967295 - i)::UINTEGER") + value("hash(i)") + value("(i / 7.0)::FLOAT") +
           value("sqrt(i)") + value("'s' || i % 50") + value("repeat('t', i % 30) || i * 3") +
           value("encode(i::VARCHAR)") + value("DATE '1960-01-01' + (i % 50000)::INTEGER") +
           value("TIMESTAMP '1969-01-01' + INTERVAL (i) HOUR") +
           value("TIMESTAMPTZ '2020-01-01 00:00:00+00' + INTERVAL (i) SECOND") +
           value("(i / 100)::DECIMAL(9, 2)") + value("{'x': i, 'y': 'y' || i}") +
           "[i, i + 1] FROM range(" + std::to_string(count) + ") r(i)";
  }

  void Load(const std::string& options, int64_t count, int null_share) {
    MustRun(*plain_, std::string("CREATE OR REPLACE TABLE t(") + kColumns + ")");
    MustRun(*ours_, std::string("CREATE OR REPLACE TABLE t(") + kColumns + ")" + options);
    MustRun(*plain_, "INSERT INTO t " + Rows(count, null_share));
    MustRun(*ours_, "INSERT INTO t " + Rows(count, null_share));
  }

  void ExpectSameRows(int64_t count) {
    for (const int64_t row :
         {0L, 1L, 7L, 2047L, 8191L, 8192L, 70'001L, 122'879L, 122'880L, 149'998L, 149'999L}) {
      if (row >= count) continue;
      Both("SELECT * FROM t WHERE k = " + std::to_string(row));
      Both("SELECT many, few FROM t WHERE k = " + std::to_string(row / 2));
    }
    Both("SELECT * FROM t WHERE k IN (3, 60000, 149000) ORDER BY k");
    for (int64_t row = count - 3; row > 0; row -= 7'919) {
      Both("SELECT few, u1, many FROM t WHERE k = " + std::to_string(row));
    }
  }
};

TEST_F(PagedColumnsTest, ValuesOfEveryType) {
  Load("", 150'000, 1'000'000'000);
  ExpectSameRows(150'000);
  Both("UPDATE t SET i4 = -1 WHERE k = 70001");
  Both("DELETE FROM t WHERE k = 2047");
  ExpectSameRows(150'000);
}

TEST_F(PagedColumnsTest, AmongNulls) {
  Load("", 150'000, 4);
  ExpectSameRows(150'000);
  Both("CREATE TABLE nulls(k BIGINT PRIMARY KEY, s VARCHAR, i INTEGER)");
  Both("INSERT INTO nulls SELECT i, NULL, NULL FROM range(1000) r(i)");
  Both("SELECT * FROM nulls WHERE k = 999");
}

TEST_F(PagedColumnsTest, KeysInAnotherOrderThanRows) {
  Both("CREATE TABLE t(s VARCHAR, a INTEGER, v DOUBLE, b BIGINT, PRIMARY KEY(b, s))");
  Both("INSERT INTO t SELECT 's' || i, i, i / 3.0, 50000 - i FROM range(50000) r(i)");
  Both("SELECT * FROM t WHERE b IN (1, 40000, 77, 50000, 25001) ORDER BY b");
  Both("SELECT v, b, a FROM t WHERE b = 77 AND s = 's49923'");
  Both("UPDATE t SET v = v + b WHERE b IN (40000, 3)");
  Both("UPDATE t SET s = s || b, a = -a WHERE b = 77");
  Both("SELECT * FROM t WHERE b < 100 ORDER BY b");
}

TEST_F(PagedColumnsTest, UnderEveryCompression) {
  for (const std::string codec : {"uncompressed", "snappy", "zstd", "gzip", "lz4_raw"}) {
    Load(" WITH (parquet_compression = '" + codec + "')", 30'000, 9);
    ExpectSameRows(30'000);
  }
}

TEST_F(PagedColumnsTest, FilesOfOtherSchemas) {
  Both("CREATE TABLE t(k BIGINT PRIMARY KEY, i INTEGER, s VARCHAR)");
  Both("INSERT INTO t SELECT i, i * 2, 's' || i FROM range(20000) r(i)");
  Both("SELECT * FROM t WHERE k = 5");
  Both("ALTER TABLE t ALTER i TYPE BIGINT");
  Both("ALTER TABLE t ADD COLUMN added INTEGER DEFAULT 42");
  Both("ALTER TABLE t RENAME s TO renamed");
  Both("SELECT * FROM t WHERE k = 5");
  Both("INSERT INTO t SELECT i, i * 2, 's' || i, i FROM range(20000, 40000) r(i)");
  Both("SELECT * FROM t WHERE k IN (6, 30000) ORDER BY k");
}

}  // namespace
}  // namespace icefall
