#include "table/schema.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace icefall {
namespace {

// Iceberg keeps the ids from here on for metadata columns.
constexpr int32_t kReservedFieldIdMin = 2147483447;

// Bounds the recursion over types that came from a file.
constexpr size_t kTypeDepthMax = 64;

char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string LowerAscii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = LowerAscii(c);
  return lower;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return LowerAscii(x) == LowerAscii(y); });
}

const Field* FindById(const std::vector<Field>& fields, FieldId id) {
  for (const Field& field : fields) {
    if (field.id == id) return &field;
    if (const Field* nested = FindById(field.type.children, id)) return nested;
  }
  return nullptr;
}

void AssignIds(std::vector<Field>& fields, FieldId& last_used) {
  for (Field& field : fields) {
    if (field.id.value == 0) field.id = last_used = last_used.Next();
    AssignIds(field.type.children, last_used);
  }
}

FieldId LastId(const std::vector<Field>& fields) {
  FieldId last;
  for (const Field& field : fields) {
    last = std::max({last, field.id, LastId(field.type.children)});
  }
  return last;
}

std::unexpected<Error> Invalid(std::string message) {
  return Fail(ErrorCode::kInvalidArgument, std::move(message));
}

// Refuses children that do not fit the type's kind.
Result<void> ValidateShape(const Type& type, const std::string& path) {
  const auto expect_children = [&](std::initializer_list<std::string_view> names) -> Result<void> {
    if (std::ranges::equal(type.children, names, {}, &Field::name)) return {};
    std::string found;
    for (const Field& child : type.children) found += fmt::format(" '{}'", child.name);
    const std::string expected =
        names.size() == 0 ? "no nested fields"
                          : fmt::format("the nested fields '{}'", fmt::join(names, "' '"));
    return Invalid(fmt::format("field '{}': expected {}, found{}", path, expected,
                               found.empty() ? " none" : found));
  };
  if ((type.kind == TypeKind::kPrimitive) == type.name.empty()) {
    return Invalid(fmt::format("field '{}': expected {}, found '{}'", path,
                               type.name.empty() ? "a type name" : "no name for a nested type",
                               type.name));
  }
  if ((type.kind == TypeKind::kArray) == (type.array_size == 0)) {
    return Invalid(fmt::format("field '{}': expected {}, found {}", path,
                               type.array_size == 0 ? "an array size of at least 1"
                                                    : "array size 0 for a type that is no array",
                               type.array_size));
  }
  switch (type.kind) {
    case TypeKind::kPrimitive:
      return expect_children({});
    case TypeKind::kList:
    case TypeKind::kArray:
      return expect_children({"element"});
    case TypeKind::kMap:
      return expect_children({"key", "value"});
    case TypeKind::kStruct:
    case TypeKind::kUnion:
      if (!type.children.empty()) return {};
      return Invalid(fmt::format("field '{}': expected at least one member, found none", path));
  }
  return Invalid(
      fmt::format("field '{}': unknown type kind {}", path, static_cast<int>(type.kind)));
}

Result<void> ValidateFields(const std::vector<Field>& fields, const std::string& parent,
                            size_t depth, std::set<FieldId>& ids) {
  if (depth > kTypeDepthMax && !fields.empty()) {
    return Invalid(fmt::format("field '{}': expected at most {} levels of nesting, found more",
                               parent, kTypeDepthMax));
  }
  std::set<std::string> names;
  for (const Field& field : fields) {
    const std::string path = parent.empty() ? field.name : parent + "." + field.name;
    if (field.name.empty()) {
      return Invalid(
          fmt::format("field {} in '{}': expected a name, found none", field.id.value, parent));
    }
    if (!names.insert(LowerAscii(field.name)).second) {
      return Invalid(fmt::format("field '{}': the name occurs twice (case is ignored)", path));
    }
    if (field.id.value <= 0 || field.id.value >= kReservedFieldIdMin) {
      return Invalid(fmt::format("field '{}': expected an id from 1 to {}, found {}", path,
                                 kReservedFieldIdMin - 1, field.id.value));
    }
    if (!ids.insert(field.id).second) {
      return Invalid(fmt::format("field '{}': id {} occurs twice", path, field.id.value));
    }
    ICEFALL_RETURN_IF_ERROR(ValidateShape(field.type, path));
    ICEFALL_RETURN_IF_ERROR(ValidateFields(field.type.children, path, depth + 1, ids));
  }
  return {};
}

Result<void> ValidateKey(const Schema& schema, const Constraint& key) {
  if (key.fields.empty() || !key.expression.empty()) {
    return Invalid(
        fmt::format("constraint '{}': expected key fields and no expression, found {} "
                    "fields and expression '{}'",
                    key.name, key.fields.size(), key.expression));
  }
  std::set<FieldId> seen;
  for (const FieldId id : key.fields) {
    if (std::ranges::find(schema.fields, id, &Field::id) == schema.fields.end()) {
      return Invalid(
          fmt::format("constraint '{}': there is no column with id {}", key.name, id.value));
    }
    if (!seen.insert(id).second) {
      return Invalid(fmt::format("constraint '{}': column id {} occurs twice", key.name, id.value));
    }
  }
  return {};
}

Result<void> ValidateConstraints(const Schema& schema) {
  std::set<std::string> names;
  const Constraint* primary_key = nullptr;
  for (const Constraint& constraint : schema.constraints) {
    if (constraint.name.empty()) return Invalid("constraint '': expected a name, found none");
    if (!names.insert(LowerAscii(constraint.name)).second) {
      return Invalid(
          fmt::format("constraint '{}': the name occurs twice (case is ignored)", constraint.name));
    }
    if (constraint.kind == Constraint::Kind::kCheck) {
      if (!constraint.expression.empty() && constraint.fields.empty()) continue;
      return Invalid(
          fmt::format("constraint '{}': expected an expression and no key fields, found "
                      "'{}' and {} fields",
                      constraint.name, constraint.expression, constraint.fields.size()));
    }
    ICEFALL_RETURN_IF_ERROR(ValidateKey(schema, constraint));
    if (constraint.kind != Constraint::Kind::kPrimaryKey) continue;
    if (primary_key != nullptr) {
      return Invalid(fmt::format("constraint '{}': the table already has primary key '{}'",
                                 constraint.name, primary_key->name));
    }
    primary_key = &constraint;
  }
  return {};
}

}  // namespace

const Field* Schema::Find(std::string_view name) const {
  const auto found = std::ranges::find_if(
      fields, [&](const Field& field) { return EqualsIgnoringCase(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

const Field* Schema::Find(FieldId id) const { return FindById(fields, id); }

FieldId AssignFieldIds(Schema& schema, FieldId last_used) {
  AssignIds(schema.fields, last_used);
  return last_used;
}

FieldId LastFieldId(const Schema& schema) { return LastId(schema.fields); }

Result<void> ValidateSchema(const Schema& schema) {
  std::set<FieldId> ids;
  ICEFALL_RETURN_IF_ERROR(ValidateFields(schema.fields, "", 1, ids));
  return ValidateConstraints(schema);
}

}  // namespace icefall
