// The options of `ATTACH ... (TYPE icefall, ...)`.
#pragma once

#include "duckdb/main/attached_database.hpp"

#include "sql/icefall_catalog.h"

namespace icefall {

struct AttachRequest {
  AttachSettings settings;
  DatabaseOptions database;
};

// Throws InvalidInputException for a wrong value, BinderException for an unknown option; it lists
// those there are.
AttachRequest ParseAttachOptions(const duckdb::string& path, const duckdb::AttachOptions& options);

}  // namespace icefall
