#include "session/kept_answer.h"

#include <utility>

namespace icefall {
namespace {

bool KeepsAnswers(const Session::Impl& session) { return session.options.result_cache_bytes > 0; }

}  // namespace

CachedAnswerPointer FindUnparsed(Session::Impl& session, std::string_view sql) {
  if (session.context.empty() || !session.connection->IsAutoCommit()) return nullptr;
  const auto found = session.results->Find(sql, session.context);
  return found ? std::static_pointer_cast<const CachedAnswer>(found->rows) : nullptr;
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
  facts.cache->SetBudget(session_.options.result_cache_bytes);
  session_.results = facts.cache;
  session_.context = facts.context;
  answer_ = FindAnswer(*session_.database->instance, facts, statement_, types);
  return answer_ != nullptr;
}

std::unique_ptr<AnswerRecorder> KeptAnswer::MakeRecorder(const duckdb::QueryResult& result) {
  if (statement_.empty() || !watch_.facts().may_keep()) return nullptr;
  return std::make_unique<AnswerRecorder>(*session_.connection, watch_.facts(), statement_,
                                          started_, result);
}

}  // namespace icefall
