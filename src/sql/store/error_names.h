// Errors name the files of stores as their users know them, whoever made the message.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "duckdb/common/error_data.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/main/database.hpp"

namespace icefall {

// The text with s3://bucket/prefix/key where it has the path of a mount, though the database may
// not be attached any more. What DuckDB quotes of a statement that reads such paths goes: the user
// did not write it.
std::string WithStoreNames(std::string_view text);

// The same of an error's message. False: there is nothing to change.
bool UseStoreNames(duckdb::ErrorData& error);

// From here on that is what a statement's error says, on any connection of the database. Errors of
// statements that are only prepared are left to RethrowWithStoreNames.
void NameStoresInErrors(duckdb::DatabaseInstance& db);

// For a handler of the exception.
[[noreturn]] void RethrowWithStoreNames(const std::exception& thrown);

}  // namespace icefall
