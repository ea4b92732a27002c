// What depends on an object of the catalog, and so stops its DROP or goes with it.
#pragma once

#include <vector>

#include "duckdb/parser/parsed_data/create_info.hpp"

#include "database/catalog_snapshot.h"

namespace icefall {

class IcefallTransaction;

// The property of a sequence that belongs to a table or another sequence: the owner's uuid.
inline constexpr const char* kSequenceOwner = "owner";

// The property of a view that was made while DuckDB's enable_view_dependencies was on: the uuids of
// what it reads, with commas between.
inline constexpr const char* kReadByView = "depends_on";

// Objects that cannot be without `object`: tables whose defaults count by a sequence, the objects
// that own it.
std::vector<CatalogObjectPointer> DependentsOf(IcefallTransaction& transaction,
                                               const CatalogObject& object);

// Remembers what a CREATE found that its object depends on. Throws CatalogException when that is
// what it replaces.
void RecordDependencies(const CatalogSnapshot& names, const duckdb::CreateInfo& info,
                        CatalogObject& object);

// Drops the object and what it owns; with CASCADE what depends on it, too. Throws
// DependencyException naming what depends on it, without CASCADE.
void DropWithDependents(IcefallTransaction& transaction, const CatalogObject& object, bool cascade);

// ALTER SEQUENCE … OWNED BY. Throws DependencyException when either belongs to another already.
void SetOwner(IcefallTransaction& transaction, const CatalogObject& sequence,
              const CatalogObject& owner);

// Throws the DependencyException of DuckDB's words.
[[noreturn]] void ThrowDependency(const CatalogObject& object,
                                  const std::vector<CatalogObjectPointer>& dependents);

}  // namespace icefall
