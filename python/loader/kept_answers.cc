#include "python/loader/kept_answers.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "duckdb/common/arrow/arrow_converter.hpp"
#include "duckdb/parser/parser.hpp"

#include "sql/accel/direct_answer.h"
#include "sql/accel/statement_facts.h"

namespace icefall::python {
namespace {

struct KeptAnswers {
  uint64_t budget_bytes = 0;
  std::shared_ptr<ResultCache> cache;
  std::string context;
  // Of the statement planned last.
  std::string text;
  StatementFacts facts;
  std::optional<StoredResult> stored;
  std::unique_ptr<StatementWatch> watch;
  // Once a statement of the connection was planned.
  duckdb::weak_ptr<duckdb::ClientContext> client;

  void Note(const StatementFacts& found) {
    stored.reset();
    if (!found.cache) return;
    found.cache->SetBudget(budget_bytes);
    cache = found.cache;
    context = found.context;
    client = found.client;
  }

  bool Find(const StatementFacts& found) {
    Note(found);
    if (!found.may_keep()) return false;
    stored = cache->FindStored({text, context});
    return stored.has_value();
  }
};

// Those that pyarrow takes over as DuckDB's own package hands them over.
bool IsPlain(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case duckdb::LogicalTypeId::TINYINT:
    case duckdb::LogicalTypeId::SMALLINT:
    case duckdb::LogicalTypeId::INTEGER:
    case duckdb::LogicalTypeId::BIGINT:
    case duckdb::LogicalTypeId::UTINYINT:
    case duckdb::LogicalTypeId::USMALLINT:
    case duckdb::LogicalTypeId::UINTEGER:
    case duckdb::LogicalTypeId::UBIGINT:
    case duckdb::LogicalTypeId::FLOAT:
    case duckdb::LogicalTypeId::DOUBLE:
    case duckdb::LogicalTypeId::DECIMAL:
    case duckdb::LogicalTypeId::DATE:
    case duckdb::LogicalTypeId::TIMESTAMP:
      return true;
    case duckdb::LogicalTypeId::VARCHAR:
      return !type.IsJSONType();
    default:
      return false;
  }
}

std::unique_ptr<DirectAnswer> Ask(KeptAnswers& kept, duckdb::ClientContext& client) {
  duckdb::Parser parser(client.GetParserOptions());
  parser.ParseQuery(kept.text);
  if (parser.statements.size() != 1 || !MayAnswerDirectly(*parser.statements[0])) return nullptr;
  StatementWatch watch(kept.context, [&kept](const StatementFacts& facts, const auto&) {
    kept.Note(facts);
    return false;
  });
  auto answer = AnswerDirectly(client, *parser.statements[0]);
  if (answer == nullptr || !std::ranges::all_of(answer->types, IsPlain)) return nullptr;
  kept.facts = watch.facts();
  return answer;
}

KeptAnswers& Of(void* answers) { return *static_cast<KeptAnswers*>(answers); }

}  // namespace
}  // namespace icefall::python

using icefall::python::KeptAnswers;
using icefall::python::Of;

void* icefall_answers_new(uint64_t budget_bytes) {
  auto answers = std::make_unique<KeptAnswers>();
  answers->budget_bytes = budget_bytes;
  return answers.release();
}

void icefall_answers_free(void* answers) { delete &Of(answers); }

uint64_t icefall_answers_find(void* answers, const char* text, size_t size_bytes) {
  auto& kept = Of(answers);
  if (kept.context.empty()) return 0;
  const auto found = kept.cache->Find({text, size_bytes}, kept.context);
  return found ? found->id : 0;
}

void icefall_answers_begin(void* answers, const char* text, size_t size_bytes) {
  auto& kept = Of(answers);
  kept.text.assign(text, size_bytes);
  kept.stored.reset();
  kept.watch.reset();
  kept.watch = std::make_unique<icefall::StatementWatch>(
      kept.context,
      [&kept](const icefall::StatementFacts& facts, const auto&) { return kept.Find(facts); });
}

int icefall_answers_end(void* answers) {
  auto& kept = Of(answers);
  if (!kept.watch) return 0;
  kept.facts = kept.watch->facts();
  kept.watch.reset();
  if (kept.stored) return 2;
  return kept.facts.may_keep() ? 1 : 0;
}

bool icefall_answers_ask(void* answers, const char* text, size_t size_bytes, ArrowSchema* schema,
                         ArrowArray* array) {
  auto& kept = Of(answers);
  const std::string_view asked(text, size_bytes);
  if (!icefall::MayAnswerDirectly(asked)) return false;
  const auto client = kept.client.lock();
  if (!client) return false;
  try {
    kept.text = asked;
    const auto answer = icefall::python::Ask(kept, *client);
    if (answer == nullptr) return false;
    auto properties = client->GetClientProperties();
    duckdb::ArrowConverter::ToArrowSchema(schema, answer->types, answer->names, properties);
    duckdb::ArrowConverter::ToArrowArray(answer->row, array, properties, {});
    return true;
  } catch (const std::exception&) {
    // Running the statement finds it again.
    return false;
  }
}

const char* icefall_answers_path(void* answers) {
  const auto& stored = Of(answers).stored;
  return stored ? stored->path.c_str() : "";
}

uint64_t icefall_answers_put(void* answers, uint64_t size_bytes) {
  auto& kept = Of(answers);
  if (!kept.facts.may_keep()) return 0;
  const auto put =
      kept.facts.cache->Put({kept.text, kept.facts.context}, kept.facts.state, nullptr, size_bytes);
  return put ? put->id : 0;
}

void icefall_answers_save(void* answers, const char* arrow, size_t size_bytes) {
  auto& kept = Of(answers);
  if (!kept.facts.may_keep()) return;
  kept.facts.cache->Save({kept.text, kept.facts.context}, kept.facts.state, {arrow, size_bytes});
}

void icefall_answers_forget(void* answers) { Of(answers).context.clear(); }
