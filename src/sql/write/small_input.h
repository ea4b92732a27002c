// Lets an operator that writes a few rows read them itself, in one task with its answer.
#pragma once

#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/parallel/meta_pipeline.hpp"

namespace icefall {

// A pipeline of its own for the rows costs a statement about one row several tasks, each of which
// wakes another thread that finds little to do, and for which this one may have to wait.
class SmallInput {
 public:
  // What `child` answers is known to be few rows, found by an index or stated by the statement.
  static bool Is(const duckdb::PhysicalOperator& child);

  // Makes `writer`, whose child is such an input, the source of `current`; it then has to call Run
  // before it answers. False when the pipelines have to be the usual ones: where each operator is
  // to be measured.
  static bool Build(duckdb::PhysicalOperator& writer, duckdb::Pipeline& current,
                    duckdb::MetaPipeline& meta);

  // Sends the rows of the child to `writer` and ends it.
  static void Run(duckdb::ExecutionContext& context, const duckdb::PhysicalOperator& writer);
};

}  // namespace icefall
