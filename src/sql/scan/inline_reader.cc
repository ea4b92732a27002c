#include "sql/scan/inline_reader.h"

#include <utility>

#include "sql/scan/filter_rows.h"
#include "sql/scan/virtual_columns.h"

namespace icefall {

InlineReader::InlineReader(duckdb::OpenFileInfo info, InlineBlockPointer block,
                           InlineRows inline_rows,
                           duckdb::vector<duckdb::MultiFileColumnDefinition> file_columns)
    : BaseFileReader(std::move(info)),
      block_(std::move(block)),
      inline_rows_(std::move(inline_rows)) {
  columns = std::move(file_columns);
}

InlineReader::~InlineReader() = default;

void InlineReader::AddVirtualColumn(duckdb::column_t column) { virtual_columns_.push_back(column); }

bool InlineReader::TryInitializeScan(duckdb::ClientContext& context,
                                     duckdb::GlobalTableFunctionState&,
                                     duckdb::LocalTableFunctionState&) {
  if (started_.exchange(true)) return false;
  block_->rows->InitializeScan(scan_state_);
  block_->rows->InitializeScanChunk(scan_state_, source_);
  for (const auto& [column, expression] : expression_map) {
    executors_[column] = duckdb::make_uniq<duckdb::ExpressionExecutor>(context, *expression);
  }
  return true;
}

void InlineReader::ReadVirtual(duckdb::column_t column, duckdb::idx_t count,
                               duckdb::Vector& result) const {
  auto* data = duckdb::FlatVector::GetData<int64_t>(result);
  for (duckdb::idx_t i = 0; i < count; ++i) {
    const auto row = row_ + i;
    if (column == kRowIdColumn) {
      data[i] = block_->row_ids[row];
    } else if (column == kSequenceColumn) {
      data[i] = block_->sequences[row];
    } else {
      data[i] = static_cast<int64_t>(block_->positions[row]);
    }
  }
}

void InlineReader::ReadColumn(size_t target, duckdb::idx_t count, duckdb::DataChunk& chunk) {
  const auto column = column_ids[duckdb::MultiFileLocalIndex(target)].GetId();
  const auto stored = block_->fields.size();
  const auto executor = executors_.find(column);
  if (executor == executors_.end()) {
    if (column < stored) {
      chunk.data[target].Reference(source_.data[column]);
    } else {
      ReadVirtual(virtual_columns_[column - stored], count, chunk.data[target]);
    }
    return;
  }
  duckdb::DataChunk input;
  input.InitializeEmpty({columns[column].type});
  if (column < stored) {
    input.data[0].Reference(source_.data[column]);
  } else {
    duckdb::Vector values(duckdb::LogicalType::BIGINT);
    ReadVirtual(virtual_columns_[column - stored], count, values);
    input.data[0].Reference(values);
  }
  input.SetCardinality(count);
  executor->second->ExecuteExpression(input, chunk.data[target]);
}

duckdb::idx_t InlineReader::SelectLive(duckdb::idx_t count, duckdb::SelectionVector& live) const {
  duckdb::idx_t kept = 0;
  for (duckdb::idx_t i = 0; i < count; ++i) {
    const auto position = block_->positions[row_ + i];
    const bool gone = position < inline_rows_.floor ||
                      (inline_rows_.deletes && inline_rows_.deletes->Contains(position));
    if (!gone) live.set_index(kept++, i);
  }
  return kept;
}

duckdb::AsyncResult InlineReader::Scan(duckdb::ClientContext& context,
                                       duckdb::GlobalTableFunctionState&,
                                       duckdb::LocalTableFunctionState&, duckdb::DataChunk& chunk) {
  if (!block_->rows->Scan(scan_state_, source_)) {
    return duckdb::AsyncResult(duckdb::SourceResultType::FINISHED);
  }
  const auto count = source_.size();
  chunk.SetCardinality(count);
  for (size_t i = 0; i < column_ids.size(); ++i) ReadColumn(i, count, chunk);
  duckdb::SelectionVector selection(STANDARD_VECTOR_SIZE);
  const auto live = SelectLive(count, selection);
  const auto kept = FilterRows(context, filters.get(), chunk, selection, live);
  if (kept < count) chunk.Slice(selection, kept);
  row_ += count;
  return duckdb::AsyncResult(duckdb::SourceResultType::HAVE_MORE_OUTPUT);
}

duckdb::string InlineReader::GetReaderType() const { return "Icefall inline rows"; }

}  // namespace icefall
