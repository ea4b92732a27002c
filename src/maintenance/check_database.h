// Verifies everything that is stored of a database. Reads only, changes nothing.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "maintenance/check.h"
#include "maintenance/check_log.h"

namespace icefall {

// As users write it: "orders", "sales.orders", "sales.\"first.orders\"".
std::string TextOf(const ObjectName& table);

struct CheckedTable {
  ObjectName table;
  CheckReport report;
  LogFacts log;
};

struct DatabaseReport {
  CheckReport database;  // the catalog, outcomes of transactions, and what is no table's
  std::vector<CheckedTable> tables;  // by name

  bool passed() const {
    return database.passed() && std::ranges::all_of(tables, [](const CheckedTable& table) {
             return table.report.passed();
           });
  }
};

// What CheckTable finds of the table itself, without the catalog.
Result<CheckedTable> CheckTableAlone(Database& database, const ObjectName& table,
                                     DataFileReader& reader, const CheckOptions& options);

// The catalog, every table, the outcomes of transactions, what is kept below `_cache`, and what is
// in the folder besides. Tables that are dropped meanwhile are left out. Errors: as CheckTable.
Result<DatabaseReport> CheckDatabase(Database& database, DataFileReader& reader,
                                     const CheckOptions& options);

}  // namespace icefall
