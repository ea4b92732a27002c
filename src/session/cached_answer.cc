#include "session/cached_answer.h"

#include <algorithm>
#include <utility>

#include "duckdb/main/materialized_query_result.hpp"

#include "session/arrow/answer_codec.h"
#include "session/duckdb_result.h"
#include "sql/settings.h"

namespace icefall {
namespace {

// What takes less to compute is not worth a file, unless the setting says otherwise.
double FileMillisecondsMin(duckdb::Connection& connection) {
  duckdb::Value value;
  if (!FindSetting(*connection.context, "icefall_result_file_ms_min", value)) return 0;
  return value.GetValue<double>();
}

}  // namespace

CachedAnswer::CachedAnswer(duckdb::vector<duckdb::LogicalType> column_types,
                           duckdb::vector<duckdb::string> column_names)
    : types(std::move(column_types)),
      names(std::move(column_names)),
      rows(duckdb::Allocator::DefaultAllocator(), types) {
  for (size_t i = 0; i < types.size(); ++i) columns.push_back({names[i], types[i].ToString()});
}

duckdb::unique_ptr<duckdb::QueryResult> AsDuckdbResult(duckdb::ClientProperties properties,
                                                       const CachedAnswer& answer) {
  auto copy = duckdb::make_uniq<duckdb::ColumnDataCollection>(duckdb::Allocator::DefaultAllocator(),
                                                              answer.types);
  for (auto& chunk : answer.rows.Chunks()) copy->Append(chunk);
  return duckdb::make_uniq<duckdb::MaterializedQueryResult>(
      duckdb::StatementType::SELECT_STATEMENT, duckdb::StatementProperties(), answer.names,
      std::move(copy), std::move(properties));
}

CachedAnswerPointer FindAnswer(duckdb::DatabaseInstance& instance, const StatementFacts& facts,
                               const std::string& statement,
                               const duckdb::vector<duckdb::LogicalType>& types) {
  if (!facts.may_keep() || facts.context.empty()) return nullptr;
  if (const auto found = facts.cache->Find(statement, facts.context)) {
    return std::static_pointer_cast<const CachedAnswer>(found->rows);
  }
  ResultKey key{statement, facts.context};
  const auto stored = facts.cache->FindStored(key);
  if (!stored) return nullptr;
  duckdb::Connection decoder(instance);
  auto answer = DecodeAnswer(decoder, stored->rows);
  // What does not come back as it was is computed again.
  if (!answer || answer->types != types) return nullptr;
  facts.cache->Put(std::move(key), stored->state, answer, answer->size_bytes());
  return answer;
}

AnswerRecorder::AnswerRecorder(duckdb::Connection& connection, StatementFacts facts,
                               std::string statement, std::chrono::steady_clock::time_point started,
                               std::shared_ptr<CachedAnswer> empty)
    : connection_(connection),
      facts_(std::move(facts)),
      statement_(std::move(statement)),
      started_(started),
      answer_(std::move(empty)) {}

void AnswerRecorder::Add(duckdb::DataChunk& chunk) {
  if (!answer_) return;
  answer_->rows.Append(chunk);
  const auto limit = std::min<uint64_t>(ResultCache::kEntryBytesMax, facts_.cache->budget_bytes());
  if (answer_->size_bytes() > limit) answer_.reset();
}

void AnswerRecorder::Finish() {
  if (!answer_) return;
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - started_;
  ResultKey key{statement_, facts_.context};
  if (elapsed.count() >= FileMillisecondsMin(connection_)) {
    const auto bytes = EncodeAnswer(connection_, *answer_);
    if (bytes) facts_.cache->Save(key, facts_.state, *bytes);
  }
  const uint64_t size_bytes = answer_->size_bytes();
  facts_.cache->Put(std::move(key), facts_.state, std::move(answer_), size_bytes);
}

}  // namespace icefall
