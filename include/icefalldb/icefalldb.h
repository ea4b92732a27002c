// Everything.
//
//   auto database = icefalldb::Database::Open("/tmp/mydb", {.create_if_missing = true});
//   if (!database) return Report(database.error());
//   auto result = database->Query("SELECT 42 AS answer");
#pragma once

#include <icefalldb/arrow_c.h>       // IWYU pragma: export
#include <icefalldb/database.h>      // IWYU pragma: export
#include <icefalldb/error.h>         // IWYU pragma: export
#include <icefalldb/options.h>       // IWYU pragma: export
#include <icefalldb/query_result.h>  // IWYU pragma: export
#include <icefalldb/snapshot.h>      // IWYU pragma: export
#include <icefalldb/transaction.h>   // IWYU pragma: export
#include <icefalldb/value.h>         // IWYU pragma: export
