// Whether the rows of a table have a key twice.
#pragma once

#include <optional>
#include <string>

#include "sql/index/key_definition.h"

namespace icefall {

// Gives every data file of the table its index of the key, then walks them and the inline rows in
// one order. Answers a key of two live rows, when there is one; keys with a NULL equal no other.
std::optional<std::string> FindDuplicateKey(duckdb::ClientContext& context,
                                            const IcefallTableEntry& table,
                                            const KeyDefinition& key);

}  // namespace icefall
