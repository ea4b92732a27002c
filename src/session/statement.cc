#include "session/duckdb_result.h"

namespace icefall {

Statement::Statement(std::unique_ptr<Parsed> parsed) : parsed_(std::move(parsed)) {}
Statement::Statement(Statement&&) noexcept = default;
Statement& Statement::operator=(Statement&&) noexcept = default;
Statement::~Statement() = default;

StatementKind Statement::kind() const { return KindOf(parsed_->statement->type); }

bool Statement::is_select() const {
  return parsed_->statement->type == duckdb::StatementType::SELECT_STATEMENT;
}

StatementKind KindOf(duckdb::StatementType type) {
  switch (type) {
    case duckdb::StatementType::SELECT_STATEMENT:
    case duckdb::StatementType::EXPLAIN_STATEMENT:
      return StatementKind::kRead;
    case duckdb::StatementType::INSERT_STATEMENT:
      return StatementKind::kInsert;
    case duckdb::StatementType::UPDATE_STATEMENT:
      return StatementKind::kUpdate;
    case duckdb::StatementType::DELETE_STATEMENT:
      return StatementKind::kDelete;
    case duckdb::StatementType::MERGE_INTO_STATEMENT:
      return StatementKind::kMerge;
    default:
      return StatementKind::kOther;
  }
}

}  // namespace icefall
