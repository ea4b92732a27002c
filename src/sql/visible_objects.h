// What the attach option TABLES leaves of a database.
#pragma once

#include "database/catalog_snapshot.h"
#include "sql/icefall_catalog.h"

namespace icefall {

// Everything but tables and views, when there is no restriction also these. With one: what it
// names, and what a visible view reads, as that could not be read otherwise.
bool IsVisible(const ObjectNames& restriction, const CatalogSnapshot& names,
               const CatalogObject& object);

}  // namespace icefall
