#include "database/catalog_snapshot.h"

#include <algorithm>
#include <array>
#include <utility>

namespace icefall {
namespace {

// Stored names; frozen. In the order of the enumeration.
constexpr std::array<std::string_view, kObjectKinds> kKindNames = {
    "schema", "table", "view", "type", "sequence", "macro", "index", "table macro"};

unsigned char Lower(char c) {
  return static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

int CompareNames(std::string_view a, std::string_view b) {
  const size_t shared = std::min(a.size(), b.size());
  for (size_t i = 0; i < shared; ++i) {
    const unsigned char x = Lower(a[i]), y = Lower(b[i]);
    if (x != y) return x < y ? -1 : 1;
  }
  return a.size() == b.size() ? 0 : (a.size() < b.size() ? -1 : 1);
}

}  // namespace

std::string_view ObjectKindName(ObjectKind kind) { return kKindNames[static_cast<size_t>(kind)]; }

bool ObjectNameLess::operator()(const ObjectName& a, const ObjectName& b) const {
  const int schemas = CompareNames(a.schema, b.schema);
  return schemas != 0 ? schemas < 0 : CompareNames(a.name, b.name) < 0;
}

const NameSpace& CatalogSnapshot::SpaceOf(ObjectKind kind) const {
  switch (kind) {
    case ObjectKind::kSchema:
      return schemas;
    case ObjectKind::kType:
      return types;
    case ObjectKind::kSequence:
      return sequences;
    case ObjectKind::kMacro:
      return macros;
    case ObjectKind::kTableMacro:
      return table_macros;
    case ObjectKind::kIndex:
      return indexes;
    default:
      return relations;
  }
}

NameSpace& CatalogSnapshot::SpaceOf(ObjectKind kind) {
  return const_cast<NameSpace&>(std::as_const(*this).SpaceOf(kind));
}

CatalogObjectPointer CatalogSnapshot::Find(ObjectKind kind, const ObjectName& name) const {
  const auto& space = SpaceOf(kind);
  const auto found = space.find(name);
  if (found == space.end() || found->second->kind != kind) return nullptr;
  return found->second;
}

CatalogObjectPointer CatalogSnapshot::FindTableByUuid(std::string_view uuid) const {
  for (const auto& [name, object] : relations) {
    if (object->kind == ObjectKind::kTable && object->uuid == uuid) return object;
  }
  return nullptr;
}

std::vector<CatalogObjectPointer> CatalogSnapshot::Tables() const {
  std::vector<CatalogObjectPointer> tables;
  for (const auto& [name, object] : relations) {
    if (object->kind == ObjectKind::kTable) tables.push_back(object);
  }
  return tables;
}

}  // namespace icefall
