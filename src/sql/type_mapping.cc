#include "sql/type_mapping.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "duckdb/common/exception.hpp"
#include "duckdb/common/types/decimal.hpp"
#include "duckdb/common/types/geometry_crs.hpp"
#include "duckdb/common/types/vector.hpp"
#include <fmt/format.h>

#include "base/sql_quote.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

// Without parameters. Spelled as DuckDB prints them, which is what FromDuckdb stores.
const std::map<std::string, LogicalType, std::less<>>& PlainTypes() {
  static const auto types = [] {
    std::map<std::string, LogicalType, std::less<>> result;
    for (const auto id :
         {LogicalTypeId::BOOLEAN,      LogicalTypeId::TINYINT,      LogicalTypeId::SMALLINT,
          LogicalTypeId::INTEGER,      LogicalTypeId::BIGINT,       LogicalTypeId::HUGEINT,
          LogicalTypeId::UTINYINT,     LogicalTypeId::USMALLINT,    LogicalTypeId::UINTEGER,
          LogicalTypeId::UBIGINT,      LogicalTypeId::UHUGEINT,     LogicalTypeId::FLOAT,
          LogicalTypeId::DOUBLE,       LogicalTypeId::DATE,         LogicalTypeId::TIME,
          LogicalTypeId::TIME_NS,      LogicalTypeId::TIME_TZ,      LogicalTypeId::TIMESTAMP,
          LogicalTypeId::TIMESTAMP_MS, LogicalTypeId::TIMESTAMP_NS, LogicalTypeId::TIMESTAMP_SEC,
          LogicalTypeId::TIMESTAMP_TZ, LogicalTypeId::INTERVAL,     LogicalTypeId::VARCHAR,
          LogicalTypeId::BLOB,         LogicalTypeId::BIT,          LogicalTypeId::BIGNUM,
          LogicalTypeId::UUID}) {
      const LogicalType type(id);
      result.emplace(type.ToString(), type);
    }
    result.emplace("JSON", LogicalType::JSON());
    result.emplace("VARIANT", LogicalType::VARIANT());
    result.emplace("GEOMETRY", LogicalType::GEOMETRY());
    return result;
  }();
  return types;
}

[[noreturn]] void ThrowUnknownType(std::string_view name) {
  throw duckdb::InvalidInputException(
      fmt::format("column type '{}' is not one that this version of DuckDB knows", name));
}

// Reads the SQL string literal that starts at `position` and moves past it.
std::string ParseLiteral(std::string_view text, size_t& position) {
  std::string value;
  if (position >= text.size() || text[position] != '\'') ThrowUnknownType(text);
  for (++position; position < text.size(); ++position) {
    if (text[position] == '\'') {
      if (position + 1 >= text.size() || text[position + 1] != '\'') {
        ++position;
        return value;
      }
      ++position;
    }
    value += text[position];
  }
  ThrowUnknownType(text);
}

LogicalType ParseEnum(std::string_view name) {
  std::vector<std::string> values;
  size_t position = std::string_view("ENUM(").size();
  while (position < name.size() && name[position] != ')') {
    values.push_back(ParseLiteral(name, position));
    while (position < name.size() && (name[position] == ',' || name[position] == ' ')) ++position;
  }
  duckdb::Vector entries(LogicalType::VARCHAR, std::max<size_t>(values.size(), 1));
  auto* data = duckdb::FlatVector::GetData<duckdb::string_t>(entries);
  for (size_t i = 0; i < values.size(); ++i) {
    data[i] = duckdb::StringVector::AddStringOrBlob(entries, values[i]);
  }
  return LogicalType::ENUM(entries, values.size());
}

LogicalType ParseDecimal(std::string_view name) {
  unsigned width = 0;
  unsigned scale = 0;
  if (std::sscanf(std::string(name).c_str(), "DECIMAL(%u,%u)", &width, &scale) != 2 || width == 0 ||
      width > duckdb::Decimal::MAX_WIDTH_DECIMAL || scale > width) {
    ThrowUnknownType(name);
  }
  return LogicalType::DECIMAL(static_cast<uint8_t>(width), static_cast<uint8_t>(scale));
}

constexpr std::string_view kCollate = "VARCHAR COLLATE ";

LogicalType PrimitiveToDuckdb(const std::string& name) {
  const auto found = PlainTypes().find(name);
  if (found != PlainTypes().end()) return found->second;
  if (name.starts_with("DECIMAL(")) return ParseDecimal(name);
  if (name.starts_with("ENUM(")) return ParseEnum(name);
  if (name.starts_with(kCollate)) {
    return LogicalType::VARCHAR_COLLATION(name.substr(kCollate.size()));
  }
  if (name.starts_with("GEOMETRY(")) {
    size_t position = std::string_view("GEOMETRY(").size();
    return LogicalType::GEOMETRY(ParseLiteral(name, position));
  }
  ThrowUnknownType(name);
}

Field ChildField(std::string name, const LogicalType& type) {
  Field field;
  field.name = std::move(name);
  field.type = FromDuckdb(type);
  return field;
}

std::string EnumName(const LogicalType& type) {
  std::string name = "ENUM(";
  for (duckdb::idx_t i = 0; i < duckdb::EnumType::GetSize(type); ++i) {
    const auto value = duckdb::EnumType::GetString(type, i).GetString();
    name += (i == 0 ? "" : ", ") + QuoteLiteral(value);
  }
  return name + ")";
}

std::string PrimitiveName(const LogicalType& type) {
  if (type.IsJSONType()) return "JSON";
  // None of these has the name that CREATE TYPE gave it: a table must not change when the type is
  // dropped.
  if (type.id() == LogicalTypeId::VARCHAR) {
    const auto collation = duckdb::StringType::GetCollation(type);
    return collation.empty() ? "VARCHAR" : std::string(kCollate) + collation;
  }
  if (type.id() == LogicalTypeId::DECIMAL) {
    return fmt::format("DECIMAL({},{})", duckdb::DecimalType::GetWidth(type),
                       duckdb::DecimalType::GetScale(type));
  }
  if (type.id() == LogicalTypeId::ENUM) return EnumName(type);
  if (type.id() == LogicalTypeId::GEOMETRY && duckdb::GeoType::HasCRS(type)) {
    const auto& crs = duckdb::GeoType::GetCRS(type).GetDefinition();
    return fmt::format("GEOMETRY({})", QuoteLiteral(crs));
  }
  return LogicalType(type.id()).ToString();
}

bool IsColumnPrimitive(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::DECIMAL:
    case LogicalTypeId::ENUM:
    case LogicalTypeId::GEOMETRY:
    case LogicalTypeId::VARIANT:
      return true;
    default:
      return PlainTypes().contains(LogicalType(type.id()).ToString());
  }
}

duckdb::child_list_t<LogicalType> ChildTypes(const Type& type) {
  duckdb::child_list_t<LogicalType> children;
  for (const auto& child : type.children) children.emplace_back(child.name, ToDuckdb(child.type));
  return children;
}

}  // namespace

Type FromDuckdb(const LogicalType& type) {
  Type result;
  switch (type.id()) {
    case LogicalTypeId::STRUCT:
      result.kind = TypeKind::kStruct;
      if (duckdb::StructType::IsUnnamed(type)) {
        throw duckdb::InvalidInputException("A table cannot be created from an unnamed struct");
      }
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type)) {
        result.children.push_back(ChildField(name, child));
      }
      return result;
    case LogicalTypeId::UNION:
      result.kind = TypeKind::kUnion;
      for (duckdb::idx_t i = 0; i < duckdb::UnionType::GetMemberCount(type); ++i) {
        result.children.push_back(ChildField(duckdb::UnionType::GetMemberName(type, i),
                                             duckdb::UnionType::GetMemberType(type, i)));
      }
      return result;
    case LogicalTypeId::LIST:
      result.kind = TypeKind::kList;
      result.children.push_back(ChildField("element", duckdb::ListType::GetChildType(type)));
      return result;
    case LogicalTypeId::ARRAY:
      result.kind = TypeKind::kArray;
      result.array_size = static_cast<uint32_t>(duckdb::ArrayType::GetSize(type));
      result.children.push_back(ChildField("element", duckdb::ArrayType::GetChildType(type)));
      return result;
    case LogicalTypeId::MAP:
      result.kind = TypeKind::kMap;
      result.children.push_back(ChildField("key", duckdb::MapType::KeyType(type)));
      result.children.push_back(ChildField("value", duckdb::MapType::ValueType(type)));
      return result;
    default:
      if (!IsColumnPrimitive(type)) {
        throw duckdb::InvalidInputException(
            fmt::format("A table cannot be created with a '{}' column", type.ToString()));
      }
      return Type::Primitive(PrimitiveName(type));
  }
}

LogicalType ToDuckdb(const Type& type) {
  switch (type.kind) {
    case TypeKind::kPrimitive:
      return PrimitiveToDuckdb(type.name);
    case TypeKind::kStruct:
      return LogicalType::STRUCT(ChildTypes(type));
    case TypeKind::kUnion:
      return LogicalType::UNION(ChildTypes(type));
    case TypeKind::kList:
      return LogicalType::LIST(ToDuckdb(type.children.at(0).type));
    case TypeKind::kArray:
      return LogicalType::ARRAY(ToDuckdb(type.children.at(0).type), type.array_size);
    case TypeKind::kMap:
      return LogicalType::MAP(ToDuckdb(type.children.at(0).type),
                              ToDuckdb(type.children.at(1).type));
  }
  ThrowUnknownType(type.name);
}

}  // namespace icefall
