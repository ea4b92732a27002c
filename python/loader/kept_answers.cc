#include "python/loader/kept_answers.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

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

  bool Find(const StatementFacts& found) {
    stored.reset();
    if (!found.cache) return false;
    found.cache->SetBudget(budget_bytes);
    cache = found.cache;
    context = found.context;
    if (!found.may_keep()) return false;
    stored = cache->FindStored({text, context});
    return stored.has_value();
  }
};

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
