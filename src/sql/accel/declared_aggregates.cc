#include "sql/accel/declared_aggregates.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <optional>
#include <utility>

#include "duckdb/common/exception/binder_exception.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/planner.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_quote.h"
#include "sql/accel/state_columns.h"

namespace icefall {
namespace {

using Expressions = duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>>;

constexpr std::string_view kPossible =
    "count, sum, avg, min, max, the variances and standard deviations, approx_count_distinct, "
    "approx_quantile, and count, sum and avg of DISTINCT values";

[[noreturn]] void Refuse(const std::string& table, const std::string& why) {
  throw duckdb::BinderException(
      fmt::format("table {}: option {}: {}", table, kAggregatesOption, why));
}

std::string Trimmed(std::string_view text) {
  std::string copy(text);
  duckdb::StringUtil::Trim(copy);
  return copy;
}

// Visits characters outside of quotes and brackets, until `visit` answers true.
void ForEachOutside(std::string_view text, const std::function<bool(size_t)>& visit) {
  int depth = 0;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
    } else if (depth == 0 && visit(i)) {
      return;
    }
  }
}

bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool HasWordAt(std::string_view text, size_t place, std::string_view word) {
  if (!duckdb::StringUtil::CIEquals(std::string(text.substr(place, word.size())),
                                    std::string(word))) {
    return false;
  }
  const auto end = place + word.size();
  return (place == 0 || !IsWordCharacter(text[place - 1])) &&
         (end == text.size() || !IsWordCharacter(text[end]));
}

struct Parts {
  std::string aggregates;
  std::optional<std::string> keys;
};

Parts SplitAtBy(std::string_view text) {
  size_t by = std::string_view::npos;
  ForEachOutside(text, [&](size_t i) {
    if (HasWordAt(text, i, "by")) by = i;
    return by != std::string_view::npos;
  });
  if (by == std::string_view::npos) return {Trimmed(text), std::nullopt};
  auto aggregates = Trimmed(text.substr(0, by));
  // As SQL has it.
  constexpr std::string_view kGroup = "group";
  if (aggregates.size() > kGroup.size() &&
      HasWordAt(aggregates, aggregates.size() - kGroup.size(), kGroup)) {
    aggregates = Trimmed(std::string_view(aggregates).substr(0, aggregates.size() - kGroup.size()));
  }
  return {std::move(aggregates), Trimmed(text.substr(by + 2))};
}

// As DuckDB writes them down: nothing else is in them.
std::string Expressive(const std::string& table, const std::string& text) {
  Expressions expressions;
  try {
    // A list of expressions may have a FROM behind it, the arguments of a function may not.
    duckdb::Parser::ParseExpressionList(fmt::format("row({})", text));
    if (text.empty()) throw duckdb::ParserException("the text is empty");
    expressions = duckdb::Parser::ParseExpressionList(text);
  } catch (const std::exception& exception) {
    Refuse(table, fmt::format("expected expressions, found '{}': {}", text,
                              duckdb::ErrorData(exception).RawMessage()));
  }
  std::vector<std::string> texts;
  for (const auto& expression : expressions) texts.push_back(expression->ToString());
  return fmt::format("{}", fmt::join(texts, ", "));
}

void CheckColumns(const std::string& table, const duckdb::ColumnList& columns,
                  const duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) {
    const auto& names = expression.Cast<duckdb::ColumnRefExpression>().column_names;
    const auto is_column = [&](const std::string& name) { return columns.ColumnExists(name); };
    if (std::ranges::any_of(names, is_column)) return;
    Refuse(table, fmt::format("there is no column \"{}\"; expected one of {}", names.back(),
                              fmt::join(columns.GetColumnNames(), ", ")));
  }
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression,
      [&](const duckdb::ParsedExpression& child) { CheckColumns(table, columns, child); });
}

std::string RowOfNulls(const std::string& table, const duckdb::ColumnList& columns) {
  std::vector<std::string> nulls;
  for (const auto& column : columns.Logical()) {
    nulls.push_back(fmt::format("CAST(NULL AS {}) AS {}", column.Type().ToString(),
                                QuoteIdentifier(column.Name())));
  }
  return fmt::format("(SELECT {}) AS {}", fmt::join(nulls, ", "), QuoteIdentifier(table));
}

const duckdb::LogicalAggregate* FindAggregate(const duckdb::LogicalOperator& plan) {
  if (plan.type == duckdb::LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) {
    return &plan.Cast<duckdb::LogicalAggregate>();
  }
  for (const auto& child : plan.children) {
    if (const auto* found = FindAggregate(*child)) return found;
  }
  return nullptr;
}

bool HasStates(duckdb::ClientContext& context, const duckdb::BoundAggregateExpression& declared) {
  if (declared.IsVolatile() || declared.HasSubquery()) return false;
  const auto without_filter = FilterInArgument(context, declared);
  const auto& aggregate = *without_filter;
  if (IsDistinctAdditive(aggregate)) return true;
  const auto answer = FindStates(context, aggregate);
  return answer && answer->merge.GetReturnType() == aggregate.return_type;
}

void CheckStates(duckdb::ClientContext& context, const std::string& table,
                 const std::string& query) {
  duckdb::Parser parser;
  parser.ParseQuery(query);
  duckdb::Planner planner(context);
  planner.CreatePlan(std::move(parser.statements[0]));
  const auto* aggregate = FindAggregate(*planner.plan);
  if (aggregate == nullptr || aggregate->expressions.empty()) {
    Refuse(table, fmt::format("expected aggregates, found none in '{}'", query));
  }
  for (const auto& expression : aggregate->expressions) {
    const auto& bound = expression->Cast<duckdb::BoundAggregateExpression>();
    if (HasStates(context, bound)) continue;
    Refuse(table, fmt::format("{} does not follow from parts of the table; expected {}",
                              bound.ToString(), kPossible));
  }
  for (const auto& group : aggregate->groups) {
    if (!group->IsVolatile() && !group->HasSubquery()) continue;
    Refuse(table, fmt::format("the key {} is not the same each time", group->ToString()));
  }
}

}  // namespace

std::string DeclaredAggregates::Query(const std::string& from) const {
  if (keys.empty()) return fmt::format("SELECT {} FROM {}", aggregates, from);
  return fmt::format("SELECT {0}, {1} FROM {2} GROUP BY {0}", keys, aggregates, from);
}

std::string AggregatesOption(const Snapshot& snapshot) {
  const auto found = snapshot.properties.find(kAggregatesOption);
  return found == snapshot.properties.end() ? "" : found->second;
}

std::vector<DeclaredAggregates> ParseAggregates(const std::string& table, const std::string& text) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  ForEachOutside(text, [&](size_t i) {
    if (text[i] == ';') {
      parts.push_back(std::string_view(text).substr(begin, i - begin));
      begin = i + 1;
    }
    return false;
  });
  parts.push_back(std::string_view(text).substr(begin));
  std::vector<DeclaredAggregates> result;
  for (const auto part : parts) {
    if (Trimmed(part).empty()) continue;
    const auto [aggregates, keys] = SplitAtBy(part);
    result.push_back({Expressive(table, aggregates), keys ? Expressive(table, *keys) : ""});
  }
  return result;
}

void CheckAggregates(duckdb::ClientContext& context, const std::string& table,
                     const duckdb::ColumnList& columns, const std::string& text) {
  const auto all = ParseAggregates(table, text);
  if (all.empty()) Refuse(table, "expected aggregates such as 'sum(a), count(*) by b', found none");
  duckdb::Connection connection(*context.db);
  for (const auto& declared : all) {
    for (const auto* part : {&declared.aggregates, &declared.keys}) {
      if (part->empty()) continue;
      for (const auto& expression : duckdb::Parser::ParseExpressionList(*part)) {
        CheckColumns(table, columns, *expression);
      }
    }
    const auto query = declared.Query(RowOfNulls(table, columns));
    try {
      connection.context->RunFunctionInTransaction(
          [&] { CheckStates(*connection.context, table, query); });
    } catch (const std::exception& exception) {
      const auto message = duckdb::ErrorData(exception).RawMessage();
      if (message.starts_with("table ")) throw;
      Refuse(table, message);
    }
  }
}

}  // namespace icefall
