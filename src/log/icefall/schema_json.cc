#include "log/icefall/schema_json.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace icefall {
namespace {

// Stored names; frozen.
constexpr std::array<std::pair<TypeKind, std::string_view>, 5> kNestedKinds = {{
    {TypeKind::kStruct, "struct"},
    {TypeKind::kList, "list"},
    {TypeKind::kArray, "array"},
    {TypeKind::kMap, "map"},
    {TypeKind::kUnion, "union"},
}};
constexpr std::array<std::pair<Constraint::Kind, std::string_view>, 5> kConstraintKinds = {{
    {Constraint::Kind::kCheck, "check"},
    {Constraint::Kind::kPrimaryKey, "primary_key"},
    {Constraint::Kind::kUnique, "unique"},
    {Constraint::Kind::kIndex, "index"},
    {Constraint::Kind::kUniqueIndex, "unique_index"},
}};

template <typename Kind, size_t kCount>
std::string NameOf(const std::array<std::pair<Kind, std::string_view>, kCount>& names, Kind kind) {
  for (const auto& [known, name] : names) {
    if (known == kind) return std::string(name);
  }
  return {};
}

template <typename Kind, size_t kCount>
Kind KindOf(const std::array<std::pair<Kind, std::string_view>, kCount>& names,
            const JsonFields& fields) {
  const std::string found = fields.Text("kind");
  for (const auto& [kind, name] : names) {
    if (name == found) return kind;
  }
  fields.FailAt("kind", fmt::format("unknown kind '{}'", found));
  return names.front().first;
}

Json EncodeFields(const std::vector<Field>& fields);

Json EncodeType(const Type& type) {
  if (type.kind == TypeKind::kPrimitive) return type.name;
  Json json = Json::object();
  json["kind"] = NameOf(kNestedKinds, type.kind);
  if (type.kind == TypeKind::kArray) json["size"] = type.array_size;
  json["fields"] = EncodeFields(type.children);
  return json;
}

Json EncodeFields(const std::vector<Field>& fields) {
  Json array = Json::array();
  for (const Field& field : fields) {
    Json json = Json::object();
    json["id"] = static_cast<uint64_t>(field.id.value);
    json["name"] = field.name;
    json["type"] = EncodeType(field.type);
    if (field.required) json["required"] = true;
    if (field.initial_default) json["initial_default"] = *field.initial_default;
    if (field.write_default) json["write_default"] = *field.write_default;
    if (field.generated_as) json["generated_as"] = *field.generated_as;
    if (field.comment) json["comment"] = *field.comment;
    array.push_back(std::move(json));
  }
  return array;
}

// Recursion is bounded by kJsonDepthMax.
std::vector<Field> DecodeFields(const Json& array, const std::string& where, DecodeStatus& status);

Type DecodeType(const Json& json, const std::string& where, DecodeStatus& status) {
  if (json.is_string()) return Type::Primitive(json.get<std::string>());
  const JsonFields fields(json, where, status);
  Type type;
  type.kind = KindOf(kNestedKinds, fields);
  if (type.kind == TypeKind::kArray) type.array_size = fields.Bounded<uint32_t>("size");
  type.children = DecodeFields(fields.Array("fields"), where, status);
  return type;
}

std::vector<Field> DecodeFields(const Json& array, const std::string& where, DecodeStatus& status) {
  static const Json missing;
  std::vector<Field> decoded;
  decoded.reserve(array.size());
  for (const Json& json : array) {
    const JsonFields fields(json, where + ".fields", status);
    Field field;
    field.id = FieldId(fields.Bounded<int32_t>("id"));
    field.name = fields.Text("name");
    const auto type = json.is_object() ? json.find("type") : json.end();
    field.type = DecodeType(type == json.end() ? missing : *type,
                            fmt::format("{}.fields[{}].type", where, decoded.size()), status);
    field.required = fields.BoolOr("required", false);
    field.initial_default = fields.OptionalText("initial_default");
    field.write_default = fields.OptionalText("write_default");
    field.generated_as = fields.OptionalText("generated_as");
    field.comment = fields.OptionalText("comment");
    if (!status.ok()) return decoded;
    decoded.push_back(std::move(field));
  }
  return decoded;
}

}  // namespace

Json EncodeSchema(const Schema& schema) {
  Json json = Json::object();
  json["id"] = schema.id.value;
  json["fields"] = EncodeFields(schema.fields);
  if (schema.constraints.empty()) return json;
  Json& constraints = json["constraints"] = Json::array();
  for (const Constraint& constraint : schema.constraints) {
    Json item = Json::object();
    item["kind"] = NameOf(kConstraintKinds, constraint.kind);
    item["name"] = constraint.name;
    if (constraint.kind == Constraint::Kind::kCheck) {
      item["expression"] = constraint.expression;
    } else {
      Json& fields = item["fields"] = Json::array();
      for (const FieldId id : constraint.fields) fields.push_back(static_cast<uint64_t>(id.value));
    }
    constraints.push_back(std::move(item));
  }
  return json;
}

Schema DecodeSchema(const Json& json, std::string_view where, DecodeStatus& status) {
  const std::string path(where);
  const JsonFields fields(json, where, status);
  Schema schema;
  schema.id = SchemaId(fields.Bounded<uint32_t>("id"));
  schema.fields = DecodeFields(fields.Array("fields"), path, status);
  for (const Json& item : fields.ArrayOrEmpty("constraints")) {
    const JsonFields members(item, path + ".constraints", status);
    Constraint constraint;
    constraint.kind = KindOf(kConstraintKinds, members);
    constraint.name = members.Text("name");
    if (constraint.kind == Constraint::Kind::kCheck) {
      constraint.expression = members.Text("expression");
    } else {
      for (const Json& id : members.Array("fields")) {
        const uint64_t value = ElementUnsigned(id, path + ".constraints.fields", status);
        if (value > INT32_MAX) members.FailAt("fields", "field id out of range");
        constraint.fields.emplace_back(static_cast<int32_t>(value));
      }
    }
    if (!status.ok()) return schema;
    schema.constraints.push_back(std::move(constraint));
  }
  if (status.ok()) {
    if (auto valid = ValidateSchema(schema); !valid) status.Fail(where, valid.error().message());
  }
  return schema;
}

Json EncodePartitionSpec(const PartitionSpec& spec) {
  Json json = Json::object();
  json["id"] = spec.id.value;
  Json& fields = json["fields"] = Json::array();
  for (const PartitionField& field : spec.fields) {
    Json item = Json::object();
    item["source"] = static_cast<uint64_t>(field.source.value);
    item["transform"] = field.transform;
    item["name"] = field.name;
    fields.push_back(std::move(item));
  }
  return json;
}

PartitionSpec DecodePartitionSpec(const Json& json, std::string_view where, DecodeStatus& status) {
  const JsonFields fields(json, where, status);
  PartitionSpec spec;
  spec.id = PartitionSpecId(fields.Bounded<uint32_t>("id"));
  for (const Json& item : fields.Array("fields")) {
    const JsonFields members(item, fmt::format("{}.fields", where), status);
    spec.fields.push_back({FieldId(members.Bounded<int32_t>("source")), members.Text("transform"),
                           members.Text("name")});
  }
  return spec;
}

Json EncodeSortOrder(const SortOrder& order) {
  Json array = Json::array();
  for (const SortField& field : order.fields) {
    Json item = Json::object();
    item["expression"] = field.expression;
    item["descending"] = field.descending;
    item["nulls_first"] = field.nulls_first;
    array.push_back(std::move(item));
  }
  return array;
}

SortOrder DecodeSortOrder(const Json& json, std::string_view where, DecodeStatus& status) {
  SortOrder order;
  if (!json.is_array()) {
    status.Fail(where, "expected an array");
    return order;
  }
  for (const Json& item : json) {
    const JsonFields fields(item, where, status);
    order.fields.push_back({fields.Text("expression"), fields.BoolOr("descending", false),
                            fields.BoolOr("nulls_first", false)});
  }
  return order;
}

}  // namespace icefall
