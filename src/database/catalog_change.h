// What a transaction does to the names of a database, and when two transactions conflict over them.
// Pure: no I/O.
#pragma once

#include <vector>

#include "base/result.h"
#include "database/catalog_snapshot.h"

namespace icefall {

struct CatalogChange {
  std::vector<CatalogObjectPointer> created;
  std::vector<CatalogObjectPointer> replaced;  // the new contents, under the uuid of the old ones
  std::vector<CatalogObjectPointer> dropped;   // as they were

  bool empty() const { return created.empty() && replaced.empty() && dropped.empty(); }
};

// The object with this uuid, of any kind; null when there is none.
CatalogObjectPointer FindByUuid(const CatalogSnapshot& catalog, std::string_view uuid);

// The object that has the name in the kind's name space, of whatever kind; null when it is free.
CatalogObjectPointer FindHolder(const CatalogSnapshot& catalog, ObjectKind kind,
                                const ObjectName& name);

// The change that leads from one to the other.
CatalogChange DiffCatalog(const CatalogSnapshot& base, const CatalogSnapshot& pending);

// Makes the change; sequence and the like stay the base's. Errors: kNotFound for an object to
// replace or drop that is not there, or a schema that is missing; kAlreadyExists for a name that is
// taken; kInvalidArgument for a schema that is dropped while it holds objects.
Result<CatalogSnapshot> ApplyCatalog(const CatalogSnapshot& base, const CatalogChange& change);

// `mine` was made on `base`; the catalog is now `latest`. Error: kConflict naming the object that
// another transaction changed, dropped, or created under the same name.
Result<void> CheckCatalogConflicts(const CatalogSnapshot& base, const CatalogChange& mine,
                                   const CatalogSnapshot& latest);

// `change`, made on `base`, as it must be to follow `latest`, with which it does not conflict: how
// far a sequence has counted and what else is said of it come from whoever changed it.
CatalogChange RebaseCatalog(const CatalogSnapshot& base, CatalogChange change,
                            const CatalogSnapshot& latest);

// For messages: table "main"."orders".
std::string Describe(const CatalogObject& object);

}  // namespace icefall
