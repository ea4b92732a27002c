#include "table/schema_change.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "table/widening.h"

namespace icefall {
namespace {

const Field* FindSibling(const std::vector<Field>& fields, FieldId id) {
  const auto found = std::ranges::find(fields, id, &Field::id);
  return found == fields.end() ? nullptr : &*found;
}

std::string PathOf(const std::string& parent, const Field& field) {
  return parent.empty() ? field.name : parent + "." + field.name;
}

std::optional<std::string> WhyFieldsDoNotFit(const std::vector<Field>& written,
                                             const std::vector<Field>& current,
                                             const std::string& parent);

std::optional<std::string> WhyFieldDoesNotFit(const Field& written, const Field& current,
                                              const std::string& path, bool is_column) {
  const Type& type = current.type;
  const bool is_wider = is_column && IsWidening(written.type, type);
  if (!is_wider && (type.kind != written.type.kind || type.name != written.type.name ||
                    type.array_size != written.type.array_size)) {
    return fmt::format("column '{}' was changed from {} to {}", path, ToSql(written.type),
                       ToSql(type));
  }
  if (current.required && !written.required) {
    return fmt::format("column '{}' became NOT NULL", path);
  }
  if (current.generated_as != written.generated_as) {
    return fmt::format("the expression of generated column '{}' was changed", path);
  }
  if (current.initial_default != written.initial_default) {
    return fmt::format("the initial default of column '{}' was changed", path);
  }
  return WhyFieldsDoNotFit(written.type.children, type.children, path);
}

std::optional<std::string> WhyFieldsDoNotFit(const std::vector<Field>& written,
                                             const std::vector<Field>& current,
                                             const std::string& parent) {
  for (const Field& field : written) {
    const std::string path = PathOf(parent, field);
    const Field* now = FindSibling(current, field.id);
    if (now == nullptr) return fmt::format("column '{}' was dropped", path);
    if (auto reason = WhyFieldDoesNotFit(field, *now, path, parent.empty())) return reason;
  }
  for (const Field& field : current) {
    if (field.required && !field.initial_default.has_value() &&
        FindSibling(written, field.id) == nullptr) {
      return fmt::format("column '{}' was added as NOT NULL without a default",
                         PathOf(parent, field));
    }
  }
  return std::nullopt;
}

std::string DescribeFieldChange(const Field& before, const Field& after) {
  if (before.name != after.name) {
    return fmt::format("column '{}' renamed to '{}'", before.name, after.name);
  }
  if (before.type != after.type) {
    return fmt::format("type of column '{}' changed to {}", before.name, ToSql(after.type));
  }
  return fmt::format("column '{}' changed", before.name);
}

}  // namespace

std::optional<std::string> WhyRowsDoNotFit(const Schema& written, const Schema& current) {
  if (auto reason = WhyFieldsDoNotFit(written.fields, current.fields, "")) return reason;
  for (const Constraint& constraint : current.constraints) {
    if (constraint.kind == Constraint::Kind::kIndex) continue;
    for (const FieldId id : constraint.fields) {
      const Field* before = FindSibling(written.fields, id);
      const Field* now = FindSibling(current.fields, id);
      if (before == nullptr || now == nullptr || before->type == now->type) continue;
      return fmt::format("column '{}' of key '{}' was changed from {} to {}", before->name,
                         constraint.name, ToSql(before->type), ToSql(now->type));
    }
    if (std::ranges::find(written.constraints, constraint) == written.constraints.end()) {
      return fmt::format("constraint '{}' was added", constraint.name);
    }
  }
  return std::nullopt;
}

std::optional<std::string> WhyExpressionsMayBreak(const Schema& before, const Schema& after) {
  for (const Field& field : before.fields) {
    const Field* now = FindSibling(after.fields, field.id);
    if (now == nullptr) return fmt::format("column '{}' was dropped", field.name);
    if (now->name != field.name) {
      return fmt::format("column '{}' was renamed to '{}'", field.name, now->name);
    }
    if (now->type != field.type) {
      return fmt::format("column '{}' was changed from {} to {}", field.name, ToSql(field.type),
                         ToSql(now->type));
    }
  }
  return std::nullopt;
}

std::string DescribeSchemaChange(const Schema& before, const Schema& after) {
  std::vector<std::string> changes;
  for (const Field& field : before.fields) {
    const Field* now = FindSibling(after.fields, field.id);
    if (now == nullptr) {
      changes.push_back(fmt::format("column '{}' dropped", field.name));
    } else if (*now != field) {
      changes.push_back(DescribeFieldChange(field, *now));
    }
  }
  for (const Field& field : after.fields) {
    if (FindSibling(before.fields, field.id) == nullptr) {
      changes.push_back(fmt::format("column '{}' added", field.name));
    }
  }
  if (before.constraints != after.constraints) changes.push_back("constraints changed");
  if (changes.empty()) changes.push_back("columns reordered");
  return fmt::format("{}", fmt::join(changes, ", "));
}

}  // namespace icefall
