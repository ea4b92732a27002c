#include "log/icefall/change_json.h"

#include <fmt/format.h>

#include "log/icefall/fragment_json.h"
#include "log/icefall/schema_json.h"

namespace icefall {
namespace {

std::shared_ptr<const DeletionVector> Lend(const DeletionVector& vector) {
  return {std::shared_ptr<const void>(), &vector};
}

Result<void> EncodeRowChanges(const ChangeSet& change, DeletionFiles& deletions, Json& json) {
  if (!change.added_fragments.empty()) {
    Json& array = json["added_fragments"] = Json::array();
    for (const auto& fragment : change.added_fragments) {
      Json item = EncodeFragment(*fragment);
      if (fragment->deletes && !fragment->deletes->empty()) {
        ICEFALL_ASSIGN_OR_RETURN(item["deletes"], deletions.Encode(fragment->deletes));
      }
      array.push_back(std::move(item));
    }
  }
  if (!change.removed_fragments.empty()) {
    Json& array = json["removed_fragments"] = Json::array();
    for (const FragmentId id : change.removed_fragments) array.push_back(id.value);
  }
  if (!change.deleted_rows.empty()) {
    Json& array = json["deleted_rows"] = Json::array();
    for (const auto& [id, vector] : change.deleted_rows) {
      Json item = NewObject();
      item["fragment"] = id.value;
      ICEFALL_ASSIGN_OR_RETURN(item, deletions.Encode(Lend(vector), std::move(item)));
      array.push_back(std::move(item));
    }
  }
  if (!change.new_statistics.empty()) {
    Json& array = json["new_statistics"] = Json::array();
    for (const auto& [id, statistics] : change.new_statistics) {
      Json item = Json::object();
      item["fragment"] = id.value;
      item["statistics"] = EncodeStatistics(statistics);
      array.push_back(std::move(item));
    }
  }
  if (!change.added_inline.empty()) {
    Json& array = json["added_inline"] = Json::array();
    for (const auto& batch : change.added_inline) {
      ICEFALL_ASSIGN_OR_RETURN(Json item, EncodeInlineBatch(*batch));
      array.push_back(std::move(item));
    }
  }
  if (!change.deleted_inline.empty()) {
    ICEFALL_ASSIGN_OR_RETURN(json["deleted_inline"], deletions.Encode(Lend(change.deleted_inline)));
  }
  return {};
}

void DecodeRowChanges(const JsonFields& fields, const Snapshot& base, DeletionFiles& deletions,
                      ChangeSet& change) {
  DecodeStatus& status = fields.status();
  for (const Json& item : fields.ArrayOrEmpty("added_fragments")) {
    Fragment fragment = DecodeFragment(item, "added_fragments", status);
    if (!status.ok()) return;
    if (const auto found = item.find("deletes"); found != item.end()) {
      fragment.deletes =
          deletions.Decode(*found, "added_fragments.deletes", fragment.row_count, status);
    }
    change.added_fragments.push_back(std::make_shared<const Fragment>(std::move(fragment)));
  }
  for (const Json& item : fields.ArrayOrEmpty("removed_fragments")) {
    change.removed_fragments.emplace_back(ElementUnsigned(item, "removed_fragments", status));
  }
  for (const Json& item : fields.ArrayOrEmpty("deleted_rows")) {
    const JsonFields members(item, "deleted_rows", status);
    const FragmentId id(members.Unsigned("fragment"));
    const FragmentPointer fragment = base.fragments.Find(id);
    if (fragment == nullptr) {
      members.FailAt("fragment", fmt::format("the table has no fragment {}", id.value));
      return;
    }
    const auto vector = deletions.Decode(item, "deleted_rows", fragment->row_count, status);
    if (!status.ok()) return;
    if (!change.deleted_rows.emplace(id, *vector).second) {
      members.FailAt("fragment", fmt::format("fragment {} appears twice", id.value));
    }
  }
  for (const Json& item : fields.ArrayOrEmpty("new_statistics")) {
    const JsonFields members(item, "new_statistics", status);
    change.new_statistics[FragmentId(members.Unsigned("fragment"))] =
        DecodeStatistics(members.Array("statistics"), "new_statistics.statistics", status);
  }
  uint64_t position_limit = base.inline_rows.next_position;
  for (const Json& item : fields.ArrayOrEmpty("added_inline")) {
    InlineBatch batch = DecodeInlineBatch(item, "added_inline", status);
    if (!status.ok()) return;
    position_limit = std::max(position_limit, batch.first_position + batch.row_count);
    change.added_inline.push_back(std::make_shared<const InlineBatch>(std::move(batch)));
  }
  if (fields.Has("deleted_inline")) {
    const auto vector =
        deletions.Decode(fields.Object("deleted_inline"), "deleted_inline", position_limit, status);
    if (vector) change.deleted_inline = *vector;
  }
  if (fields.Has("inline_floor")) change.inline_floor = fields.Unsigned("inline_floor");
}

Result<Json> EncodeInlineRows(const InlineRows& rows, DeletionFiles& deletions) {
  Json json = Json::object();
  json["floor"] = rows.floor;
  json["next_position"] = rows.next_position;
  Json& batches = json["batches"] = Json::array();
  for (const auto& batch : rows.batches) {
    ICEFALL_ASSIGN_OR_RETURN(Json item, EncodeInlineBatch(*batch));
    item["added_at"] = batch->added_at.value;
    batches.push_back(std::move(item));
  }
  if (rows.deletes && !rows.deletes->empty()) {
    ICEFALL_ASSIGN_OR_RETURN(json["deletes"], deletions.Encode(rows.deletes));
    json["deletes_version"] = rows.deletes_version.value;
  }
  return json;
}

InlineRows DecodeInlineRows(const Json& json, DeletionFiles& deletions, DecodeStatus& status) {
  const JsonFields fields(json, "inline_rows", status);
  InlineRows rows;
  rows.floor = fields.Unsigned("floor");
  rows.next_position = fields.Unsigned("next_position");
  for (const Json& item : fields.Array("batches")) {
    InlineBatch batch = DecodeInlineBatch(item, "inline_rows.batches", status);
    batch.added_at = Sequence(JsonFields(item, "inline_rows.batches", status).Unsigned("added_at"));
    rows.batches.push_back(std::make_shared<const InlineBatch>(std::move(batch)));
  }
  if (fields.Has("deletes")) {
    rows.deletes = deletions.Decode(fields.Object("deletes"), "inline_rows.deletes",
                                    rows.next_position, status);
    rows.deletes_version = Sequence(fields.Unsigned("deletes_version"));
  }
  return rows;
}

void DecodeFragments(const JsonFields& fields, DeletionFiles& deletions, Snapshot& snapshot) {
  DecodeStatus& status = fields.status();
  uint64_t last_id = 0;
  std::vector<FragmentSet::Edit> edits;
  for (const Json& item : fields.Array("fragments")) {
    Fragment fragment = DecodeFragment(item, "fragments", status);
    const JsonFields members(item, "fragments", status);
    fragment.added_at = Sequence(members.Unsigned("added_at"));
    if (members.Has("deletes")) {
      fragment.deletes = deletions.Decode(members.Object("deletes"), "fragments.deletes",
                                          fragment.row_count, status);
      fragment.deletes_version = Sequence(members.Unsigned("deletes_version"));
    }
    if (!status.ok()) return;
    if (fragment.id.value <= last_id) members.FailAt("id", "fragment ids do not ascend");
    if (fragment.id >= snapshot.next_fragment_id) members.FailAt("id", "past next_fragment_id");
    if (!snapshot.schemas.contains(fragment.schema)) {
      members.FailAt("schema", fmt::format("the table has no schema {}", fragment.schema.value));
    }
    last_id = fragment.id.value;
    snapshot.live_row_count += fragment.live_count();
    const FragmentId id = fragment.id;
    edits.push_back({id, std::make_shared<const Fragment>(std::move(fragment))});
  }
  if (status.ok()) snapshot.fragments.Update(edits);
}

}  // namespace

Result<Json> EncodeChange(const ChangeSet& change, DeletionFiles& deletions, Json json) {
  if (change.schema) {
    json["schema"] = EncodeSchema(*change.schema);
    json["last_field_id"] = static_cast<uint64_t>(change.last_field_id.value);
  }
  if (!change.other_schemas.empty()) {
    Json& array = json["other_schemas"] = Json::array();
    for (const auto& schema : change.other_schemas) array.push_back(EncodeSchema(*schema));
  }
  if (!change.other_partition_specs.empty()) {
    Json& array = json["other_partition_specs"] = Json::array();
    for (const auto& spec : change.other_partition_specs) {
      array.push_back(EncodePartitionSpec(spec));
    }
  }
  if (change.partition_spec) json["partition_spec"] = EncodePartitionSpec(*change.partition_spec);
  if (change.sort_order) json["sort_order"] = EncodeSortOrder(*change.sort_order);
  if (!change.properties.empty()) {
    Json& properties = json["properties"] = Json::object();
    for (const auto& [key, value] : change.properties) {
      properties[key] = value ? Json(*value) : Json(nullptr);
    }
  }
  ICEFALL_RETURN_IF_ERROR(EncodeRowChanges(change, deletions, json));
  if (change.inline_floor) json["inline_floor"] = *change.inline_floor;
  if (change.moves_rows) json["moves_rows"] = true;
  if (change.row_id_count != 0) json["row_id_count"] = change.row_id_count;
  return json;
}

ChangeSet DecodeChange(const Json& json, const Snapshot& base, DeletionFiles& deletions,
                       DecodeStatus& status) {
  const JsonFields fields(json, "changes", status);
  ChangeSet change;
  if (fields.Has("schema")) {
    change.schema = std::make_shared<const Schema>(
        DecodeSchema(fields.Object("schema"), "changes.schema", status));
    change.last_field_id = FieldId(fields.Bounded<int32_t>("last_field_id"));
  }
  for (const Json& item : fields.ArrayOrEmpty("other_schemas")) {
    change.other_schemas.push_back(
        std::make_shared<const Schema>(DecodeSchema(item, "changes.other_schemas", status)));
  }
  for (const Json& item : fields.ArrayOrEmpty("other_partition_specs")) {
    change.other_partition_specs.push_back(
        DecodePartitionSpec(item, "changes.other_partition_specs", status));
  }
  if (fields.Has("partition_spec")) {
    change.partition_spec =
        DecodePartitionSpec(fields.Object("partition_spec"), "changes.partition_spec", status);
  }
  if (fields.Has("sort_order")) {
    change.sort_order = DecodeSortOrder(fields.Array("sort_order"), "changes.sort_order", status);
  }
  for (const auto& [key, value] :
       fields.ObjectOrEmpty("properties").get_ref<const Json::object_t&>()) {
    change.properties[key] = value.is_null()
                                 ? std::nullopt
                                 : std::optional(ElementText(value, "changes.properties", status));
  }
  DecodeRowChanges(fields, base, deletions, change);
  change.row_id_count = fields.UnsignedOr("row_id_count", 0);
  change.moves_rows = fields.BoolOr("moves_rows", false);
  return change;
}

Result<Json> EncodeState(const Snapshot& snapshot, DeletionFiles& deletions) {
  Json json = Json::object();
  json["table_uuid"] = snapshot.table_uuid;
  json["schema"] = snapshot.schema->id.value;
  Json& schemas = json["schemas"] = Json::array();
  for (const auto& [id, schema] : snapshot.schemas) schemas.push_back(EncodeSchema(*schema));
  json["last_field_id"] = static_cast<uint64_t>(snapshot.last_field_id.value);
  json["partition_spec"] = snapshot.partition_spec.value;
  Json& specs = json["partition_specs"] = Json::array();
  for (const auto& spec : snapshot.partition_specs) specs.push_back(EncodePartitionSpec(spec));
  json["sort_order"] = EncodeSortOrder(snapshot.sort_order);
  json["properties"] = Json(snapshot.properties);
  if (snapshot.properties.empty()) json["properties"] = Json::object();
  json["next_fragment_id"] = snapshot.next_fragment_id.value;
  json["next_row_id"] = snapshot.next_row_id.value;
  json["live_row_count"] = snapshot.live_row_count;
  ICEFALL_ASSIGN_OR_RETURN(json["inline_rows"], EncodeInlineRows(snapshot.inline_rows, deletions));
  Json& fragments = json["fragments"] = Json::array();
  Result<void> outcome;
  snapshot.fragments.ForEach([&](const FragmentPointer& fragment) {
    if (!outcome) return;
    Json item = EncodeFragment(*fragment);
    item["added_at"] = fragment->added_at.value;
    if (fragment->deletes && !fragment->deletes->empty()) {
      auto reference = deletions.Encode(fragment->deletes);
      if (!reference) {
        outcome = Fail(std::move(reference).error());
        return;
      }
      item["deletes"] = *std::move(reference);
      item["deletes_version"] = fragment->deletes_version.value;
    }
    fragments.push_back(std::move(item));
  });
  ICEFALL_RETURN_IF_ERROR(outcome);
  return json;
}

Snapshot DecodeState(const Json& json, DeletionFiles& deletions, DecodeStatus& status) {
  const JsonFields fields(json, "state", status);
  Snapshot snapshot;
  snapshot.table_uuid = fields.Text("table_uuid");
  for (const Json& item : fields.Array("schemas")) {
    auto schema = std::make_shared<const Schema>(DecodeSchema(item, "state.schemas", status));
    snapshot.schemas[schema->id] = schema;
  }
  const auto current = snapshot.schemas.find(SchemaId(fields.Bounded<uint32_t>("schema")));
  if (current == snapshot.schemas.end()) {
    fields.FailAt("schema", "is not among the schemas");
    return snapshot;
  }
  snapshot.schema = current->second;
  snapshot.last_field_id = FieldId(fields.Bounded<int32_t>("last_field_id"));
  snapshot.partition_spec = PartitionSpecId(fields.Bounded<uint32_t>("partition_spec"));
  bool has_spec = snapshot.partition_spec.value == 0;  // unpartitioned needs no description
  for (const Json& item : fields.Array("partition_specs")) {
    snapshot.partition_specs.push_back(DecodePartitionSpec(item, "state.partition_specs", status));
    has_spec = has_spec || snapshot.partition_specs.back().id == snapshot.partition_spec;
  }
  if (!has_spec) fields.FailAt("partition_spec", "is not among the specs");
  snapshot.sort_order = DecodeSortOrder(fields.Array("sort_order"), "state.sort_order", status);
  snapshot.properties = fields.TextMapOrEmpty("properties");
  snapshot.next_fragment_id = FragmentId(fields.Unsigned("next_fragment_id"));
  snapshot.next_row_id = RowId(fields.Unsigned("next_row_id"));
  snapshot.inline_rows = DecodeInlineRows(fields.Object("inline_rows"), deletions, status);
  if (!status.ok()) return snapshot;
  DecodeFragments(fields, deletions, snapshot);
  snapshot.live_row_count += snapshot.inline_rows.live_count();
  const uint64_t stated = fields.Unsigned("live_row_count");
  if (status.ok() && stated != snapshot.live_row_count) {
    fields.FailAt("live_row_count", fmt::format("expected {} as the fragments say, found {}",
                                                snapshot.live_row_count, stated));
  }
  return snapshot;
}

}  // namespace icefall
