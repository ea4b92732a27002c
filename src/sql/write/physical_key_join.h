// Finds, for each row that comes in, the table's row of the same key.
#pragma once

#include <vector>

#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/planner/expression.hpp"

#include "sql/index/key_definition.h"

namespace icefall {

class PhysicalKeyJoin : public duckdb::PhysicalOperator {
 public:
  // A column of what it answers.
  struct Output {
    bool is_target = false;  // of the table, else of the source
    size_t index = 0;        // in Settings::columns, or in the source
  };
  struct Settings {
    TableEntryPointer table;
    KeyDefinition key;  // a unique one
    // Of the source, one for each column of the key, of its type.
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> values;
    // Read of the table: positions in Schema::fields, or virtual columns; the key's ones first, in
    // its order.
    duckdb::vector<duckdb::column_t> columns;
    duckdb::vector<duckdb::LogicalType> column_types;
    std::vector<Output> outputs;
    bool keeps_unmatched = false;  // with NULLs for the table's columns
  };

  PhysicalKeyJoin(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> output_types,
                  Settings settings, duckdb::idx_t cardinality);

  duckdb::string GetName() const override { return "ICEFALL_KEY_JOIN"; }
  duckdb::InsertionOrderPreservingMap<duckdb::string> ParamsToString() const override;

  // What it answers at `index` is the table's `column`, of the row that was found.
  bool IsTargetColumn(size_t index, const IcefallTableEntry& table, duckdb::column_t column) const {
    const auto& output = settings_.outputs[index];
    return output.is_target && settings_.table.get() == &table &&
           settings_.columns[output.index] == column;
  }

  duckdb::unique_ptr<duckdb::OperatorState> GetOperatorState(
      duckdb::ExecutionContext& context) const override;
  duckdb::OperatorResultType Execute(duckdb::ExecutionContext& context, duckdb::DataChunk& input,
                                     duckdb::DataChunk& chunk, duckdb::GlobalOperatorState& global,
                                     duckdb::OperatorState& state) const override;

 private:
  const Settings settings_;
};

}  // namespace icefall
