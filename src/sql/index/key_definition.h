// The columns of a key or an index, and their values as bytes that sort like them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"

#include "sql/icefall_table_entry.h"

namespace icefall {

struct KeyDefinition {
  std::string name;  // of the constraint
  bool is_primary = false;
  std::vector<FieldId> fields;            // in order
  std::vector<std::string> column_names;  // the same
  std::vector<size_t> columns;            // the same, among the stored ones
  duckdb::vector<duckdb::LogicalType> types;
  std::string identity;  // see KeyIdentity
};

KeyDefinition DefineKey(const IcefallTableEntry& table, const Constraint& constraint);

// Names the columns' types and how bytes are made of them: keys of equal identity compare.
inline const std::string& KeyIdentity(const KeyDefinition& key) { return key.identity; }

// A BLOB for every row of `columns`, which has the key's types, in a flat vector. NULLs come last.
duckdb::Vector MakeKeys(duckdb::DataChunk& columns);
// Of values of the first columns of the key.
std::string MakeKey(const duckdb::vector<duckdb::Value>& values);

// Puts the key's values into `row` of `values`, which has the key's types. Not for what StoredKey
// has shortened.
void ReadKey(const KeyDefinition& key, std::string_view bytes, duckdb::DataChunk& values,
             size_t row);
// ReadKey gives back the very values that the key was made of, for every value of the types.
bool IsReadBackExactly(const KeyDefinition& key);

bool HasNull(const KeyDefinition& key, std::string_view bytes);

// The values for people, separated by ", "; `named`: as "column: value". `bytes` may be what
// StoredKey made of them.
std::string KeyText(const KeyDefinition& key, std::string_view bytes, bool named = false);

}  // namespace icefall
