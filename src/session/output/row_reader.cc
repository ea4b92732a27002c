#include "session/output/row_reader.h"

namespace icefall::output {

RowReader::RowReader(QueryResult& result, BinaryText binary) : result_(result) {
  for (const auto& type : types()) cells_.push_back(MakeCell(type, binary));
}

Result<uint64_t> RowReader::NextChunk() {
  ICEFALL_ASSIGN_OR_RETURN(auto chunk, result_.stream().Fetch());
  if (!chunk) return 0;
  ICEFALL_RETURN_IF_ERROR(CatchDuckdb([&] {
    for (size_t c = 0; c < cells_.size(); ++c) cells_[c]->Bind(chunk->data[c], chunk->size());
  }));
  chunk_ = std::move(chunk);
  return chunk_->size();
}

}  // namespace icefall::output
