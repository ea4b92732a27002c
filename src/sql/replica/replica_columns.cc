#include "sql/replica/replica_columns.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/common/types/vector.hpp"
#include <fmt/format.h>

#include "sql/errors.h"
#include "sql/icefall_schema_entry.h"
#include "sql/replica/replica_settings.h"
#include "sql/scan/column_definitions.h"
#include "sql/scan/virtual_columns.h"
#include "sql/type_mapping.h"
#include "sql/write/partial_table.h"

namespace icefall {
namespace {

using duckdb::LogicalTypeId;
using duckdb::MultiFileColumnDefinition;

bool IsKept(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::STRUCT: {
      const auto& children = duckdb::StructType::GetChildTypes(type);
      return std::ranges::all_of(children, [](const auto& child) { return IsKept(child.second); });
    }
    case LogicalTypeId::LIST:
      return IsKept(duckdb::ListType::GetChildType(type));
    case LogicalTypeId::ARRAY:
      return IsKept(duckdb::ArrayType::GetChildType(type));
    case LogicalTypeId::MAP:
      return IsKept(duckdb::MapType::KeyType(type)) && IsKept(duckdb::MapType::ValueType(type));
    case LogicalTypeId::VARCHAR:
      return duckdb::StringType::GetCollation(type).empty();
    // Stored in several ways, or since later versions of the format than what is written here.
    case LogicalTypeId::UNION:
    case LogicalTypeId::VARIANT:
    case LogicalTypeId::GEOMETRY:
    case LogicalTypeId::BIGNUM:
    case LogicalTypeId::BIT:
    case LogicalTypeId::TIME_NS:
      return false;
    default:
      return true;
  }
}

const std::shared_ptr<const Schema>& SchemaOf(const Snapshot& snapshot, const Fragment& fragment) {
  const auto found = snapshot.schemas.find(fragment.schema);
  if (found != snapshot.schemas.end()) return found->second;
  ThrowError(Error(ErrorCode::kCorruption, fmt::format("{}: its schema {} is not in the table",
                                                       fragment.path, fragment.schema.value)));
}

// As the file itself would name it.
MultiFileColumnDefinition StoredNumbers(const char* name, int32_t field_id) {
  MultiFileColumnDefinition column(name, duckdb::LogicalType::BIGINT);
  column.identifier = duckdb::Value::INTEGER(field_id);
  return column;
}

}  // namespace

ReplicaColumns ColumnsOfReplica(const Snapshot& snapshot, const Fragment& fragment) {
  ReplicaColumns result;
  const auto& fields = SchemaOf(snapshot, fragment)->fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].generated_as) continue;
    if (IsKept(ToDuckdb(fields[i].type))) {
      result.columns.push_back(i);
    } else {
      result.left_out.push_back(fields[i].id);
    }
  }
  if (fragment.has_row_ids) {
    result.columns.push_back(kRowIdColumn);
    result.columns.push_back(kSequenceColumn);
  }
  return result;
}

TableEntryPointer FileAsWritten(const IcefallTableEntry& table, const FragmentPointer& fragment) {
  const auto whole = OnlyFileOf(table, fragment);
  auto snapshot = std::make_shared<Snapshot>(*whole->snapshot());
  snapshot->schema = SchemaOf(*snapshot, *fragment);
  snapshot->properties.erase(kReplicaOption);
  // Keeps the schema's entry alive through the table's.
  SchemaEntryPointer schema(table.shared_from_this(),
                            static_cast<IcefallSchemaEntry*>(&whole->schema));
  auto definition = DefineTable(table.name, snapshot->schema);
  return std::make_shared<IcefallTableEntry>(table.schema.catalog, std::move(schema),
                                             table.object(), std::move(snapshot),
                                             std::move(definition));
}

ReplicaLayout LayoutOfReplica(duckdb::ClientContext& context, const Snapshot& snapshot,
                              const Fragment& fragment) {
  const auto& fields = SchemaOf(snapshot, fragment)->fields;
  ReplicaLayout layout;
  layout.columns = ColumnsOfReplica(snapshot, fragment);
  auto& definitions = layout.definitions;
  definitions.reserve(layout.columns.columns.size());
  for (const auto column : layout.columns.columns) {
    if (column == kRowIdColumn) {
      definitions.push_back(StoredNumbers("_row_id", duckdb::MultiFileReader::ROW_ID_FIELD_ID));
    } else if (column == kSequenceColumn) {
      definitions.push_back(
          StoredNumbers("_last_updated_sequence_number",
                        duckdb::MultiFileReader::LAST_UPDATED_SEQUENCE_NUMBER_ID));
    } else {
      AddColumnDefinition(context, fields[column], ToDuckdb(fields[column].type),
                          MappingSide::kFile, definitions);
    }
    layout.types.push_back(definitions.back().type);
    layout.places.emplace(definitions.back().GetIdentifierFieldId(), definitions.size() - 1);
  }
  return layout;
}

}  // namespace icefall
