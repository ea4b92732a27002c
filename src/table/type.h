// Logical column types, neutral between table logs and SQL engines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "table/ids.h"

namespace icefall {

struct Field;

enum class TypeKind : uint8_t { kPrimitive, kStruct, kList, kArray, kMap, kUnion };

// A type tree. Nested children are fields with ids of their own, so that renames and reads of old
// files go by id at every depth.
struct Type {
  TypeKind kind = TypeKind::kPrimitive;
  // kPrimitive only: DuckDB's SQL spelling, upper case, parameters included: "BIGINT",
  // "DECIMAL(18,3)", "ENUM('a', 'b')", "TIMESTAMP WITH TIME ZONE", "VARIANT".
  std::string name;
  // kArray only: the fixed number of elements.
  uint32_t array_size = 0;
  // kStruct and kUnion: the members in order. kList and kArray: one field named "element".
  // kMap: two fields named "key" and "value".
  std::vector<Field> children;

  static Type Primitive(std::string name);
  bool operator==(const Type&) const = default;
};

struct Field {
  FieldId id;
  std::string name;
  Type type;
  // NOT NULL; enforced for columns of the top level.
  bool required = false;
  // SQL literal that stands for this field in rows of data files written before the field was
  // added; fixed when the field is added. Absent: NULL.
  std::optional<std::string> initial_default;
  // SQL expression used when an INSERT gives no value. Absent: NULL.
  std::optional<std::string> write_default;
  // SQL expression over other columns of a generated column; computed on read, never stored.
  std::optional<std::string> generated_as;
  std::optional<std::string> comment;

  bool operator==(const Field&) const = default;
};

// The type in SQL spelling, member names quoted: STRUCT("a" INTEGER, "b" VARCHAR[]).
std::string ToSql(const Type& type);

}  // namespace icefall
