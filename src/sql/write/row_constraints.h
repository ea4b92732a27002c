// NOT NULL and CHECK of the rows that a statement adds, and whether generated columns have a value.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/bound_constraint.hpp"

#include "sql/icefall_table_entry.h"

namespace icefall {

using BoundConstraints = duckdb::vector<duckdb::unique_ptr<duckdb::BoundConstraint>>;

// For one thread. `constraints` must outlive it.
class RowConstraints {
 public:
  RowConstraints(duckdb::ClientContext& context, TableEntryPointer table,
                 const BoundConstraints& constraints);

  // `rows` starts with the stored columns. Throws ConstraintException in DuckDB's words.
  void Verify(duckdb::DataChunk& rows);

 private:
  struct Check {
    std::string text;
    std::unique_ptr<duckdb::ExpressionExecutor> executor;
  };
  struct Generated {
    duckdb::LogicalIndex column;
    duckdb::unique_ptr<duckdb::Expression> expression;
    std::unique_ptr<duckdb::ExpressionExecutor> executor;
  };
  void VerifyCheck(Check& check, duckdb::DataChunk& rows) const;
  void BindGenerated(duckdb::ClientContext& context);
  void VerifyGenerated(Generated& generated, duckdb::DataChunk& rows) const;

  TableEntryPointer table_;
  std::vector<size_t> required_;  // columns
  std::vector<Check> checks_;
  std::vector<Generated> generated_;
};

}  // namespace icefall
