#include "sql/accel/direct_answer.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "duckdb/common/string_util.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/main/client_config.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref.hpp"
#include "duckdb/planner/planner.hpp"

#include "sql/connection_state.h"
#include "sql/logical_small_plan.h"

namespace icefall {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// The second is the parser's name of COUNT(*).
constexpr std::array<std::string_view, 4> kFunctions = {"count", "count_star", "min", "max"};

bool IsAskedOfStatistics(const duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::FUNCTION) return false;
  const auto& call = expression.Cast<duckdb::FunctionExpression>();
  const auto is_plain = [](const auto& argument) {
    const auto kind = argument->GetExpressionClass();
    return kind == duckdb::ExpressionClass::COLUMN_REF ||
           kind == duckdb::ExpressionClass::CONSTANT || kind == duckdb::ExpressionClass::STAR;
  };
  return !call.distinct && call.filter == nullptr && std::ranges::all_of(call.children, is_plain) &&
         std::ranges::find(kFunctions, duckdb::StringUtil::Lower(call.function_name)) !=
             kFunctions.end();
}

// Behind blanks, in any case; the rest of the text then. Absent: it begins with something else.
std::optional<std::string_view> Behind(std::string_view word, std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const auto is_equal = [](char a, char b) { return duckdb::StringUtil::CharacterToLower(a) == b; };
  const auto begin = text.substr(0, word.size());
  if (!std::ranges::equal(begin, word, is_equal)) return std::nullopt;
  return text.substr(word.size());
}

std::unique_ptr<DirectAnswer> Answer(duckdb::ClientContext& context,
                                     const duckdb::SQLStatement& statement) {
  duckdb::Planner planner(context);
  planner.CreatePlan(statement.Copy());
  auto* small = dynamic_cast<LogicalSmallPlan*>(planner.plan.get());
  if (small == nullptr) return nullptr;
  const auto& plan = small->plan();
  if (plan.type != duckdb::LogicalOperatorType::LOGICAL_PROJECTION ||
      plan.children[0]->type != duckdb::LogicalOperatorType::LOGICAL_DUMMY_SCAN) {
    return nullptr;
  }
  auto answer = std::make_unique<DirectAnswer>();
  answer->types = planner.types;
  answer->names = planner.names;
  answer->row.Initialize(duckdb::Allocator::DefaultAllocator(), answer->types, 1);
  for (size_t i = 0; i < answer->types.size(); ++i) {
    const auto& expression = *plan.expressions[i];
    if (!expression.IsFoldable()) return nullptr;
    answer->row.SetValue(i, 0, duckdb::ExpressionExecutor::EvaluateScalar(context, expression));
  }
  answer->row.SetCardinality(1);
  return answer;
}

}  // namespace

bool MayAnswerDirectly(const duckdb::SQLStatement& statement) {
  if (statement.type != duckdb::StatementType::SELECT_STATEMENT) return false;
  const auto& node = *statement.Cast<duckdb::SelectStatement>().node;
  if (node.type != duckdb::QueryNodeType::SELECT_NODE) return false;
  const auto& select = node.Cast<duckdb::SelectNode>();
  return select.modifiers.empty() && select.cte_map.map.empty() && select.where_clause == nullptr &&
         select.groups.grouping_sets.empty() && select.having == nullptr &&
         select.qualify == nullptr && select.sample == nullptr && select.from_table != nullptr &&
         select.from_table->type == duckdb::TableReferenceType::BASE_TABLE &&
         std::ranges::all_of(select.select_list, [](const auto& expression) {
           return IsAskedOfStatistics(*expression);
         });
}

bool MayAnswerDirectly(std::string_view text) {
  const auto list = Behind("select", text);
  if (!list || list->find_first_of(kBlanks) != 0) return false;
  return std::ranges::any_of(kFunctions, [&](std::string_view function) {
    const auto arguments = Behind(function, *list);
    return arguments && Behind("(", *arguments);
  });
}

std::unique_ptr<DirectAnswer> AnswerDirectly(duckdb::ClientContext& context,
                                             const duckdb::SQLStatement& statement) {
  const auto& transaction = context.transaction;
  if (!transaction.IsAutoCommit() || transaction.HasActiveTransaction()) return nullptr;
  if (duckdb::ClientConfig::GetConfig(context).enable_profiler) return nullptr;
  std::unique_ptr<DirectAnswer> answer;
  try {
    context.RunFunctionInTransaction([&] { answer = Answer(context, statement); });
  } catch (const std::exception&) {
    // Running the statement finds it again, and reports it as any other.
    answer.reset();
  }
  ConnectionState::Of(context)->LetGo();
  return answer;
}

}  // namespace icefall
