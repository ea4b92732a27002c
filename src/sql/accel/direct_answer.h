// Answers of statements that statistics know, without a physical plan and without DuckDB's
// executor, whose threads take longer to wake than such an answer takes.
#pragma once

#include <memory>
#include <string_view>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/parser/sql_statement.hpp"

namespace icefall {

// One row.
struct DirectAnswer {
  duckdb::vector<duckdb::LogicalType> types;
  duckdb::vector<duckdb::string> names;
  duckdb::DataChunk row;
};

// Whether a statement asks for nothing but COUNT, MIN and MAX of columns over all rows of one table
// or view, by its looks: of others AnswerDirectly would bind the names for nothing.
bool MayAnswerDirectly(const duckdb::SQLStatement& statement);
// The same of a text that is not parsed yet; true of some that turn out to ask for something else.
bool MayAnswerDirectly(std::string_view text);

// The answer of a statement of which MayAnswerDirectly is true, in a transaction of its own. Absent
// when it has to be run: rows have to be scanned, it has an error, another statement's rows are
// still being fetched, a transaction is open, or the statement is to be profiled. A StatementWatch
// of this thread sees the plan. Like a statement, it must have the connection for itself. Where it
// does not know the answer it was a transaction for nothing, which takes a request where the
// database is in a bucket.
std::unique_ptr<DirectAnswer> AnswerDirectly(duckdb::ClientContext& context,
                                             const duckdb::SQLStatement& statement);

}  // namespace icefall
