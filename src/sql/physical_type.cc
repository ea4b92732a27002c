#include <algorithm>
#include <string>
#include <utility>

#include "sql/type_mapping.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

// The option's form of one field: its id, or a STRUCT of the ids inside it where the Parquet
// writer takes one. The writer knows no ids inside UNION and ARRAY.
duckdb::Value FieldIdValue(const Field& field) {
  const auto own_id = duckdb::Value::INTEGER(field.id.value);
  switch (field.type.kind) {
    case TypeKind::kPrimitive:
    case TypeKind::kUnion:
    case TypeKind::kArray:
      return own_id;
    case TypeKind::kStruct:
    case TypeKind::kList:
    case TypeKind::kMap:
      break;
  }
  duckdb::child_list_t<duckdb::Value> values;
  values.emplace_back("__duckdb_field_id", own_id);
  for (const auto& child : field.type.children) {
    values.emplace_back(child.name, FieldIdValue(child));
  }
  return duckdb::Value::STRUCT(std::move(values));
}

duckdb::child_list_t<LogicalType> PhysicalChildren(
    const duckdb::child_list_t<LogicalType>& children) {
  duckdb::child_list_t<LogicalType> result;
  for (const auto& [name, type] : children) result.emplace_back(name, PhysicalType(type));
  return result;
}

}  // namespace

LogicalType PhysicalType(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::UHUGEINT:
    case LogicalTypeId::BIGNUM:
    case LogicalTypeId::BIT:
    case LogicalTypeId::TIME_TZ:
    case LogicalTypeId::TIME_NS:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::INTERVAL:
    case LogicalTypeId::ENUM:
      return LogicalType::VARCHAR;
    case LogicalTypeId::STRUCT:
      return LogicalType::STRUCT(PhysicalChildren(duckdb::StructType::GetChildTypes(type)));
    case LogicalTypeId::UNION: {
      duckdb::child_list_t<LogicalType> members;
      for (duckdb::idx_t i = 0; i < duckdb::UnionType::GetMemberCount(type); ++i) {
        members.emplace_back(duckdb::UnionType::GetMemberName(type, i),
                             PhysicalType(duckdb::UnionType::GetMemberType(type, i)));
      }
      return LogicalType::UNION(std::move(members));
    }
    case LogicalTypeId::LIST:
      return LogicalType::LIST(PhysicalType(duckdb::ListType::GetChildType(type)));
    case LogicalTypeId::ARRAY:
      return LogicalType::ARRAY(PhysicalType(duckdb::ArrayType::GetChildType(type)),
                                duckdb::ArrayType::GetSize(type));
    case LogicalTypeId::MAP:
      return LogicalType::MAP(PhysicalType(duckdb::MapType::KeyType(type)),
                              PhysicalType(duckdb::MapType::ValueType(type)));
    default:
      return type;
  }
}

bool NeedsPhysicalCast(const LogicalType& type) { return PhysicalType(type) != type; }

bool IsReadByName(const Type& type) {
  return type.kind == TypeKind::kUnion || type.kind == TypeKind::kArray ||
         std::ranges::any_of(type.children,
                             [](const Field& child) { return IsReadByName(child.type); });
}

duckdb::Value FieldIdsOption(const std::vector<Field>& fields) {
  duckdb::child_list_t<duckdb::Value> values;
  for (const auto& field : fields) {
    if (!field.generated_as) values.emplace_back(field.name, FieldIdValue(field));
  }
  return duckdb::Value::STRUCT(std::move(values));
}

}  // namespace icefall
