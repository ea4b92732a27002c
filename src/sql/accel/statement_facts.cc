#include "sql/accel/statement_facts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"
#include "duckdb/planner/operator/logical_empty_result.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include <fmt/format.h>

#include "sql/accel/session_context.h"
#include "sql/icefall_catalog.h"
#include "sql/icefall_table_entry.h"
#include "sql/icefall_transaction.h"
#include "sql/settings.h"

namespace icefall {
namespace {

using duckdb::LogicalOperatorType;

thread_local StatementWatch* current_watch = nullptr;

// Functions that DuckDB takes for consistent although they answer by clock, session or chance.
constexpr std::array<std::string_view, 12> kInconsistent = {
    "age",          "current_setting", "getvariable",        "getenv",
    "current_user", "session_user",    "current_query",      "current_database",
    "txid_current", "write_log",       "reservoir_quantile", "in_search_path"};

bool IsKept(LogicalOperatorType type) {
  switch (type) {
    case LogicalOperatorType::LOGICAL_PROJECTION:
    case LogicalOperatorType::LOGICAL_FILTER:
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
    case LogicalOperatorType::LOGICAL_WINDOW:
    case LogicalOperatorType::LOGICAL_UNNEST:
    case LogicalOperatorType::LOGICAL_LIMIT:
    case LogicalOperatorType::LOGICAL_ORDER_BY:
    case LogicalOperatorType::LOGICAL_TOP_N:
    case LogicalOperatorType::LOGICAL_DISTINCT:
    case LogicalOperatorType::LOGICAL_GET:
    case LogicalOperatorType::LOGICAL_DELIM_GET:
    case LogicalOperatorType::LOGICAL_EXPRESSION_GET:
    case LogicalOperatorType::LOGICAL_DUMMY_SCAN:
    case LogicalOperatorType::LOGICAL_EMPTY_RESULT:
    case LogicalOperatorType::LOGICAL_CTE_REF:
    case LogicalOperatorType::LOGICAL_MATERIALIZED_CTE:
    case LogicalOperatorType::LOGICAL_RECURSIVE_CTE:
    case LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
    case LogicalOperatorType::LOGICAL_ANY_JOIN:
    case LogicalOperatorType::LOGICAL_CROSS_PRODUCT:
    case LogicalOperatorType::LOGICAL_POSITIONAL_JOIN:
    case LogicalOperatorType::LOGICAL_ASOF_JOIN:
    case LogicalOperatorType::LOGICAL_DELIM_JOIN:
    case LogicalOperatorType::LOGICAL_DEPENDENT_JOIN:
    case LogicalOperatorType::LOGICAL_UNION:
    case LogicalOperatorType::LOGICAL_EXCEPT:
    case LogicalOperatorType::LOGICAL_INTERSECT:
      return true;
    default:
      return false;
  }
}

// Collects what a plan reads, and the first reason against keeping its answer.
class PlanReader {
 public:
  void Read(duckdb::LogicalOperator& op) {
    if (!IsKept(op.type)) Refuse(fmt::format("{} is in the plan", op.GetName()));
    if (op.type == LogicalOperatorType::LOGICAL_GET) ReadGet(op.Cast<duckdb::LogicalGet>());
    duckdb::LogicalOperatorVisitor::EnumerateExpressions(
        op, [&](duckdb::unique_ptr<duckdb::Expression>* child) { ReadExpression(**child); });
    for (auto& child : op.children) Read(*child);
  }

  IcefallCatalog* catalog() { return catalog_; }
  const std::vector<std::string>& tables() const { return tables_; }
  const std::string& refusal() const { return refusal_; }

 private:
  void Refuse(std::string reason) {
    if (refusal_.empty()) refusal_ = std::move(reason);
  }

  void ReadGet(duckdb::LogicalGet& get) {
    auto table = get.GetTable();
    if (!table || table->ParentCatalog().GetCatalogType() != "icefall") {
      const bool is_generator = get.function.name == "range" ||
                                get.function.name == "generate_series" ||
                                get.function.name == "unnest";
      if (!is_generator) Refuse(fmt::format("{} is read, which is no table of it", get.GetName()));
      return;
    }
    auto& catalog = table->ParentCatalog().Cast<IcefallCatalog>();
    if (catalog_ != nullptr && catalog_ != &catalog) Refuse("several databases are read");
    catalog_ = &catalog;
    if (get.extra_info.sample_options) Refuse("a sample is taken");
    const auto& uuid = table->Cast<IcefallTableEntry>().uuid();
    if (std::ranges::find(tables_, uuid) == tables_.end()) tables_.push_back(uuid);
  }

  void ReadExpression(duckdb::Expression& expression) {
    if (!expression.IsConsistent()) {
      Refuse(fmt::format("{} is not the same every time", expression.ToString()));
    }
    switch (expression.GetExpressionClass()) {
      case duckdb::ExpressionClass::BOUND_PARAMETER:
      case duckdb::ExpressionClass::BOUND_SUBQUERY:
        Refuse(fmt::format("{} is in the plan", expression.ToString()));
        break;
      case duckdb::ExpressionClass::BOUND_FUNCTION:
        CheckName(expression.Cast<duckdb::BoundFunctionExpression>().function.name);
        break;
      case duckdb::ExpressionClass::BOUND_AGGREGATE:
        CheckName(expression.Cast<duckdb::BoundAggregateExpression>().function.name);
        break;
      default:
        break;
    }
    duckdb::ExpressionIterator::EnumerateChildren(
        expression, [&](duckdb::Expression& child) { ReadExpression(child); });
  }

  void CheckName(const std::string& name) {
    if (std::ranges::find(kInconsistent, name) == kInconsistent.end()) return;
    Refuse(fmt::format("{} is not the same every time", name));
  }

  IcefallCatalog* catalog_ = nullptr;
  std::vector<std::string> tables_;
  std::string refusal_;
};

bool IsSwitchedOff(duckdb::ClientContext& context, const IcefallCatalog& catalog) {
  return !catalog.settings().result_cache || catalog.results()->budget_bytes() == 0 ||
         !IsSettingOn(context, "icefall_result_cache");
}

// Takes down the sequences that an answer of this transaction goes with. False: they are unknown.
bool AddState(IcefallCatalog& catalog, IcefallTransaction& transaction,
              const std::vector<std::string>& tables, StatementFacts& facts) {
  // A database that is looked at in the past does not change; what can change is the presence.
  std::unique_ptr<Transaction> present;
  if (catalog.settings().past) {
    auto begun = catalog.database().Begin();
    if (!begun) return false;
    present = *std::move(begun);
  }
  Transaction& engine = present ? *present : transaction.engine();
  const auto names = engine.Catalog();
  if (!names) return false;
  facts.state.catalog = (*names)->sequence;
  for (const auto& uuid : tables) {
    const auto snapshot = engine.Table(uuid);
    if (!snapshot) return false;
    facts.state.tables.push_back({uuid, (*snapshot)->sequence});
  }
  return true;
}

}  // namespace

StatementFacts FindFacts(duckdb::ClientContext& context, duckdb::LogicalOperator& plan,
                         const std::string& known_context) {
  PlanReader reader;
  reader.Read(plan);
  StatementFacts facts;
  facts.client = context.shared_from_this();
  if (reader.catalog() == nullptr) {
    facts.refusal = "no table of an icefall database is read";
    return facts;
  }
  auto& catalog = *reader.catalog();
  if (IsSwitchedOff(context, catalog)) {
    facts.refusal = "the result cache is switched off";
    return facts;
  }
  facts.cache = catalog.results();
  facts.refusal = reader.refusal();
  if (catalog.settings().past && catalog.settings().past->time != INT64_MAX) {
    facts.refusal = "the database is read as of a point in time";
  }
  auto& transaction = IcefallTransaction::Get(context, catalog);
  if (!context.transaction.IsAutoCommit() || transaction.engine().HasChanges()) {
    if (facts.refusal.empty()) facts.refusal = "a transaction is open";
    return facts;
  }
  // Describing the session would be for nothing.
  if (!facts.refusal.empty()) {
    facts.context = known_context;
    return facts;
  }
  auto session =
      known_context.empty() ? DescribeSession(context, catalog) : SessionContext{known_context, ""};
  facts.context = std::move(session.context);
  facts.refusal = std::move(session.refusal);
  return AddState(catalog, transaction, reader.tables(), facts) ? facts : StatementFacts();
}

StatementWatch::StatementWatch(std::string known_context, HasAnswer has_answer)
    : known_context_(std::move(known_context)), has_answer_(std::move(has_answer)) {
  current_watch = this;
}

StatementWatch::~StatementWatch() { current_watch = nullptr; }

StatementWatch* StatementWatch::Current() { return current_watch; }

void StatementWatch::See(duckdb::ClientContext& context,
                         duckdb::unique_ptr<duckdb::LogicalOperator>& plan) {
  // What is planned on the way to an answer is not the statement.
  current_watch = nullptr;
  facts_ = FindFacts(context, *plan, known_context_);
  plan->ResolveOperatorTypes();
  if (has_answer_(facts_, plan->types)) {
    plan = duckdb::make_uniq<duckdb::LogicalEmptyResult>(std::move(plan));
  }
  current_watch = this;
}

}  // namespace icefall
