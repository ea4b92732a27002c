// Values as the test language spells and compares them.
#pragma once

#include <string>
#include <vector>

#include "duckdb/main/connection.hpp"
#include "duckdb/main/materialized_query_result.hpp"

#include "tests/sqllogic/script.h"

namespace icefall::sqllogic {

// Row by row. NULL, (empty) and 1/0 for truth.
std::vector<std::string> Spell(duckdb::Connection& connection,
                               duckdb::MaterializedQueryResult& result, bool floats_as_integers);

void Sort(SortMode mode, std::vector<std::string>& values, size_t columns);

// "N values hashing to MD5".
std::string HashOf(const std::vector<std::string>& values);
bool IsHash(const std::string& text);

// The expectation may be <REGEX>:… or <!REGEX>:…. Numbers are compared as their type does, floating
// point ones with DuckDB's tolerance.
bool Matches(duckdb::Connection& connection, const duckdb::LogicalType& type,
             const std::string& found, const std::string& expected);

bool IsRegex(const std::string& expected);
bool MatchesRegex(duckdb::Connection& connection, const std::string& text,
                  const std::string& expected);

// The values of a file of bars and a header line; throws when it cannot be read.
std::vector<std::string> ReadExpectedFile(const std::string& path,
                                          const duckdb::vector<duckdb::string>& columns);

}  // namespace icefall::sqllogic
