#include "session/kept_answer.h"

#include <utility>

#include "sql/accel/direct_answer.h"

namespace icefall {
namespace {

bool KeepsAnswers(const Session::Impl& session) { return session.options.result_cache_bytes > 0; }

// What planning a statement has told of the session.
void NoteContext(Session::Impl& session, const StatementFacts& facts) {
  if (!KeepsAnswers(session) || !facts.cache) return;
  facts.cache->SetBudget(session.options.result_cache_bytes);
  session.results = facts.cache;
  session.context = facts.context;
}

}  // namespace

CachedAnswerPointer FindUnparsed(Session::Impl& session, std::string_view sql) {
  if (session.context.empty() || !session.connection->IsAutoCommit()) return nullptr;
  const auto found = session.results->Find(sql, session.context);
  return found ? std::static_pointer_cast<const CachedAnswer>(found->rows) : nullptr;
}

CachedAnswerPointer AnswerFromStatistics(Session::Impl& session, const Statement::Parsed& parsed) {
  if (session.location.is_in_bucket() || !MayAnswerDirectly(*parsed.statement)) return nullptr;
  const auto started = std::chrono::steady_clock::now();
  // Not looked for among those that are kept: to find one in a file takes longer.
  StatementWatch watch(session.context, [&](const StatementFacts& facts, const auto&) {
    NoteContext(session, facts);
    return false;
  });
  auto computed = AnswerDirectly(*session.connection->context, *parsed.statement);
  if (!computed) return nullptr;
  auto answer = std::make_shared<CachedAnswer>(computed->types, computed->names);
  if (!KeepsAnswers(session) || !watch.facts().may_keep()) {
    answer->rows.Append(computed->row);
    return answer;
  }
  AnswerRecorder recorder(*session.connection, watch.facts(), parsed.text, started, answer);
  recorder.Add(computed->row);
  recorder.Finish();
  return answer;
}

KeptAnswer::KeptAnswer(Session::Impl& session, std::string statement)
    : session_(session),
      statement_(KeepsAnswers(session) ? std::move(statement) : std::string()),
      watch_(session.context,
             [this](const StatementFacts& facts, const duckdb::vector<duckdb::LogicalType>& types) {
               return Find(facts, types);
             }) {}

bool KeptAnswer::Find(const StatementFacts& facts,
                      const duckdb::vector<duckdb::LogicalType>& types) {
  answer_ = nullptr;  // of an earlier plan of the same statement
  if (statement_.empty() || !facts.cache) return false;
  NoteContext(session_, facts);
  answer_ = FindAnswer(*session_.database->instance, facts, statement_, types);
  return answer_ != nullptr;
}

std::unique_ptr<AnswerRecorder> KeptAnswer::MakeRecorder(const duckdb::QueryResult& result) {
  if (statement_.empty() || !watch_.facts().may_keep()) return nullptr;
  return std::make_unique<AnswerRecorder>(
      *session_.connection, watch_.facts(), statement_, started_,
      std::make_shared<CachedAnswer>(result.types, result.names));
}

}  // namespace icefall
