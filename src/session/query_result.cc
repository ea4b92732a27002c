#include "session/query_result.h"

#include "duckdb/common/arrow/result_arrow_wrapper.hpp"

#include "session/duckdb_result.h"
#include "session/output/cell.h"
#include "session/work_monitor.h"

namespace icefall {

QueryResult::Stream::Stream(Session::Impl& owner, duckdb::unique_ptr<duckdb::QueryResult> computed)
    : result(std::move(computed)), session(owner) {}

QueryResult::Stream::Stream(Session::Impl& owner, CachedAnswerPointer kept)
    : session(owner), answer(std::move(kept)) {
  answer->rows.InitializeScan(position_);
}

const duckdb::vector<duckdb::LogicalType>& QueryResult::Stream::types() const {
  return answer ? answer->types : result->types;
}

duckdb::unique_ptr<duckdb::DataChunk> QueryResult::Stream::FetchKept() {
  auto chunk = duckdb::make_uniq<duckdb::DataChunk>();
  answer->rows.InitializeScanChunk(*chunk);
  if (!answer->rows.Scan(position_, *chunk)) return nullptr;
  return chunk;
}

duckdb::unique_ptr<duckdb::DataChunk> QueryResult::Stream::FetchComputed() {
  if (is_finished_) return nullptr;
  auto chunk = session.monitor->Fetch(*session.connection->context, *result);
  if (chunk && chunk->size() == 0) chunk.reset();
  is_finished_ = chunk == nullptr;
  if (!recorder || result->HasError()) return chunk;
  if (chunk) {
    recorder->Add(*chunk);
  } else {
    recorder->Finish();
  }
  return chunk;
}

duckdb::unique_ptr<duckdb::QueryResult> QueryResult::Stream::TakeRest() {
  if (!answer && !next_) return std::move(result);
  CachedAnswer rest(types(), answer ? answer->names : result->names);
  while (const auto chunk = answer ? FetchKept() : next_ ? std::move(next_) : FetchComputed()) {
    rest.rows.Append(*chunk);
  }
  return AsDuckdbResult(session.connection->context->GetClientProperties(), rest);
}

Result<duckdb::unique_ptr<duckdb::DataChunk>> QueryResult::Stream::Fetch() {
  if (answer) return CatchDuckdb([&] { return FetchKept(); });
  if (!result) return duckdb::unique_ptr<duckdb::DataChunk>();
  auto chunk = CatchDuckdb([&] {
    auto fetched = next_ ? std::move(next_) : FetchComputed();
    // Who wants one row does not ask for the end, so a short chunk is taken for the last one.
    if (recorder && fetched && fetched->size() < duckdb::idx_t{STANDARD_VECTOR_SIZE}) {
      next_ = FetchComputed();
    }
    return fetched;
  });
  if (!chunk.has_value()) return chunk;
  if (result->HasError()) return Fail(FromDuckdb(result->GetErrorObject()));
  return chunk;
}

QueryResult::QueryResult(std::unique_ptr<Stream> stream, ResultKind kind, StatementKind statement)
    : stream_(std::move(stream)), kind_(kind), statement_(statement) {
  if (kind_ != ResultKind::kRows) return;
  if (stream_->answer) {
    columns_ = stream_->answer->columns;
    return;
  }
  const duckdb::QueryResult& result = *stream_->result;
  for (size_t i = 0; i < result.names.size(); ++i) {
    columns_.push_back({result.names[i], result.types[i].ToString()});
  }
}

QueryResult::QueryResult(QueryResult&&) noexcept = default;
QueryResult& QueryResult::operator=(QueryResult&&) noexcept = default;
QueryResult::~QueryResult() = default;

Result<void> QueryResult::FetchRows(std::vector<Row>& rows) {
  rows.clear();
  if (kind_ != ResultKind::kRows) return {};
  ICEFALL_ASSIGN_OR_RETURN(auto chunk, stream_->Fetch());
  if (!chunk) return {};
  return CatchDuckdb([&] {
    rows.resize(chunk->size());
    for (duckdb::idx_t c = 0; c < chunk->ColumnCount(); ++c) {
      auto cell = output::MakeCell(chunk->data[c].GetType());
      cell->Bind(chunk->data[c], chunk->size());
      for (duckdb::idx_t r = 0; r < chunk->size(); ++r) {
        rows[r].push_back(cell->IsNull(r) ? Value() : cell->ToValue(r));
      }
    }
  });
}

void QueryResult::ExportArrow(ArrowArrayStream* stream, uint64_t batch_rows) && {
  // The wrapper deletes itself when its stream is released.
  auto* wrapper = new duckdb::ResultArrowArrayStreamWrapper(stream_->TakeRest(), batch_rows);
  *stream = wrapper->stream;
  wrapper->stream.release = nullptr;
}

}  // namespace icefall
