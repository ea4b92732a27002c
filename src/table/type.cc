#include "table/type.h"

#include <utility>

#include <fmt/format.h>

#include "base/sql_quote.h"

namespace icefall {
namespace {

// Always quoted: which words DuckDB reserves changes between its versions.
std::string MembersToSql(const std::vector<Field>& members) {
  std::string sql;
  for (const Field& member : members) {
    if (!sql.empty()) sql += ", ";
    sql += QuoteIdentifier(member.name) + " " + ToSql(member.type);
  }
  return sql;
}

// A malformed tree (see ValidateSchema) has to print in its error message, too.
std::string ChildToSql(const Type& type, size_t index) {
  return index < type.children.size() ? ToSql(type.children[index].type) : "?";
}

}  // namespace

Type Type::Primitive(std::string name) {
  Type type;
  type.name = std::move(name);
  return type;
}

std::string ToSql(const Type& type) {
  switch (type.kind) {
    case TypeKind::kPrimitive:
      return type.name;
    case TypeKind::kStruct:
      return fmt::format("STRUCT({})", MembersToSql(type.children));
    case TypeKind::kUnion:
      return fmt::format("UNION({})", MembersToSql(type.children));
    case TypeKind::kList:
      return ChildToSql(type, 0) + "[]";
    case TypeKind::kArray:
      return fmt::format("{}[{}]", ChildToSql(type, 0), type.array_size);
    case TypeKind::kMap:
      return fmt::format("MAP({}, {})", ChildToSql(type, 0), ChildToSql(type, 1));
  }
  return "?";
}

}  // namespace icefall
