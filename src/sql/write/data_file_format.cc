#include "sql/write/data_file_format.h"

#include <utility>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/copy_function_catalog_entry.hpp"
#include "duckdb/common/string_util.hpp"

#include "sql/table_options.h"
#include "sql/type_mapping.h"

namespace icefall {
namespace {

// A name for the column of row ids that no column of the table has; readers go by field id.
duckdb::string RowIdName(const duckdb::vector<duckdb::string>& taken) {
  duckdb::string name = "_row_id";
  const auto is_taken = [&](const duckdb::string& other) {
    return duckdb::StringUtil::CIEquals(name, other);
  };
  while (std::any_of(taken.begin(), taken.end(), is_taken)) name += "_";
  return name;
}

duckdb::Value WithField(const duckdb::Value& field_ids, const duckdb::string& name, int32_t id) {
  duckdb::child_list_t<duckdb::Value> fields;
  const auto& types = duckdb::StructType::GetChildTypes(field_ids.type());
  const auto& values = duckdb::StructValue::GetChildren(field_ids);
  for (size_t i = 0; i < values.size(); ++i) fields.emplace_back(types[i].first, values[i]);
  fields.emplace_back(name, duckdb::Value::INTEGER(id));
  return duckdb::Value::STRUCT(std::move(fields));
}

}  // namespace

DataFileFormat::DataFileFormat(duckdb::ClientContext& context, TableEntryPointer table_entry,
                               bool row_ids)
    : table(std::move(table_entry)),
      with_row_ids(row_ids),
      function(duckdb::Catalog::GetEntry<duckdb::CopyFunctionCatalogEntry>(
                   context, SYSTEM_CATALOG, DEFAULT_SCHEMA, "parquet")
                   .function),
      types(table->definition().stored_types),
      target_size_bytes(TargetFileSizeBytes(*table->snapshot())) {
  for (size_t i = 0; i < types.size(); ++i) {
    physical_types.push_back(PhysicalType(types[i]));
    needs_cast |= physical_types.back() != types[i];
    names.push_back(table->StoredField(duckdb::PhysicalIndex(i)).name);
  }
  auto field_ids = FieldIdsOption(table->table_schema().fields);
  if (with_row_ids) {
    types.push_back(duckdb::LogicalType::BIGINT);
    physical_types.push_back(duckdb::LogicalType::BIGINT);
    names.push_back(RowIdName(names));
    field_ids = WithField(field_ids, names.back(), kRowIdFieldId);
  }
  duckdb::CopyInfo info;
  info.format = "parquet";
  info.is_from = false;
  info.options["field_ids"] = {std::move(field_ids)};
  info.options["compression"] = {duckdb::Value(ParquetCompression(*table->snapshot()))};
  duckdb::CopyFunctionBindInput input(info, function.function_info);
  input.file_extension = function.extension;
  bind_data = function.copy_to_bind(context, input, names, physical_types);
}

}  // namespace icefall
