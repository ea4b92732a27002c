#include "database/catalog_change.h"

#include <map>
#include <string>
#include <unordered_map>

#include <fmt/format.h>

namespace icefall {
namespace {

using Space = std::map<ObjectName, CatalogObjectPointer, ObjectNameLess>;

const Space& SpaceOf(const CatalogSnapshot& catalog, ObjectKind kind) {
  if (kind == ObjectKind::kSchema) return catalog.schemas;
  return kind == ObjectKind::kIndex ? catalog.indexes : catalog.objects;
}

Space& SpaceOf(CatalogSnapshot& catalog, ObjectKind kind) {
  if (kind == ObjectKind::kSchema) return catalog.schemas;
  return kind == ObjectKind::kIndex ? catalog.indexes : catalog.objects;
}

using ByUuid = std::unordered_map<std::string_view, CatalogObjectPointer>;

// The keys lie in the objects.
ByUuid IndexByUuid(const CatalogSnapshot& catalog) {
  ByUuid index;
  for (const Space* space : {&catalog.schemas, &catalog.objects, &catalog.indexes}) {
    for (const auto& [name, object] : *space) index.emplace(object->uuid, object);
  }
  return index;
}

bool SameObject(const CatalogObjectPointer& a, const CatalogObjectPointer& b) {
  return a == b || *a == *b;
}

bool SchemaIsEmpty(const CatalogSnapshot& catalog, const std::string& schema) {
  // The least name of the schema, which no object has.
  const ObjectName least{schema, ""};
  for (const Space* space : {&catalog.objects, &catalog.indexes}) {
    const auto first = space->lower_bound(least);
    if (first == space->end()) continue;
    const ObjectNameLess less;
    if (!less({schema, ""}, {first->first.schema, ""}) &&
        !less({first->first.schema, ""}, {schema, ""})) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string Describe(const CatalogObject& object) {
  if (object.kind == ObjectKind::kSchema) return fmt::format("schema \"{}\"", object.name.name);
  return fmt::format("{} \"{}\".\"{}\"", ObjectKindName(object.kind), object.name.schema,
                     object.name.name);
}

CatalogObjectPointer FindByUuid(const CatalogSnapshot& catalog, std::string_view uuid) {
  for (const Space* space : {&catalog.objects, &catalog.schemas, &catalog.indexes}) {
    for (const auto& [name, object] : *space) {
      if (object->uuid == uuid) return object;
    }
  }
  return nullptr;
}

CatalogObjectPointer FindHolder(const CatalogSnapshot& catalog, ObjectKind kind,
                                const ObjectName& name) {
  const Space& space = SpaceOf(catalog, kind);
  const auto found = space.find(name);
  return found == space.end() ? nullptr : found->second;
}

CatalogChange DiffCatalog(const CatalogSnapshot& base, const CatalogSnapshot& pending) {
  CatalogChange change;
  const ByUuid before = IndexByUuid(base);
  const ByUuid after = IndexByUuid(pending);
  // In name order, so that the same change gives the same bytes.
  for (const Space* space : {&pending.schemas, &pending.objects, &pending.indexes}) {
    for (const auto& [name, object] : *space) {
      const auto found = before.find(object->uuid);
      if (found == before.end()) {
        change.created.push_back(object);
      } else if (!SameObject(found->second, object)) {
        change.replaced.push_back(object);
      }
    }
  }
  for (const Space* space : {&base.schemas, &base.objects, &base.indexes}) {
    for (const auto& [name, object] : *space) {
      if (!after.contains(object->uuid)) change.dropped.push_back(object);
    }
  }
  return change;
}

Result<CatalogSnapshot> ApplyCatalog(const CatalogSnapshot& base, const CatalogChange& change) {
  CatalogSnapshot next = base;
  // Old names go first: a transaction may rename one object and give its name to another.
  for (const auto* list : {&change.dropped, &change.replaced}) {
    for (const CatalogObjectPointer& object : *list) {
      const CatalogObjectPointer old = FindByUuid(next, object->uuid);
      if (old == nullptr || old->kind != object->kind) {
        return Fail(ErrorCode::kNotFound,
                    fmt::format("{}: there is none with uuid {}", Describe(*object), object->uuid));
      }
      SpaceOf(next, old->kind).erase(old->name);
    }
  }
  for (const auto* list : {&change.replaced, &change.created}) {
    for (const CatalogObjectPointer& object : *list) {
      if (!SpaceOf(next, object->kind).emplace(object->name, object).second) {
        return Fail(ErrorCode::kAlreadyExists,
                    fmt::format("{}: {} exists", Describe(*object),
                                Describe(*FindHolder(next, object->kind, object->name))));
      }
    }
  }
  for (const auto* list : {&change.replaced, &change.created}) {
    for (const CatalogObjectPointer& object : *list) {
      if (object->kind == ObjectKind::kSchema) continue;
      if (!next.schemas.contains({"", object->name.schema})) {
        return Fail(ErrorCode::kNotFound,
                    fmt::format("{}: there is no such schema", Describe(*object)));
      }
    }
  }
  for (const CatalogObjectPointer& object : change.dropped) {
    if (object->kind != ObjectKind::kSchema || SchemaIsEmpty(next, object->name.name)) continue;
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: expected no objects in a schema to be dropped, found some",
                            Describe(*object)));
  }
  return next;
}

Result<void> CheckCatalogConflicts(const CatalogSnapshot& base, const CatalogChange& mine,
                                   const CatalogSnapshot& latest) {
  if (base.sequence == latest.sequence) return {};
  const auto conflict = [](const CatalogObject& object, std::string_view what) {
    return Fail(ErrorCode::kConflict,
                fmt::format("{}: another transaction {}", Describe(object), what));
  };
  for (const auto* list : {&mine.replaced, &mine.dropped}) {
    for (const CatalogObjectPointer& object : *list) {
      const CatalogObjectPointer before = FindByUuid(base, object->uuid);
      const CatalogObjectPointer now = FindByUuid(latest, object->uuid);
      if (now == nullptr) return conflict(*object, "dropped it");
      if (!SameObject(before, now)) return conflict(*object, "changed it");
    }
  }
  if (auto applied = ApplyCatalog(latest, mine); !applied) {
    const Error& error = applied.error();
    return Fail(ErrorCode::kConflict,
                fmt::format("{} (another transaction got there first)", error.message()));
  }
  return {};
}

}  // namespace icefall
