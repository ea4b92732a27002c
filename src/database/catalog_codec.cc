#include "database/catalog_codec.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace icefall {
namespace {

std::optional<ObjectKind> KindOf(std::string_view name) {
  for (size_t kind = 0; kind < kObjectKinds; ++kind) {
    if (ObjectKindName(static_cast<ObjectKind>(kind)) == name) return static_cast<ObjectKind>(kind);
  }
  return std::nullopt;
}

Json EncodeObject(const CatalogObject& object) {
  Json json = Json::object();
  json["kind"] = std::string(ObjectKindName(object.kind));
  if (object.kind != ObjectKind::kSchema) json["schema"] = object.name.schema;
  json["name"] = object.name.name;
  json["uuid"] = object.uuid;
  if (!object.directory.empty()) json["directory"] = object.directory;
  if (!object.definition.empty()) json["definition"] = object.definition;
  if (!object.comment.empty()) json["comment"] = object.comment;
  if (!object.properties.empty()) json["properties"] = Json(object.properties);
  return json;
}

Json EncodeObjects(const std::vector<CatalogObjectPointer>& objects) {
  Json array = Json::array();
  for (const auto& object : objects) array.push_back(EncodeObject(*object));
  return array;
}

// One segment, and none that the database itself uses: nothing that a file says may lead to other
// directories.
bool IsTableDirectory(const std::string& directory) {
  return !directory.empty() && directory.front() != '_' &&
         directory.find_first_of("/\\") == std::string::npos && ValidateKey(directory).has_value();
}

CatalogObjectPointer DecodeObject(const Json& json, std::string_view where, DecodeStatus& status) {
  const JsonFields fields(json, where, status);
  auto object = std::make_shared<CatalogObject>();
  const std::string kind = fields.Text("kind");
  if (const auto known = KindOf(kind)) {
    object->kind = *known;
  } else {
    fields.FailAt("kind", fmt::format("unknown kind '{}'", kind));
  }
  if (object->kind != ObjectKind::kSchema) object->name.schema = fields.Text("schema");
  object->name.name = fields.Text("name");
  object->uuid = fields.Text("uuid");
  object->directory = fields.OptionalText("directory").value_or("");
  object->definition = fields.OptionalText("definition").value_or("");
  object->comment = fields.OptionalText("comment").value_or("");
  object->properties = fields.TextMapOrEmpty("properties");
  if (object->kind == ObjectKind::kTable && !IsTableDirectory(object->directory)) {
    fields.FailAt("directory", fmt::format("'{}' is not one safe name", object->directory));
  }
  return object;
}

std::vector<CatalogObjectPointer> DecodeObjects(const Json& array, std::string_view where,
                                                DecodeStatus& status) {
  std::vector<CatalogObjectPointer> objects;
  for (const Json& item : array) objects.push_back(DecodeObject(item, where, status));
  return objects;
}

void TakePlace(CatalogSnapshot& catalog, const LogCursor& cursor) {
  catalog.sequence = cursor.sequence;
  catalog.database_sequence = cursor.database_sequence;
  catalog.hash = cursor.hash;
  catalog.committed_at = cursor.committed_at;
}

}  // namespace

Json CatalogCodec::EncodeChanges(std::string_view database_uuid, const CatalogChange& change) {
  Json json = Json::object();
  if (!database_uuid.empty()) json["database_uuid"] = std::string(database_uuid);
  if (!change.created.empty()) json["created"] = EncodeObjects(change.created);
  if (!change.replaced.empty()) json["replaced"] = EncodeObjects(change.replaced);
  if (!change.dropped.empty()) json["dropped"] = EncodeObjects(change.dropped);
  return json;
}

Result<CatalogCodec::Step> CatalogCodec::Apply(const CatalogSnapshot* parent,
                                               const VerifiedLine& verified) {
  auto change = std::make_shared<CatalogChange>();
  CatalogSnapshot base = parent ? *parent : CatalogSnapshot();
  if (!verified.aborted) {
    DecodeStatus status;
    const JsonFields fields(verified.line.changes, "changes", status);
    if (parent == nullptr) base.database_uuid = fields.Text("database_uuid");
    change->created = DecodeObjects(fields.ArrayOrEmpty("created"), "changes.created", status);
    change->replaced = DecodeObjects(fields.ArrayOrEmpty("replaced"), "changes.replaced", status);
    change->dropped = DecodeObjects(fields.ArrayOrEmpty("dropped"), "changes.dropped", status);
    if (!status.ok()) return status.Take();
  }
  auto next = ApplyCatalog(base, *change);
  if (!next) return Fail(ErrorCode::kCorruption, next.error().message());
  TakePlace(*next, verified.after);
  return Step{std::make_shared<const CatalogSnapshot>(*std::move(next)), std::move(change)};
}

Result<CatalogSnapshotPointer> CatalogCodec::Decode(const Manifest& manifest) {
  DecodeStatus status;
  const JsonFields fields(manifest.state, "state", status);
  CatalogSnapshot empty;
  empty.database_uuid = fields.Text("database_uuid");
  CatalogChange change;
  change.created = DecodeObjects(fields.Array("objects"), "state.objects", status);
  if (!status.ok()) return status.Take();
  auto catalog = ApplyCatalog(empty, change);
  if (!catalog) return Fail(ErrorCode::kCorruption, catalog.error().message());
  TakePlace(*catalog, manifest.cursor);
  return std::make_shared<const CatalogSnapshot>(*std::move(catalog));
}

bool CatalogCodec::Same(const CatalogSnapshot& a, const CatalogSnapshot& b) {
  std::vector<CatalogObjectPointer> all_a, all_b;
  a.ForEach([&](const CatalogObjectPointer& object) { all_a.push_back(object); });
  b.ForEach([&](const CatalogObjectPointer& object) { all_b.push_back(object); });
  const auto same = [](const auto& x, const auto& y) { return *x == *y; };
  return a.database_uuid == b.database_uuid && std::ranges::equal(all_a, all_b, same);
}

Result<Manifest> CatalogCodec::Encode(const CatalogSnapshot& catalog) {
  Manifest manifest;
  manifest.kind = kKind;
  manifest.operation = "checkpoint";
  manifest.state = Json::object();
  manifest.state["database_uuid"] = catalog.database_uuid;
  Json& objects = manifest.state["objects"] = Json::array();
  catalog.ForEach(
      [&](const CatalogObjectPointer& object) { objects.push_back(EncodeObject(*object)); });
  return manifest;
}

}  // namespace icefall
