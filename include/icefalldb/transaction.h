// Several statements, over any tables of a database, that happen together or not at all.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <icefalldb/arrow_c.h>
#include <icefalldb/error.h>
#include <icefalldb/export.h>
#include <icefalldb/query_result.h>
#include <icefalldb/value.h>

namespace icefalldb {

class Database;

// Begun by Database::Begin, one at a time per Database, which must outlive it. Reads the database
// as it was when the transaction began, its own changes included. Destroyed without Commit: rolled
// back.
class ICEFALLDB_EXPORT Transaction {
 public:
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // As the functions of Database. After an error the transaction can only be rolled back.
  Result<QueryResult> Query(std::string_view sql, std::span<const Value> parameters = {});
  Result<uint64_t> Execute(std::string_view sql);
  Result<uint64_t> Append(std::string_view table, ArrowArrayStream* stream);

  // Makes all changes durable and visible at once; ends the transaction in any case. Errors:
  // kConflict when another transaction changed the same rows; kOutcomeUnknown. After any but the
  // latter nothing has happened.
  Result<void> Commit();
  Result<void> Rollback();

 private:
  friend class Database;
  explicit Transaction(Database& database) : database_(&database) {}

  Database* database_;  // null once ended
};

}  // namespace icefalldb
