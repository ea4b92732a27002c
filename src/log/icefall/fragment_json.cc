#include "log/icefall/fragment_json.h"

#include <fmt/format.h>

#include "log/icefall/file_names.h"

namespace icefall {

Json EncodeStatistics(const std::vector<ColumnStatistics>& statistics) {
  Json array = Json::array();
  for (const ColumnStatistics& column : statistics) {
    Json json = Json::object();
    json["field"] = static_cast<uint64_t>(column.field.value);
    json["null_count"] = column.null_count;
    if (column.lower_bound) json["lower_bound"] = *column.lower_bound;
    if (column.upper_bound) json["upper_bound"] = *column.upper_bound;
    if (column.lower_is_exact) json["lower_is_exact"] = true;
    if (column.upper_is_exact) json["upper_is_exact"] = true;
    if (column.has_nan) json["has_nan"] = true;
    json["size_bytes"] = column.size_bytes;
    if (column.text_size_max) json["text_size_max"] = *column.text_size_max;
    array.push_back(std::move(json));
  }
  return array;
}

std::vector<ColumnStatistics> DecodeStatistics(const Json& json, std::string_view where,
                                               DecodeStatus& status) {
  std::vector<ColumnStatistics> statistics;
  if (!json.is_array()) {
    status.Fail(where, "expected an array");
    return statistics;
  }
  statistics.reserve(json.size());
  for (const Json& item : json) {
    const JsonFields fields(item, where, status);
    ColumnStatistics column;
    column.field = FieldId(fields.Bounded<int32_t>("field"));
    column.null_count = fields.Unsigned("null_count");
    column.lower_bound = fields.OptionalText("lower_bound");
    column.upper_bound = fields.OptionalText("upper_bound");
    column.lower_is_exact = fields.BoolOr("lower_is_exact", false);
    column.upper_is_exact = fields.BoolOr("upper_is_exact", false);
    column.has_nan = fields.BoolOr("has_nan", false);
    column.size_bytes = fields.UnsignedOr("size_bytes", 0);
    if (fields.Has("text_size_max")) {
      column.text_size_max = fields.Bounded<uint32_t>("text_size_max");
    }
    if (!status.ok()) return statistics;
    statistics.push_back(std::move(column));
  }
  return statistics;
}

Json EncodeFragment(const Fragment& fragment) {
  Json json = Json::object();
  json["id"] = fragment.id.value;
  json["path"] = fragment.path;
  json["row_count"] = fragment.row_count;
  json["size_bytes"] = fragment.size_bytes;
  if (fragment.footer_size_bytes != 0) json["footer_size_bytes"] = fragment.footer_size_bytes;
  if (!fragment.sha256.empty()) json["sha256"] = fragment.sha256;
  json["schema"] = fragment.schema.value;
  json["first_row_id"] = fragment.first_row_id.value;
  if (fragment.has_row_ids) json["has_row_ids"] = true;
  if (fragment.partition_spec.value != 0 || !fragment.partition_values.empty()) {
    json["partition_spec"] = fragment.partition_spec.value;
    Json& values = json["partition_values"] = Json::array();
    for (const auto& value : fragment.partition_values) {
      values.push_back(value ? Json(*value) : Json(nullptr));
    }
  }
  json["statistics"] = EncodeStatistics(fragment.statistics);
  return json;
}

Fragment DecodeFragment(const Json& json, std::string_view where, DecodeStatus& status) {
  const JsonFields fields(json, where, status);
  Fragment fragment;
  fragment.id = FragmentId(fields.Unsigned("id"));
  fragment.path = fields.Text("path");
  if (status.ok()) {
    // The directory does not matter for the check.
    if (auto key = KeyInDirectory("table", fragment.path); !key) {
      fields.FailAt("path", key.error().message());
    }
  }
  fragment.row_count = fields.Unsigned("row_count");
  fragment.size_bytes = fields.Unsigned("size_bytes");
  fragment.footer_size_bytes = fields.UnsignedOr("footer_size_bytes", 0);
  fragment.sha256 = fields.OptionalText("sha256").value_or("");
  fragment.schema = SchemaId(fields.Bounded<uint32_t>("schema"));
  fragment.first_row_id = RowId(fields.Unsigned("first_row_id"));
  fragment.has_row_ids = fields.BoolOr("has_row_ids", false);
  if (fields.Has("partition_spec")) {
    fragment.partition_spec = PartitionSpecId(fields.Bounded<uint32_t>("partition_spec"));
  }
  for (const Json& value : fields.ArrayOrEmpty("partition_values")) {
    if (value.is_null()) {
      fragment.partition_values.emplace_back();
    } else {
      fragment.partition_values.emplace_back(
          ElementText(value, fmt::format("{}.partition_values", where), status));
    }
  }
  fragment.statistics = DecodeStatistics(fields.ArrayOrEmpty("statistics"),
                                         fmt::format("{}.statistics", where), status);
  return fragment;
}

Result<Json> EncodeInlineBatch(const InlineBatch& batch) {
  Json json = NewObject();
  json["first_position"] = batch.first_position;
  json["row_count"] = batch.row_count;
  json["schema"] = batch.schema.value;
  json["first_row_id"] = batch.first_row_id.value;
  if (!batch.row_ids.empty()) {
    Json& ids = json["row_ids"] = Json::array();
    for (const auto& id : batch.row_ids) ids.push_back(id ? Json(id->value) : Json(nullptr));
  }
  Json& fields = json["fields"] = Json::array();
  for (const FieldId id : batch.fields) fields.push_back(static_cast<uint64_t>(id.value));
  auto rows = ParseJson(batch.rows);
  if (!rows || !rows->is_array() || rows->size() != batch.row_count) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("inline rows: expected a JSON array of {} rows, found {}", batch.row_count,
                    !rows              ? rows.error().message()
                    : rows->is_array() ? fmt::format("{} rows", rows->size())
                                       : std::string("another kind of value")));
  }
  json["rows"] = *std::move(rows);
  return json;
}

InlineBatch DecodeInlineBatch(const Json& json, std::string_view where, DecodeStatus& status) {
  const JsonFields fields(json, where, status);
  InlineBatch batch;
  batch.first_position = fields.Unsigned("first_position");
  batch.row_count = fields.Unsigned("row_count");
  batch.schema = SchemaId(fields.Bounded<uint32_t>("schema"));
  batch.first_row_id = RowId(fields.Unsigned("first_row_id"));
  for (const Json& id : fields.ArrayOrEmpty("row_ids")) {
    if (id.is_null()) {
      batch.row_ids.emplace_back();
    } else {
      batch.row_ids.emplace_back(
          RowId(ElementUnsigned(id, fmt::format("{}.row_ids", where), status)));
    }
  }
  for (const Json& id : fields.Array("fields")) {
    const uint64_t value = ElementUnsigned(id, fmt::format("{}.fields", where), status);
    if (value > INT32_MAX) fields.FailAt("fields", "field id out of range");
    batch.fields.emplace_back(static_cast<int32_t>(value));
  }
  const Json& rows = fields.Array("rows");
  if (status.ok() && rows.size() != batch.row_count) {
    fields.FailAt("rows", fmt::format("expected {} rows, found {}", batch.row_count, rows.size()));
  }
  if (status.ok() && !batch.row_ids.empty() && batch.row_ids.size() != batch.row_count) {
    fields.FailAt("row_ids",
                  fmt::format("expected {} ids, found {}", batch.row_count, batch.row_ids.size()));
  }
  if (status.ok()) {
    auto text = WriteJson(rows);
    if (!text) {
      status.Fail(std::move(text).error());
    } else {
      batch.rows = *std::move(text);
    }
  }
  return batch;
}

}  // namespace icefall
