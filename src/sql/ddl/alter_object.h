// ALTER and COMMENT ON, for every kind of object.
#pragma once

#include <string>

#include "duckdb/parser/parsed_data/alter_info.hpp"

#include "sql/icefall_transaction.h"

namespace icefall {

// Throws CatalogException when there is no such object, NotImplementedException for what the kind
// of object does not have.
void AlterObject(IcefallTransaction& transaction, duckdb::ClientContext& context,
                 const std::string& schema, duckdb::AlterInfo& info);

}  // namespace icefall
