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
enum class ObjectKind : uint8_t {
  kSchema,
  kTable,
  kView,
  kType,
  kSequence,
  kMacro,
  kIndex,
  kTableMacro
};
inline constexpr size_t kObjectKinds = 8;

std::string_view ObjectKindName(ObjectKind kind);  // "schema", "table", …

// The property of a sequence that counts: the first value that nobody may hand out yet.
inline constexpr const char* kSequenceNext = "next";

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
  // All but kSchema and kTable: the CREATE statement that makes it again.
  std::string definition;
  std::string comment;
  std::map<std::string, std::string> properties;

  bool operator==(const CatalogObject&) const = default;
};

using CatalogObjectPointer = std::shared_ptr<const CatalogObject>;

using NameSpace = std::map<ObjectName, CatalogObjectPointer, ObjectNameLess>;

// Immutable once shared. Tables and views share a name space, as in DuckDB; each other kind has its
// own.
struct CatalogSnapshot {
  std::string database_uuid;
  Sequence sequence;
  DatabaseSequence database_sequence;
  std::string hash;  // of the newest commit line
  TimestampMicros committed_at = 0;

  NameSpace schemas;    // always has "main"
  NameSpace relations;  // tables and views
  NameSpace types, sequences, macros, table_macros, indexes;

  NameSpace& SpaceOf(ObjectKind kind);
  const NameSpace& SpaceOf(ObjectKind kind) const;

  // Schemas first, then what they hold, each kind by name.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (const NameSpace* space :
         {&schemas, &relations, &types, &sequences, &macros, &table_macros, &indexes}) {
      for (const auto& [name, object] : *space) visit(object);
    }
  }

  // Null when there is none.
  CatalogObjectPointer Find(ObjectKind kind, const ObjectName& name) const;
  CatalogObjectPointer FindTableByUuid(std::string_view uuid) const;
  // The tables, ordered by name.
  std::vector<CatalogObjectPointer> Tables() const;
};

using CatalogSnapshotPointer = std::shared_ptr<const CatalogSnapshot>;

}  // namespace icefall
