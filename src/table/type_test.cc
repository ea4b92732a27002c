#include "table/type.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

Field Member(std::string name, Type type) {
  Field field;
  field.name = std::move(name);
  field.type = std::move(type);
  return field;
}

Type Nested(TypeKind kind, std::vector<Field> children) {
  Type type;
  type.kind = kind;
  type.children = std::move(children);
  return type;
}

TEST(TypeToSql, PrintsPrimitivesAsTheyAre) {
  EXPECT_EQ(ToSql(Type::Primitive("BIGINT")), "BIGINT");
  EXPECT_EQ(ToSql(Type::Primitive("DECIMAL(18,3)")), "DECIMAL(18,3)");
  EXPECT_EQ(ToSql(Type::Primitive("ENUM('a', 'b''c')")), "ENUM('a', 'b''c')");
}

TEST(TypeToSql, QuotesMemberNames) {
  const Type type = Nested(TypeKind::kStruct, {Member("a", Type::Primitive("INTEGER")),
                                               Member("select", Type::Primitive("DATE")),
                                               Member("say \"hi\"", Type::Primitive("VARCHAR"))});
  EXPECT_EQ(ToSql(type), R"sql(STRUCT("a" INTEGER, "select" DATE, "say ""hi""" VARCHAR))sql");
}

TEST(TypeToSql, NestsInEveryKind) {
  const Type number = Type::Primitive("INTEGER");
  const Type list = Nested(TypeKind::kList, {Member("element", number)});
  Type array = Nested(TypeKind::kArray, {Member("element", list)});
  array.array_size = 3;
  const Type map =
      Nested(TypeKind::kMap, {Member("key", Type::Primitive("VARCHAR")), Member("value", array)});
  const Type either = Nested(TypeKind::kUnion, {Member("n", number), Member("m", map)});
  EXPECT_EQ(ToSql(list), "INTEGER[]");
  EXPECT_EQ(ToSql(array), "INTEGER[][3]");
  EXPECT_EQ(ToSql(map), "MAP(VARCHAR, INTEGER[][3])");
  EXPECT_EQ(ToSql(either), R"sql(UNION("n" INTEGER, "m" MAP(VARCHAR, INTEGER[][3])))sql");
}

// ValidateSchema's messages print types that it has not accepted yet.
TEST(TypeToSql, PrintsMalformedTrees) {
  EXPECT_EQ(ToSql(Nested(TypeKind::kList, {})), "?[]");
  EXPECT_EQ(ToSql(Nested(TypeKind::kMap, {Member("key", Type::Primitive("DATE"))})),
            "MAP(DATE, ?)");
}

}  // namespace
}  // namespace icefall
