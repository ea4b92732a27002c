// The names of a database at one commit of its catalog log.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "table/ids.h"

namespace icefall {

// What a name can stand for. Stored by name, see docs/format/catalog.md.
enum class ObjectKind : uint8_t { kSchema, kTable, kView, kType, kSequence, kMacro, kIndex };

std::string_view ObjectKindName(ObjectKind kind);  // "schema", "table", …

struct ObjectName {
  std::string schema;  // "" for a schema itself
  std::string name;

  bool operator==(const ObjectName&) const = default;
};

// Compares names as SQL does: ASCII case-insensitively, other bytes exactly.
struct ObjectNameLess {
  bool operator()(const ObjectName& a, const ObjectName& b) const;
};

struct CatalogObject {
  ObjectKind kind = ObjectKind::kTable;
  ObjectName name;
  std::string uuid;  // stays over renames; a dropped and re-created object has another
  // kTable: the table's folder relative to the database, one segment.
  std::string directory;
  // kView, kType, kSequence, kMacro, kIndex: the CREATE statement that makes it again.
  std::string definition;
  std::string comment;
  std::map<std::string, std::string> properties;

  bool operator==(const CatalogObject&) const = default;
};

using CatalogObjectPointer = std::shared_ptr<const CatalogObject>;

// Immutable once shared. Schemas and the rest live in two name spaces: `objects` holds every kind
// but kSchema and kIndex; tables, views, types, sequences and macros may not share a name.
struct CatalogSnapshot {
  std::string database_uuid;
  Sequence sequence;
  DatabaseSequence database_sequence;
  std::string hash;  // of the newest commit line
  TimestampMicros committed_at = 0;

  std::map<ObjectName, CatalogObjectPointer, ObjectNameLess> schemas;  // always has "main"
  std::map<ObjectName, CatalogObjectPointer, ObjectNameLess> objects;
  std::map<ObjectName, CatalogObjectPointer, ObjectNameLess> indexes;

  // Null when there is none.
  CatalogObjectPointer Find(ObjectKind kind, const ObjectName& name) const;
  CatalogObjectPointer FindTableByUuid(std::string_view uuid) const;
  // The tables, ordered by name.
  std::vector<CatalogObjectPointer> Tables() const;
};

using CatalogSnapshotPointer = std::shared_ptr<const CatalogSnapshot>;

}  // namespace icefall
