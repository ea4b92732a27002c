#include "sql/index/key_definition.h"

#include <utility>

#include "duckdb/common/allocator.hpp"
#include "duckdb/function/create_sort_key.hpp"

#include "base/hash.h"
#include "index/index_page.h"

namespace icefall {
namespace {

using duckdb::LogicalType;

const duckdb::OrderModifiers kAscending(duckdb::OrderType::ASCENDING,
                                        duckdb::OrderByNullType::NULLS_LAST);

void ReadOneKey(const KeyDefinition& key, std::string_view bytes, duckdb::DataChunk& values) {
  values.Initialize(duckdb::Allocator::DefaultAllocator(), key.types, 1);
  ReadKey(key, bytes, values, 0);
}

// Statements about one row ask for that of the same key again and again.
std::string IdentityOf(const std::string& types) {
  thread_local std::pair<std::string, std::string> last;
  if (last.first != types || last.second.empty()) {
    last = {types, "duckdb sort key 1 of " + Sha256Hex(types)};
  }
  return last.second;
}

}  // namespace

KeyDefinition DefineKey(const IcefallTableEntry& table, const Constraint& constraint) {
  KeyDefinition key;
  key.name = constraint.name;
  key.is_primary = constraint.kind == Constraint::Kind::kPrimaryKey;
  key.fields = constraint.fields;
  for (const auto field : constraint.fields) {
    for (size_t i = 0; i < table.stored_count(); ++i) {
      if (table.StoredField(duckdb::PhysicalIndex(i)).id != field) continue;
      key.columns.push_back(i);
      key.column_names.push_back(table.StoredField(duckdb::PhysicalIndex(i)).name);
      key.types.push_back(table.definition().stored_types[i]);
    }
  }
  std::string types;
  for (const auto& type : key.types) types += type.ToString() + ";";
  key.identity = IdentityOf(types);
  return key;
}

duckdb::Vector MakeKeys(duckdb::DataChunk& columns) {
  const duckdb::vector<duckdb::OrderModifiers> modifiers(columns.ColumnCount(), kAscending);
  duckdb::Vector result(LogicalType::BLOB, std::max<uint64_t>(columns.size(), 1));
  duckdb::CreateSortKeyHelpers::CreateSortKey(columns, modifiers, result);
  result.Flatten(columns.size());
  return result;
}

std::string MakeKey(const duckdb::vector<duckdb::Value>& values) {
  duckdb::vector<LogicalType> types;
  for (const auto& value : values) types.push_back(value.type());
  duckdb::DataChunk columns;
  columns.Initialize(duckdb::Allocator::DefaultAllocator(), types, 1);
  for (size_t i = 0; i < values.size(); ++i) columns.SetValue(i, 0, values[i]);
  columns.SetCardinality(1);
  auto key = MakeKeys(columns);
  return duckdb::FlatVector::GetData<duckdb::string_t>(key)[0].GetString();
}

void ReadKey(const KeyDefinition& key, std::string_view bytes, duckdb::DataChunk& values,
             size_t row) {
  const duckdb::vector<duckdb::OrderModifiers> modifiers(key.types.size(), kAscending);
  const duckdb::string_t sort_key(bytes.data(), static_cast<uint32_t>(bytes.size()));
  duckdb::CreateSortKeyHelpers::DecodeSortKey(sort_key, values, row, modifiers);
}

bool IsReadBackExactly(const KeyDefinition& key) {
  for (const auto& type : key.types) {
    switch (type.id()) {
      case duckdb::LogicalTypeId::VARCHAR:
      case duckdb::LogicalTypeId::BLOB:
      case duckdb::LogicalTypeId::BOOLEAN:
      case duckdb::LogicalTypeId::DATE:
      case duckdb::LogicalTypeId::TIME:
      case duckdb::LogicalTypeId::TIMESTAMP:
      case duckdb::LogicalTypeId::TIMESTAMP_TZ:
      case duckdb::LogicalTypeId::UUID:
        continue;
      default:
        // Floating-point numbers and intervals that are equal need not be the same.
        if (!type.IsIntegral() && type.id() != duckdb::LogicalTypeId::DECIMAL) return false;
    }
  }
  return true;
}

bool HasNull(const KeyDefinition& key, std::string_view bytes) {
  // What was shortened cannot be read back; its first column is not NULL, as that has one byte.
  if (bytes.size() >= kIndexKeySizeMax) return false;
  duckdb::DataChunk values;
  ReadOneKey(key, bytes, values);
  for (auto& column : values.data) {
    if (column.GetValue(0).IsNull()) return true;
  }
  return false;
}

std::string KeyText(const KeyDefinition& key, std::string_view bytes, bool named) {
  if (bytes.size() >= kIndexKeySizeMax) return "(too long to show)";
  duckdb::DataChunk values;
  ReadOneKey(key, bytes, values);
  std::string text;
  for (size_t i = 0; i < key.types.size(); ++i) {
    if (i > 0) text += ", ";
    if (named) text += key.column_names[i] + ": ";
    text += values.data[i].GetValue(0).ToString();
  }
  return text;
}

}  // namespace icefall
