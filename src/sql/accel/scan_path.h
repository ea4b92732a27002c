// The operators between an aggregate and the scan of one table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/logical_operator.hpp"
#include "duckdb/planner/operator/logical_get.hpp"

#include "sql/scan/fragment_list.h"

namespace icefall {

// Projections and filters, and below them the scan. Points into the plan.
class ScanPath {
 public:
  // Absent when there is anything else, or the scan is a sample, or depends on a join.
  static std::optional<ScanPath> Find(duckdb::LogicalOperator& top);

  duckdb::LogicalGet& get() const { return *get_; }
  const FragmentList& list() const;
  // Of all filters.
  std::vector<const duckdb::Expression*> Conditions() const;

  // The expression, over the scan's columns instead of what projections make of them.
  duckdb::unique_ptr<duckdb::Expression> OverScan(const duckdb::Expression& expression) const;
  // Of OverScan, as SignatureOf names it.
  std::optional<std::string> SignatureOver(duckdb::ClientContext& context,
                                           const duckdb::Expression& expression) const;
  // The stored column of the table that a reference to the scan is; null when it is none.
  const Field* FieldOf(const duckdb::BoundColumnRefExpression& column) const;
  // As FieldOf: its position in the schema's fields.
  std::optional<size_t> PositionOf(const duckdb::BoundColumnRefExpression& column) const;

  // Puts positions in `columns`, to which it adds positions in the schema's fields, in the place of
  // the scan's columns. False: one is not stored.
  bool ReadFrom(duckdb::vector<duckdb::column_t>& columns,
                duckdb::unique_ptr<duckdb::Expression>& over_scan) const;

  // An expression that a projection gives a name, where `expression` is a reference to it.
  struct Source {
    const duckdb::Expression* expression;
    size_t level;  // of the projection
  };
  std::optional<Source> SourceOf(const duckdb::Expression& expression) const;

  // Has the scan answer a virtual column, and lets it through to the top.
  duckdb::unique_ptr<duckdb::Expression> AddColumn(duckdb::column_t column);
  // Has the projection at `level` answer `expression`, too, and lets it through to the top.
  duckdb::unique_ptr<duckdb::Expression> AddExpression(
      size_t level, duckdb::unique_ptr<duckdb::Expression> expression);

 private:
  // Lets a column of what comes out of `level` through to the top.
  duckdb::unique_ptr<duckdb::Expression> Lift(size_t level, duckdb::ColumnBinding binding,
                                              const duckdb::LogicalType& type);

  std::vector<duckdb::LogicalOperator*> levels_;  // the top first, without the scan
  duckdb::LogicalGet* get_ = nullptr;
};

}  // namespace icefall
