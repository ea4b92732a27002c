#include "sql/visible_objects.h"

#include "duckdb/parser/expression/subquery_expression.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/query_node.hpp"
#include "duckdb/parser/statement/create_statement.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref/basetableref.hpp"

namespace icefall {
namespace {

// The names behind FROM in a query, at any depth; names of its WITH clauses among them.
class NamesInQuery {
 public:
  explicit NamesInQuery(std::string schema) : schema_(std::move(schema)) {}

  ObjectNames In(duckdb::QueryNode& query) {
    Visit(query);
    return std::move(names_);
  }

 private:
  void Visit(duckdb::QueryNode& query) {
    duckdb::ParsedExpressionIterator::EnumerateQueryNodeChildren(
        query, [&](duckdb::unique_ptr<duckdb::ParsedExpression>& child) { Visit(*child); },
        [&](duckdb::TableRef& table) { Visit(table); });
  }
  void Visit(duckdb::ParsedExpression& expression) {
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY) {
      Visit(*expression.Cast<duckdb::SubqueryExpression>().subquery->node);
    }
    duckdb::ParsedExpressionIterator::EnumerateChildren(
        expression, [&](duckdb::ParsedExpression& child) { Visit(child); });
  }
  void Visit(duckdb::TableRef& table) {
    if (table.type != duckdb::TableReferenceType::BASE_TABLE) return;
    const auto& base = table.Cast<duckdb::BaseTableRef>();
    names_.insert({base.schema_name.empty() ? schema_ : base.schema_name, base.table_name});
  }

  const std::string schema_;
  ObjectNames names_;
};

ObjectNames NamesIn(const CatalogObject& view) {
  duckdb::Parser parser;
  try {
    parser.ParseQuery(view.definition);
  } catch (const duckdb::Exception&) {
    return {};  // reading the view says what is wrong with it
  }
  if (parser.statements.size() != 1) return {};
  if (parser.statements[0]->type != duckdb::StatementType::CREATE_STATEMENT) return {};
  auto& info = *parser.statements[0]->Cast<duckdb::CreateStatement>().info;
  if (info.type != duckdb::CatalogType::VIEW_ENTRY) return {};
  return NamesInQuery(view.name.schema).In(*info.Cast<duckdb::CreateViewInfo>().query->node);
}

}  // namespace

bool IsVisible(const ObjectNames& restriction, const CatalogSnapshot& names,
               const CatalogObject& object) {
  const bool is_relation = object.kind == ObjectKind::kTable || object.kind == ObjectKind::kView;
  if (restriction.empty() || !is_relation) return true;
  ObjectNames visible;
  ObjectNames added = restriction;
  while (!added.empty()) {
    if (added.contains(object.name)) return true;
    visible.merge(ObjectNames(added));
    ObjectNames next;
    for (const auto& name : added) {
      const auto view = names.Find(ObjectKind::kView, name);
      if (view == nullptr) continue;
      for (const auto& read : NamesIn(*view)) {
        if (!visible.contains(read)) next.insert(read);
      }
    }
    added = std::move(next);
  }
  return false;
}

}  // namespace icefall
