#include "sql/ddl/dependents.h"

#include <algorithm>
#include <string>

#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/qualified_name.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "database/catalog_change.h"
#include "sql/errors.h"
#include "sql/icefall_transaction.h"

namespace icefall {
namespace {

template <typename Visit>
void ForEachCall(const duckdb::ParsedExpression& expression, const Visit& visit) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::FUNCTION) {
    visit(expression.Cast<duckdb::FunctionExpression>());
  }
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::ParsedExpression& child) { ForEachCall(child, visit); });
}

// Whether a default of a table in `schema` counts by the sequence.
bool Counts(const std::string& text, const std::string& schema, const CatalogSnapshot& names,
            const CatalogObject& sequence) {
  bool counts = false;
  for (const auto& expression : duckdb::Parser::ParseExpressionList(text)) {
    ForEachCall(*expression, [&](const duckdb::FunctionExpression& call) {
      if (call.function_name != "nextval" && call.function_name != "currval") return;
      if (call.children.empty() ||
          call.children[0]->GetExpressionClass() != duckdb::ExpressionClass::CONSTANT) {
        return;
      }
      const auto& name = call.children[0]->Cast<duckdb::ConstantExpression>().value;
      const auto qualified = duckdb::QualifiedName::Parse(name.ToString());
      auto found =
          names.Find(ObjectKind::kSequence,
                     {qualified.schema.empty() ? schema : qualified.schema, qualified.name});
      if (!found && qualified.schema.empty()) {
        found = names.Find(ObjectKind::kSequence, {DEFAULT_SCHEMA, qualified.name});
      }
      counts |= found && found->uuid == sequence.uuid;
    });
  }
  return counts;
}

std::vector<CatalogObjectPointer> TablesCountingBy(IcefallTransaction& transaction,
                                                   const CatalogObject& sequence) {
  std::vector<CatalogObjectPointer> tables;
  const auto names = transaction.Names();
  for (const auto& object : names->Tables()) {
    const auto table = transaction.Table(object->uuid);
    if (std::ranges::any_of(table->schema->fields, [&](const Field& field) {
          return field.write_default &&
                 Counts(*field.write_default, object->name.schema, *names, sequence);
        })) {
      tables.push_back(object);
    }
  }
  return tables;
}

CatalogObjectPointer OwnerOf(const CatalogSnapshot& names, const CatalogObject& object) {
  const auto owner = object.properties.find(kSequenceOwner);
  return owner == object.properties.end() ? nullptr : FindByUuid(names, owner->second);
}

std::vector<CatalogObjectPointer> OwnedBy(const CatalogSnapshot& names,
                                          const CatalogObject& owner) {
  std::vector<CatalogObjectPointer> owned;
  names.ForEach([&](const CatalogObjectPointer& object) {
    const auto found = object->properties.find(kSequenceOwner);
    if (found != object->properties.end() && found->second == owner.uuid) owned.push_back(object);
  });
  return owned;
}

// As DuckDB's messages have it.
std::string Spelled(const CatalogObject& object) {
  const auto kind = object.kind == ObjectKind::kSequence ? "index" : ObjectKindName(object.kind);
  return fmt::format("{} \"{}\"", kind, object.name.name);
}

}  // namespace

std::vector<CatalogObjectPointer> DependentsOf(IcefallTransaction& transaction,
                                               const CatalogObject& object) {
  std::vector<CatalogObjectPointer> dependents;
  const auto names = transaction.Names();
  if (object.kind == ObjectKind::kSequence) {
    dependents = TablesCountingBy(transaction, object);
    if (auto owner = OwnerOf(*names, object)) dependents.push_back(std::move(owner));
  }
  names->ForEach([&](const CatalogObjectPointer& other) {
    const auto reads = other->properties.find(kReadByView);
    if (reads == other->properties.end()) return;
    const auto uuids = duckdb::StringUtil::Split(reads->second, ',');
    if (std::ranges::find(uuids, object.uuid) != uuids.end()) dependents.push_back(other);
  });
  return dependents;
}

void RecordDependencies(const CatalogSnapshot& names, const duckdb::CreateInfo& info,
                        CatalogObject& object) {
  std::vector<std::string> uuids;
  for (const auto& dependency : info.dependencies.Set()) {
    const ObjectName name{dependency.entry.schema, dependency.entry.name};
    if (dependency.entry.type != duckdb::CatalogType::TABLE_ENTRY &&
        dependency.entry.type != duckdb::CatalogType::VIEW_ENTRY) {
      continue;
    }
    const auto found = FindHolder(names, ObjectKind::kTable, name);
    if (!found) continue;
    if (name == object.name) {
      throw duckdb::CatalogException("CREATE OR REPLACE is not allowed to depend on itself");
    }
    uuids.push_back(found->uuid);
  }
  std::ranges::sort(uuids);
  if (!uuids.empty()) object.properties[kReadByView] = fmt::format("{}", fmt::join(uuids, ","));
}

void ThrowDependency(const CatalogObject& object,
                     const std::vector<CatalogObjectPointer>& dependents) {
  auto message = fmt::format(
      "Cannot drop entry \"{}\" because there are entries that depend on it.\n", object.name.name);
  for (const auto& dependent : dependents) {
    message += fmt::format("{} depends on {}.\n", Spelled(*dependent), Spelled(object));
  }
  throw duckdb::DependencyException(message + "Use DROP...CASCADE to drop all dependents.");
}

void DropWithDependents(IcefallTransaction& transaction, const CatalogObject& object,
                        bool cascade) {
  std::vector<CatalogObjectPointer> dependents = DependentsOf(transaction, object);
  if (!dependents.empty() && !cascade) ThrowDependency(object, dependents);
  const auto owned = OwnedBy(*transaction.Names(), object);
  const auto is_there = [&](const CatalogObject& other) {
    return FindByUuid(*transaction.Names(), other.uuid) != nullptr;
  };
  Unwrap(transaction.engine().DropObject(object.uuid));
  for (const auto& dependent : dependents) {
    if (is_there(*dependent)) DropWithDependents(transaction, *dependent, true);
  }
  for (const auto& sequence : owned) {
    if (is_there(*sequence)) DropWithDependents(transaction, *sequence, cascade);
  }
}

void SetOwner(IcefallTransaction& transaction, const CatalogObject& sequence,
              const CatalogObject& owner) {
  const auto names = transaction.Names();
  if (const auto above = OwnerOf(*names, owner)) {
    throw duckdb::DependencyException(
        fmt::format("{} can not become the owner, it is already owned by {}", owner.name.name,
                    above->name.name));
  }
  if (const auto owned = OwnedBy(*names, sequence); !owned.empty()) {
    throw duckdb::DependencyException(
        fmt::format("{} already owns {}. Cannot have circular dependencies", sequence.name.name,
                    owned[0]->name.name));
  }
  const auto known = OwnerOf(*names, sequence);
  if (known && known->uuid != owner.uuid) {
    throw duckdb::DependencyException(
        fmt::format("{} is already owned by {}", sequence.name.name, known->name.name));
  }
  auto owned = sequence;
  owned.properties[kSequenceOwner] = owner.uuid;
  Unwrap(transaction.engine().ReplaceObject(sequence.uuid, std::move(owned)));
}

}  // namespace icefall
