// Lets each value of a column of whole numbers through once.
#pragma once

#include "duckdb/execution/physical_operator.hpp"

#include "sql/accel/seen_numbers.h"

namespace icefall {

// Answers the rows that are the first with their value in `column`, which StoredInteger has to know
// how to read; NULL is such a value, too. A bit for each number of the range, which has to have all
// that come, is faster than a hash table. When all of them have come, the scan ends, as the rest of
// it has nothing new.
class PhysicalNewNumbers : public duckdb::CachingPhysicalOperator {
 public:
  // Answers the columns of the child.
  PhysicalNewNumbers(duckdb::PhysicalPlan& plan, duckdb::PhysicalOperator& child, size_t column,
                     NumberRange range);

  duckdb::string GetName() const override { return "ICEFALL_NEW_NUMBERS"; }
  bool ParallelOperator() const override { return true; }
  duckdb::unique_ptr<duckdb::GlobalOperatorState> GetGlobalOperatorState(
      duckdb::ClientContext& context) const override;
  duckdb::unique_ptr<duckdb::OperatorState> GetOperatorState(
      duckdb::ExecutionContext& context) const override;

 protected:
  duckdb::OperatorResultType ExecuteInternal(duckdb::ExecutionContext& context,
                                             duckdb::DataChunk& input, duckdb::DataChunk& chunk,
                                             duckdb::GlobalOperatorState& shared,
                                             duckdb::OperatorState& state) const override;

 private:
  const size_t column_;
  const NumberRange range_;
};

}  // namespace icefall
