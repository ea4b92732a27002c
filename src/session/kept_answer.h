// Answers that are kept, in the way of one statement through a session.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "session/cached_answer.h"
#include "session/duckdb_result.h"
#include "sql/accel/statement_facts.h"

namespace icefall {

// The answer to a text that was asked before; null when the text has to be parsed.
CachedAnswerPointer FindUnparsed(Session::Impl& session, std::string_view sql);

// The answer to a statement that statistics know, kept for the next time; null when the statement
// has to be run.
CachedAnswerPointer AnswerFromStatistics(Session::Impl& session, const Statement::Parsed& parsed);

// Exists while a statement is planned: looks for its answer as soon as the plan is known, and has
// the planner do nothing more when there is one.
class KeptAnswer {
 public:
  // An empty text: of a statement whose answer is not to be kept.
  KeptAnswer(Session::Impl& session, std::string statement);

  const CachedAnswerPointer& answer() const { return answer_; }
  // Null when the answer must not be kept.
  std::unique_ptr<AnswerRecorder> MakeRecorder(const duckdb::QueryResult& result);

 private:
  bool Find(const StatementFacts& facts, const duckdb::vector<duckdb::LogicalType>& types);

  Session::Impl& session_;
  const std::string statement_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  CachedAnswerPointer answer_;
  StatementWatch watch_;
};

}  // namespace icefall
