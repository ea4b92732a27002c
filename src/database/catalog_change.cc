#include "database/catalog_change.h"

#include <map>
#include <string>
#include <unordered_map>

#include <fmt/format.h>

namespace icefall {
namespace {

using ByUuid = std::unordered_map<std::string_view, CatalogObjectPointer>;

// The keys lie in the objects.
ByUuid IndexByUuid(const CatalogSnapshot& catalog) {
  ByUuid index;
  catalog.ForEach([&](const CatalogObjectPointer& object) { index.emplace(object->uuid, object); });
  return index;
}

bool SameObject(const CatalogObjectPointer& a, const CatalogObjectPointer& b) {
  return a == b || *a == *b;
}

// How far a sequence has counted is no part of what it is: who renames it does not mind.
bool SameButForCount(const CatalogObject& a, const CatalogObject& b) {
  if (a.kind != ObjectKind::kSequence) return a == b;
  CatalogObject x = a, y = b;
  x.properties.erase(kSequenceNext);
  y.properties.erase(kSequenceNext);
  return x == y;
}

bool SameCount(const CatalogObject& a, const CatalogObject& b) {
  const auto x = a.properties.find(kSequenceNext), y = b.properties.find(kSequenceNext);
  const bool has_x = x != a.properties.end(), has_y = y != b.properties.end();
  return has_x == has_y && (!has_x || x->second == y->second);
}

bool SchemaIsEmpty(const CatalogSnapshot& catalog, const std::string& schema) {
  // The least name of the schema, which no object has.
  const ObjectName least{schema, ""};
  for (const NameSpace* space : {&catalog.relations, &catalog.types, &catalog.sequences,
                                 &catalog.macros, &catalog.table_macros, &catalog.indexes}) {
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
  CatalogObjectPointer found;
  catalog.ForEach([&](const CatalogObjectPointer& object) {
    if (object->uuid == uuid) found = object;
  });
  return found;
}

CatalogObjectPointer FindHolder(const CatalogSnapshot& catalog, ObjectKind kind,
                                const ObjectName& name) {
  const NameSpace& space = catalog.SpaceOf(kind);
  const auto found = space.find(name);
  return found == space.end() ? nullptr : found->second;
}

CatalogChange DiffCatalog(const CatalogSnapshot& base, const CatalogSnapshot& pending) {
  CatalogChange change;
  const ByUuid before = IndexByUuid(base);
  const ByUuid after = IndexByUuid(pending);
  // In name order, so that the same change gives the same bytes.
  pending.ForEach([&](const CatalogObjectPointer& object) {
    const auto found = before.find(object->uuid);
    if (found == before.end()) {
      change.created.push_back(object);
    } else if (!SameObject(found->second, object)) {
      change.replaced.push_back(object);
    }
  });
  base.ForEach([&](const CatalogObjectPointer& object) {
    if (!after.contains(object->uuid)) change.dropped.push_back(object);
  });
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
      next.SpaceOf(old->kind).erase(old->name);
    }
  }
  for (const auto* list : {&change.replaced, &change.created}) {
    for (const CatalogObjectPointer& object : *list) {
      if (!next.SpaceOf(object->kind).emplace(object->name, object).second) {
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
    // What it holds now may be in a new one of the same name.
    if (next.schemas.contains(object->name)) continue;
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
      if (now == nullptr) return conflict(*object, "has dropped it");
      const bool is_drop = list == &mine.dropped;
      const bool counts = !is_drop && !SameCount(*before, *object);
      const bool does_more = is_drop || !SameButForCount(*before, *object);
      if ((does_more && !SameButForCount(*before, *now)) || (counts && !SameCount(*before, *now))) {
        return conflict(*object, "has changed it");
      }
    }
  }
  if (auto applied = ApplyCatalog(latest, mine); !applied) {
    const Error& error = applied.error();
    return Fail(ErrorCode::kConflict,
                fmt::format("{} (another transaction got there first)", error.message()));
  }
  return {};
}

CatalogChange RebaseCatalog(const CatalogSnapshot& base, CatalogChange change,
                            const CatalogSnapshot& latest) {
  for (CatalogObjectPointer& object : change.replaced) {
    if (object->kind != ObjectKind::kSequence) continue;
    const CatalogObjectPointer before = FindByUuid(base, object->uuid);
    const CatalogObjectPointer now = FindByUuid(latest, object->uuid);
    if (before == nullptr || now == nullptr || SameObject(before, now)) continue;
    CatalogObject counted = SameButForCount(*before, *object) ? *now : *object;
    const CatalogObject& count = SameCount(*before, *object) ? *now : *object;
    if (const auto next = count.properties.find(kSequenceNext); next != count.properties.end()) {
      counted.properties[kSequenceNext] = next->second;
    }
    object = std::make_shared<const CatalogObject>(std::move(counted));
  }
  return change;
}

}  // namespace icefall
