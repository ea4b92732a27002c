#include "table/widening.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(Widening, KeepsValuesAndTheirText) {
  const auto widens = [](const char* from, const char* to) {
    return IsWidening(Type::Primitive(from), Type::Primitive(to));
  };
  EXPECT_TRUE(widens("TINYINT", "INTEGER"));
  EXPECT_TRUE(widens("INTEGER", "BIGINT"));
  EXPECT_TRUE(widens("UTINYINT", "USMALLINT"));
  EXPECT_TRUE(widens("UINTEGER", "BIGINT"));
  EXPECT_FALSE(widens("FLOAT", "DOUBLE"));
  EXPECT_TRUE(widens("DECIMAL(9,2)", "DECIMAL(38,2)"));
  EXPECT_FALSE(widens("BIGINT", "INTEGER"));
  EXPECT_FALSE(widens("UINTEGER", "INTEGER"));
  EXPECT_FALSE(widens("INTEGER", "UBIGINT"));
  EXPECT_FALSE(widens("UUID", "BIGINT"));
  EXPECT_FALSE(widens("HUGEINT", "BIGINT"));
  EXPECT_FALSE(widens("INTEGER", "DOUBLE"));
  EXPECT_FALSE(widens("DECIMAL(9,2)", "DECIMAL(9,3)"));
  EXPECT_FALSE(widens("DECIMAL(9,2)", "DECIMAL(8,2)"));
  EXPECT_FALSE(widens("VARCHAR", "BLOB"));
  EXPECT_FALSE(IsWidening(Type::Primitive("INTEGER"), Type{TypeKind::kStruct, "", 0, {}}));
}

}  // namespace
}  // namespace icefall
