#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "sql/sql_fixture.h"

namespace icefall {
namespace {

struct TypeCase {
  std::string type;
  std::vector<std::string> values;  // SQL, cast to the type
};

void PrintTo(const TypeCase& type_case, std::ostream* out) { *out << type_case.type; }

class TypeRoundTrip : public SqlFixture, public testing::WithParamInterface<TypeCase> {
 protected:
  // Every value, in a data file or inline, equals the one that DuckDB keeps in its own table.
  void ExpectSameValues(int inline_row_limit) {
    Open(", INLINE_ROW_LIMIT " + std::to_string(inline_row_limit));
    const auto& [type, values] = GetParam();
    Run("CREATE OR REPLACE TABLE t (k INTEGER, c " + type + ")");
    Run("CREATE TABLE memory.t (k INTEGER, c " + type + ")");
    for (size_t i = 0; i < values.size(); ++i) {
      const auto row = std::to_string(i) + ", (" + values[i] + ")::" + PlainType();
      Run("INSERT INTO t SELECT " + row);
      Run("INSERT INTO memory.t SELECT " + row);
    }
    EXPECT_EQ(Rows("SELECT k, c::VARCHAR, c IS NULL, typeof(c) FROM t ORDER BY k"),
              Rows("SELECT k, c::VARCHAR, c IS NULL, typeof(c) FROM memory.t ORDER BY k"));
    EXPECT_EQ(Rows("SELECT count(*) FROM t JOIN memory.t m USING (k) WHERE t.c IS NOT DISTINCT "
                   "FROM m.c"),
              std::to_string(values.size()));
  }
  std::string PlainType() const {
    const auto& type = GetParam().type;
    return type.substr(0, type.find(" COLLATE"));
  }
};

TEST_P(TypeRoundTrip, InDataFiles) { ExpectSameValues(0); }
TEST_P(TypeRoundTrip, Inline) { ExpectSameValues(100); }

INSTANTIATE_TEST_SUITE_P(
    Numbers, TypeRoundTrip,
    testing::Values(
        TypeCase{"BOOLEAN", {"true", "false", "NULL"}},
        TypeCase{"TINYINT", {"-128", "127", "NULL"}},
        TypeCase{"BIGINT", {"-9223372036854775808", "9223372036854775807", "NULL"}},
        TypeCase{"UBIGINT", {"18446744073709551615", "0", "NULL"}},
        TypeCase{"HUGEINT",
                 {"'-170141183460469231731687303715884105728'",
                  "170141183460469231731687303715884105727", "0", "NULL"}},
        TypeCase{"UHUGEINT", {"340282366920938463463374607431768211455", "0", "NULL"}},
        TypeCase{"FLOAT", {"'nan'", "'inf'", "'-inf'", "'-0.0'", "1.17549435e-38", "0.1", "NULL"}},
        TypeCase{"DOUBLE", {"'nan'", "'inf'", "'-0.0'", "5e-324", "1.7976931348623157e308", "0.1"}},
        TypeCase{"DECIMAL(4,1)", {"999.9", "-0.1", "NULL"}},
        TypeCase{"DECIMAL(38,10)", {"-1234567890123456789012345678.0123456789", "NULL"}},
        TypeCase{"BIGNUM", {"'0'", "'-1'", "repeat('9', 60)", "NULL"}}));

INSTANTIATE_TEST_SUITE_P(
    Texts, TypeRoundTrip,
    testing::Values(TypeCase{"VARCHAR",
                             {"''", "NULL", "'a''b\"c\\'", "'\xc3\xbc\xe4\xb8\xad'",
                              "'line' || chr(10) || 'break'", "chr(0) || 'x'", "'null'"}},
                    TypeCase{"VARCHAR COLLATE NOCASE", {"'Ab'", "NULL"}},
                    TypeCase{"BLOB", {"''", "'\\x00\\xff\\xAB'", "'abc'", "NULL"}},
                    TypeCase{"BIT", {"'0'", "'1'", "'01010101010101010101'", "NULL"}},
                    TypeCase{"JSON", {"'{\"a\": [1, null, \"x\"]}'", "'null'", "NULL"}},
                    TypeCase{"UUID",
                             {"'00000000-0000-0000-0000-000000000000'",
                              "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "NULL"}},
                    TypeCase{"ENUM('z', 'a', 'it''s')", {"'z'", "'a'", "'it''s'", "NULL"}},
                    TypeCase{"VARIANT", {"1", "'x'", "{'a': [1, 2]}", "NULL"}},
                    TypeCase{"GEOMETRY", {"'POINT(1 2)'", "NULL"}}));

INSTANTIATE_TEST_SUITE_P(
    Times, TypeRoundTrip,
    testing::Values(
        TypeCase{"DATE", {"'infinity'", "'-infinity'", "'0001-01-01 (BC)'", "'5881580-07-10'"}},
        TypeCase{"TIME", {"'00:00:00'", "'24:00:00'", "'23:59:59.999999'", "NULL"}},
        TypeCase{"TIME_NS", {"'23:59:59.999999999'", "'00:00:00'", "NULL"}},
        TypeCase{"TIMETZ", {"'00:00:00+15:59:59'", "'24:00:00-15:59:59'", "NULL"}},
        TypeCase{"TIMESTAMP",
                 {"'infinity'", "'-infinity'", "'290309-12-22 (BC) 00:00:00'",
                  "'1969-12-31 23:59:59.999999'", "NULL"}},
        TypeCase{"TIMESTAMP_S", {"'infinity'", "'-infinity'", "'2020-01-01 00:00:01'", "NULL"}},
        TypeCase{"TIMESTAMP_MS", {"'infinity'", "'-infinity'", "'2020-01-01 00:00:01.123'"}},
        TypeCase{"TIMESTAMP_NS",
                 {"'infinity'", "'-infinity'", "'1677-09-22 00:00:00.000000001'",
                  "'2262-04-11 23:47:16.854775806'", "NULL"}},
        TypeCase{"TIMESTAMPTZ", {"'infinity'", "'2020-01-01 00:00:01.5+03'", "NULL"}},
        TypeCase{"INTERVAL",
                 {"'-1 month'", "'1 year 2 days 3 seconds'",
                  "to_months(-5) + to_days(3) + to_microseconds(-1)",
                  "to_microseconds(-3599999999999999999)", "to_months(2147483647)",
                  "to_days(-2147483648)", "to_microseconds(0)", "NULL"}}));

INSTANTIATE_TEST_SUITE_P(
    Nested, TypeRoundTrip,
    testing::Values(
        TypeCase{"INTEGER[]", {"[]", "[1, NULL, 3]", "NULL"}},
        TypeCase{"INTEGER[3]", {"[1, NULL, 3]", "NULL"}},
        TypeCase{"INTERVAL[2]", {"[INTERVAL '-1 day', NULL]", "NULL"}},
        TypeCase{"VARCHAR[][]", {"[['a', NULL], [], NULL]", "NULL"}},
        TypeCase{"STRUCT(a INTEGER, \"b c\" VARCHAR)",
                 {"{'a': 1, 'b c': 'x'}", "{'a': NULL, 'b c': NULL}", "NULL"}},
        TypeCase{"STRUCT(h HUGEINT, n STRUCT(e ENUM('q', 'r'), i INTERVAL[]))",
                 {"{'h': 1, 'n': {'e': 'q', 'i': [INTERVAL '1 day', NULL]}}",
                  "{'h': NULL, 'n': NULL}", "NULL"}},
        TypeCase{"MAP(VARCHAR, STRUCT(x INTEGER, y BIT[]))",
                 {"MAP {'k': {'x': 1, 'y': ['101'::BIT, NULL]}}", "MAP {}", "NULL"}},
        TypeCase{"UNION(num INTEGER, str VARCHAR)",
                 {"union_value(num := 1)", "union_value(str := 'x')", "NULL"}},
        TypeCase{"UNION(h HUGEINT, i INTERVAL)",
                 {"union_value(h := 170141183460469231731687303715884105727::HUGEINT)",
                  "union_value(i := INTERVAL '-1 day')", "NULL"}},
        TypeCase{"STRUCT(u UNION(a INTEGER, b VARCHAR), r INTEGER[2], k INTEGER)",
                 {"{'u': union_value(a := 1)::UNION(a INTEGER, b VARCHAR), 'r': [1, 2], 'k': 1}",
                  "NULL"}},
        TypeCase{"STRUCT(a INTEGER)[2]", {"[{'a': 1}, NULL]", "NULL"}}));

}  // namespace
}  // namespace icefall
