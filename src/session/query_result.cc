#include "session/query_result.h"

#include "duckdb/common/arrow/result_arrow_wrapper.hpp"

#include "session/duckdb_result.h"
#include "session/output/cell.h"
#include "session/work_monitor.h"

namespace icefall {

Result<duckdb::unique_ptr<duckdb::DataChunk>> QueryResult::Stream::Fetch() {
  if (!result) return duckdb::unique_ptr<duckdb::DataChunk>();
  auto chunk =
      CatchDuckdb([&] { return session->monitor->Fetch(*session->connection->context, *result); });
  if (!chunk.has_value()) return chunk;
  if (result->HasError()) return Fail(FromDuckdb(result->GetErrorObject()));
  if (*chunk && (*chunk)->size() == 0) chunk->reset();
  return chunk;
}

QueryResult::QueryResult(std::unique_ptr<Stream> stream, ResultKind kind, StatementKind statement)
    : stream_(std::move(stream)), kind_(kind), statement_(statement) {
  if (kind_ != ResultKind::kRows) return;
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
  auto* wrapper = new duckdb::ResultArrowArrayStreamWrapper(std::move(stream_->result), batch_rows);
  *stream = wrapper->stream;
  wrapper->stream.release = nullptr;
}

}  // namespace icefall
