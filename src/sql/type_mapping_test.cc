#include "sql/type_mapping.h"

#include <string>

#include "duckdb/common/exception.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall {
namespace {

using duckdb::LogicalType;

// The type of an expression, as DuckDB itself makes it.
LogicalType TypeOf(const std::string& type) {
  duckdb::DuckDB db(nullptr);
  duckdb::Connection connection(db);
  auto result = connection.Query("SELECT NULL::" + type);
  EXPECT_FALSE(result->HasError()) << result->GetError();
  return result->types.at(0);
}

class TypeMapping : public testing::TestWithParam<std::string> {};

TEST_P(TypeMapping, GoesThereAndBack) {
  const auto type = TypeOf(GetParam());
  const auto neutral = FromDuckdb(type);
  EXPECT_EQ(ToDuckdb(neutral), type) << ToSql(neutral);
}

INSTANTIATE_TEST_SUITE_P(
    All, TypeMapping,
    testing::Values("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT",
                    "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE",
                    "DECIMAL(4,1)", "DECIMAL(38,38)", "VARCHAR", "BLOB", "DATE", "TIME", "TIME_NS",
                    "TIMETZ", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS",
                    "TIMESTAMPTZ", "INTERVAL", "UUID", "BIT", "BIGNUM", "JSON", "VARIANT",
                    "GEOMETRY", "GEOMETRY('OGC:CRS84')", "ENUM('a', 'it''s', '', ')')", "INTEGER[]",
                    "INTEGER[3]", "STRUCT(a INTEGER, \"b c\" VARCHAR[])",
                    "MAP(VARCHAR, STRUCT(x HUGEINT))", "UNION(n INTEGER, s VARCHAR)"));

TEST(TypeMapping, KeepsCollations) {
  const auto type = LogicalType::VARCHAR_COLLATION("NOCASE");
  EXPECT_EQ(FromDuckdb(type).name, "VARCHAR COLLATE NOCASE");
  EXPECT_EQ(duckdb::StringType::GetCollation(ToDuckdb(FromDuckdb(type))), "NOCASE");
}

TEST(TypeMapping, ForgetsTheNameOfACreatedType) {
  auto type = TypeOf("ENUM('a', 'b')");
  type.SetAlias("mood");
  EXPECT_EQ(FromDuckdb(type).name, "ENUM('a', 'b')");
}

TEST(TypeMapping, RefusesWhatNoColumnCanBe) {
  EXPECT_THROW(FromDuckdb(LogicalType::SQLNULL), duckdb::InvalidInputException);
  EXPECT_THROW(FromDuckdb(LogicalType::LIST(LogicalType::ANY)), duckdb::InvalidInputException);
}

TEST(TypeMapping, RefusesSpellingsItDoesNotKnow) {
  for (const auto* name : {"", "FLOAT128", "DECIMAL(39,0)", "DECIMAL(3,4)", "ENUM('a", "integer"}) {
    EXPECT_THROW(ToDuckdb(Type::Primitive(name)), duckdb::InvalidInputException) << name;
  }
}

TEST(PhysicalType, IsTextWhereParquetWouldChangeTheValue) {
  for (const auto* name : {"HUGEINT", "UHUGEINT", "BIGNUM", "BIT", "TIMETZ", "TIME_NS",
                           "TIMESTAMP_S", "INTERVAL", "ENUM('a')"}) {
    EXPECT_EQ(PhysicalType(TypeOf(name)), LogicalType::VARCHAR) << name;
  }
  EXPECT_FALSE(NeedsPhysicalCast(TypeOf("STRUCT(a INTEGER, b TIMESTAMP[])")));
  EXPECT_EQ(PhysicalType(TypeOf("STRUCT(a HUGEINT, m MAP(INTEGER, BIT))")).ToString(),
            "STRUCT(a VARCHAR, m MAP(INTEGER, VARCHAR))");
  EXPECT_EQ(PhysicalType(TypeOf("UNION(a HUGEINT, b INTEGER)[2]")).ToString(),
            "UNION(a VARCHAR, b INTEGER)[2]");
}

TEST(FieldIdsOption, NamesEveryNestedFieldThatCanHaveAnId) {
  Schema schema;
  for (const auto* name : {"STRUCT(x INTEGER, l INTEGER[])", "INTEGER[2]", "MAP(INTEGER, BIT)"}) {
    Field field;
    field.name = "c" + std::to_string(schema.fields.size());
    field.type = FromDuckdb(TypeOf(name));
    schema.fields.push_back(field);
  }
  Field generated;
  generated.name = "g";
  generated.type = Type::Primitive("INTEGER");
  generated.generated_as = "1";
  schema.fields.push_back(generated);
  AssignFieldIds(schema, FieldId(0));
  EXPECT_EQ(FieldIdsOption(schema.fields).ToString(),
            "{'c0': {'__duckdb_field_id': 1, 'x': 2, 'l': {'__duckdb_field_id': 3, 'element': 4}}, "
            "'c1': 5, 'c2': {'__duckdb_field_id': 7, 'key': 8, 'value': 9}}");
}

}  // namespace
}  // namespace icefall
